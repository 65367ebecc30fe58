"""Which validation is the best so far, and when enough is enough."""

from tracknet_core.config.schema import EarlyStoppingConfig
from tracknet_core.training.state import RunState

LOWER_IS_BETTER = ("rmse_px", "loss")


def is_better(value: float | None, than: float | None, *, monitor: str, margin: float = 0.0) -> bool:
    """Tell whether a value of ``monitor`` beats another by more than ``margin``.

    None is no value, such as the distance of no hit at all: it beats nothing, every value beats it.
    """
    if value is None:
        return False
    if than is None:
        return True
    gain = than - value if monitor in LOWER_IS_BETTER else value - than
    return gain > margin


def record(value: float | None, step: int, config: EarlyStoppingConfig, state: RunState) -> bool:
    """Note a validation in the state.

    Any improvement makes a new best checkpoint; patience begins anew only at one of more than
    ``min_delta`` over the value at which it last began.

    Returns:
        Whether it is the best so far; the first always is.
    """
    first = state.best_step == 0
    if first or is_better(value, state.patience_value, monitor=config.monitor, margin=config.min_delta):
        state.patience_value, state.bad_epochs = value, 0
    else:
        state.bad_epochs += 1
    best = first or is_better(value, state.best_value, monitor=config.monitor)
    if best:
        state.best_value, state.best_step = value, step
    return best


def patience_is_over(config: EarlyStoppingConfig, state: RunState) -> bool:
    """Tell whether training stops early now."""
    return config.enabled and state.bad_epochs >= config.patience
