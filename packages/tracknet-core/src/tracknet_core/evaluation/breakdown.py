"""Counts of the frames with a slow or fast, small or large ball.

Speeds and diameters are in percent of the picture's diagonal, so that footage of any size compares;
the limits between bins are fixed, so that runs do.
"""

import itertools
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tracknet_core.evaluation.counts import Counts

SPEED_LIMITS = (0.5, 1.0, 2.0)
"""Between bins of speed, percent of the diagonal a frame: 7, 15 and 29 px at 1280x720."""

SIZE_LIMITS = (0.25, 0.5, 1.0)
"""Between bins of diameter, percent of the diagonal: 4, 7 and 15 px at 1280x720."""

UNKNOWN = "unknown"


def by_bin(
    value: NDArray[np.float64],
    outcome: NDArray[np.uint8],
    chosen: NDArray[np.bool_],
    limits: Sequence[float],
) -> Mapping[str, Counts]:
    """Count the outcomes of frames by a value.

    Args:
        value: Of each frame, ``[N]``; nan where unknown.
        outcome: Of each frame, ``[N]``.
        chosen: The frames to count, ``[N]``.
        limits: Between the bins, rising; a value on a limit belongs to the upper bin.

    Returns:
        The counts of every bin that occurs, such as ``0.5-1``, in rising order; values that are
        not known come last, as ``unknown``. Nothing where no value is known at all.
    """
    known = chosen & np.isfinite(value)
    if not known.any():
        return {}
    bins = np.digitize(value, limits)
    counted = {
        name: Counts.of(outcome[known & (bins == number)]) for number, name in enumerate(bin_names(limits))
    }
    counted[UNKNOWN] = Counts.of(outcome[chosen & ~known])
    return {name: counts for name, counts in counted.items() if counts.frames}


def bin_names(limits: Sequence[float]) -> list[str]:
    """Name the bins between limits: ``<0.5``, ``0.5-1``, …, ``>=2``."""
    inner = [f"{low:g}-{high:g}" for low, high in itertools.pairwise(limits)]
    return [f"<{limits[0]:g}", *inner, f">={limits[-1]:g}"]
