"""Detections entering one after another, from the highest score down."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray


class Ranking(NamedTuple):
    """What has entered by each of the M different scores; detections of equal score enter together.

    Attributes:
        score: The scores, from the highest down, ``[M]``.
        entered: How many detections have at least that score, ``[M]``.
        flagged: How many of these bear each flag, ``[M]`` a flag.
    """

    score: NDArray[np.float64]
    entered: NDArray[np.int64]
    flagged: tuple[NDArray[np.int64], ...]


def rank(score: NDArray[np.float64], *flags: NDArray[np.bool_]) -> Ranking:
    """Rank each frame's best detection.

    Args:
        score: Of each frame's best detection, ``[N]``; nan where there is none.
        flags: Whatever may be true of each, ``[N]``.
    """
    given = ~np.isnan(score)
    order = np.argsort(-score[given], kind="stable")
    ranked = score[given][order]
    last = np.flatnonzero(np.diff(ranked, append=-np.inf))  # the last detection of each equal score
    flagged = tuple(np.cumsum(flag[given][order], dtype=np.int64)[last] for flag in flags)
    return Ranking(ranked[last], last + 1, flagged)
