"""Whether a gap of a track is filled, and where the ball was in it.

In a gap the detector missed the ball, or nobody could have seen it: it was behind a player, or
out of the picture. Two things tell misses: they are short, or weak candidates lie along the way.
And a gap longer than what the track is seen for beside it is more likely to join strays.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from tracknet_core.tracking.kalman import Array, MotionModel, predict, smooth
from tracknet_core.tracking.paths import Node

ALWAYS = 2
"""Frames of a gap that are filled without a sign of the ball in it."""

NEAR = 0.03
"""Distance from its way within which a candidate is a sign of the ball, in diagonals of the picture."""


@frozen(kw_only=True, eq=False)
class Moment:
    """A frame that is yet to be decided.

    Attributes:
        frame: Its number.
        time: When it is shown, thirtieths of a second.
        xy: Its candidates, source px, ``[K, 2]``.
    """

    frame: int
    time: float
    xy: Array


def bridge(
    before: Node, after: Sequence[Node], pending: Sequence[Moment], model: MotionModel
) -> Array | None:
    """Fill a gap if it is one that the detector left.

    It is filled if it has at most two frames, and one for each frame with a candidate near the
    ball's way; and if the track is seen without a gap for as long before it, and after it as far
    as is known.

    Args:
        before: The track's last node before the gap.
        after: Its nodes after the gap, as far as they are known.
        pending: All frames known but not decided: the rest of the gap, and those after it.
        model: The motion model.

    Returns:
        Positions in the rest of the gap, source px, ``[N, 2]``; None if it stays empty.
    """
    first = after[0]
    frames = first.frame - before.frame - 1
    gap = [moment for moment in pending if moment.frame < first.frame]
    if before.run < frames or _seen(after) < min(frames, len(pending) - len(gap)):
        return None
    way = np.stack([_between(before, first, moment.time, model) for moment in gap])
    reach = NEAR * model.diagonal
    signs = sum(
        bool((np.hypot(*(moment.xy - at).T) < reach).any()) for moment, at in zip(gap, way, strict=True)
    )
    return way if frames <= ALWAYS + signs else None


def _between(before: Node, after: Node, time: float, model: MotionModel) -> Array:
    state, covariance = predict(before.state, before.covariance, model.step(time - before.time))
    return np.asarray(smooth(state, covariance, after.state, model.step(after.time - time))[0])


def _seen(nodes: Sequence[Node]) -> int:
    """Count frames that follow each other, from the first on."""
    count = 1
    while count < len(nodes) and nodes[count].linked and nodes[count].frame == nodes[count - 1].frame + 1:
        count += 1
    return count
