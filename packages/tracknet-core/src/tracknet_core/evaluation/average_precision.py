"""Average precision of one detection a frame, in two definitions that disagree."""

import numpy as np
from numpy.typing import NDArray

from tracknet_core.evaluation.ranking import rank


def average_precision(score: NDArray[np.float64], hit: NDArray[np.bool_], balls: int) -> float | None:
    """Area under precision against recall, with every visible ball in the denominator.

    Detections enter from the highest score down, those of equal score together, so that their
    order does not matter. After each step, precision is the share of hits among the detections so
    far and recall the share of ``balls`` hit; the area is the sum of precision times gain in
    recall. A ball that the best detection misses can never be recalled, whatever its score.

    Args:
        score: Of each frame's best detection, ``[N]``; nan where there is none.
        hit: Whether that detection is a visible ball, ``[N]``.
        balls: Number of visible balls.

    Returns:
        Between 0 and 1; None when no ball is visible.
    """
    if balls == 0:
        return None
    _, entered, (hits,) = rank(score, hit)
    return float(np.sum(hits / entered * np.diff(hits, prepend=0)) / balls)


def average_precision_wasb(
    score: NDArray[np.float64], hit: NDArray[np.bool_], visible: NDArray[np.bool_]
) -> float | None:
    """Area under precision against recall as published with WASB.

    It divides by hits and visible balls *without any detection*. Visible balls detected elsewhere
    (FP1) are in neither, so that low-scored misplaced detections cost nothing: five hits followed
    by five of them give 1.0 here and 0.5 in :func:`average_precision`.

    Source: nttcom/WASB-SBDT, src/utils/evaluator.py, ``Evaluator.ap``. The published sort leaves
    the order of equal scores open; here they stay in frame order. It divides by zero when every
    visible ball is detected elsewhere; here that is 0.

    Args:
        score: Of each frame's best detection, ``[N]``; nan where there is none.
        hit: Whether that detection is a visible ball, ``[N]``.
        visible: Whether the frame has a visible ball, ``[N]``.

    Returns:
        Between 0 and 1; None when no ball is visible.
    """
    if not visible.any():
        return None
    given = ~np.isnan(score)
    recallable = int(np.sum(hit & given)) + int(np.sum(visible & ~given))
    if recallable == 0:
        return 0.0
    ranked = hit[given][np.argsort(-score[given], kind="stable")]
    precision = np.cumsum(ranked) / np.arange(1, len(ranked) + 1)
    return float(np.sum(precision[ranked]) / recallable)
