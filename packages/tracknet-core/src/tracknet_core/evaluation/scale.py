"""How fast and how large labelled balls are, in percent of the picture's diagonal."""

import numpy as np
from numpy.typing import NDArray


def speeds(labelled: NDArray[np.float64], size: tuple[int, int] | None) -> NDArray[np.float64]:
    """Tell how far the labelled ball moves in a frame.

    It is the mean of the steps from the frame before and to the frame after, or the one of them
    that is known.

    Args:
        labelled: Source px, ``[N, 2]``; nan where no ball is labelled.
        size: Width and height of the source, px; None when unknown.

    Returns:
        Percent of the diagonal a frame, ``[N]``; nan where neither step is known.
    """
    steps = np.hypot(*np.diff(labelled, axis=0).T)
    around = np.full((2, len(labelled)), np.nan)
    around[0, 1:], around[1, :-1] = steps, steps
    known = np.isfinite(around)
    count = known.sum(axis=0)
    total = np.where(known, around, 0.0).sum(axis=0)
    mean = np.divide(total, count, out=np.full(len(labelled), np.nan), where=count > 0)
    return percent_of_diagonal(mean, size)


def percent_of_diagonal(length: NDArray[np.float64], size: tuple[int, int] | None) -> NDArray[np.float64]:
    """Express lengths in source px, ``[N]``, in percent of the diagonal; nan when ``size`` is None."""
    return np.asarray(100 * length / np.hypot(*size)) if size else np.full(len(length), np.nan)
