"""The learning rate over time."""

import math
from collections.abc import Callable

from tracknet_core.config.schema import SchedulerConfig

SHORTEST_RUN = 2.0
"""A run shorter than this many warm-ups cannot afford the whole one."""

SHORT_WARMUP = 0.1
"""Share of such a run that warms up."""


def warmup_steps(config: SchedulerConfig, *, epochs: int, steps_per_epoch: int) -> int:
    """Tell how many optimizer steps warm up.

    A warm-up that would take more than half of the run is cut to a tenth of it.
    """
    total = epochs * steps_per_epoch
    share = SHORT_WARMUP if warmup_is_cut(config, epochs=epochs) else config.warmup_epochs / epochs
    return round(share * total)


def warmup_is_cut(config: SchedulerConfig, *, epochs: int) -> bool:
    """Tell whether the run is too short for the warm-up that is configured."""
    return config.warmup_epochs * SHORTEST_RUN > epochs


def learning_rate_share(
    config: SchedulerConfig, *, epochs: int, steps_per_epoch: int
) -> Callable[[int], float]:
    """Make the function from optimizer step (from 0) to the share of the peak learning rate.

    The share rises linearly from ``warmup_start_factor`` to 1, then stays there (``constant``)
    or follows half a cosine down to 0 at the end of the run (``cosine``).
    """
    warmup = warmup_steps(config, epochs=epochs, steps_per_epoch=steps_per_epoch)
    rest = max(1, epochs * steps_per_epoch - warmup)

    def share(step: int) -> float:
        if step < warmup:
            return config.warmup_start_factor + (1 - config.warmup_start_factor) * step / warmup
        if config.name == "constant":
            return 1.0
        return 0.5 * (1 + math.cos(math.pi * min(1.0, (step - warmup) / rest)))

    return share
