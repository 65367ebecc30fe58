"""The score from which a detection counts as a ball."""

import numpy as np
from numpy.typing import NDArray

from tracknet_core.evaluation.ranking import rank

UNDECIDED = 0.5
"""Threshold when no threshold finds a ball at all."""


def best_threshold(score: NDArray[np.float64], hit: NDArray[np.bool_], visible: NDArray[np.bool_]) -> float:
    """Find the threshold of best F1 over each frame's best detection, in O(n log n).

    F1 = 2 TP / (2 TP + FP1 + FP2 + FN) changes only where the threshold passes a score. Among the
    ranges of thresholds with the best F1, the widest is taken (the higher of two as wide), and of
    it the middle: as far as can be from where the choice would have turned out worse.

    Args:
        score: Of each frame's best detection, ``[N]``; nan where there is none.
        hit: Whether that detection is a visible ball, ``[N]``.
        visible: Whether the frame has a visible ball, ``[N]``.

    Returns:
        The threshold, a score of at least it counting as a ball; :data:`UNDECIDED` when no
        detection is a hit.
    """
    highest, _, (tp, fp2) = rank(score, hit, ~visible)
    if not tp.any():
        return UNDECIDED
    # A misplaced detection (FP1) takes the place of a miss (FN), so that FP1 + FN is balls - TP.
    f1 = 2 * tp / (tp + fp2 + visible.sum())
    lowest = np.append(highest[1:], 0.0)  # thresholds in (lowest, highest] take the same detections
    best = np.flatnonzero(f1 == f1.max())
    plateaus = [
        (highest[run[0]], lowest[run[-1]]) for run in np.split(best, np.flatnonzero(np.diff(best) > 1) + 1)
    ]
    high, low = max(plateaus, key=lambda plateau: (plateau[0] - plateau[1], plateau[0]))
    middle = (high + low) / 2
    return float(middle if middle > low else high)
