"""Where the ball was in a gap of a track, and whether the gap is one to fill.

In a gap the detector missed the ball, or nobody could have seen it: it was behind a player, or
out of the picture. Two things tell misses: they are short, or weak candidates lie along the way.
And a gap that lasts longer than the track is seen for beside it often joins what no ball connects.
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


def way_through(before: Node, after: Node, gap: Sequence[Moment], model: MotionModel) -> Array:
    """Tell where the ball was in the frames of a gap.

    Args:
        before: The track's last node before the gap.
        after: Its first node after it.
        gap: The frames of the gap.
        model: The motion model.

    Returns:
        Positions, source px, ``[N, 2]``.
    """
    return np.stack([_between(before, after, moment.time, model) for moment in gap])


def was_missed(
    before: Node, after: Sequence[Node], gap: Sequence[Moment], way: Array, *, known: int, reach: float
) -> bool:
    """Tell whether the detector missed the ball in a gap, rather than that it could not be seen.

    It did if the gap has at most two frames, and one for each frame with a candidate near the
    ball's way; and if the track is seen without a break for as long as the gap lasts, before it
    and, as far as is known, after it.

    Args:
        before: The track's last node before the gap.
        after: Its nodes after the gap, as far as they are known.
        gap: The frames of the gap.
        way: Where the ball was in them, source px, ``[N, 2]``.
        known: Frames known from the end of the gap on.
        reach: Distance within which a candidate is near, source px.
    """
    frames = len(gap)
    if before.run < frames or _seen(after) < min(frames, known):
        return False
    distances = [np.hypot(*(moment.xy - at).T) for moment, at in zip(gap, way, strict=True)]
    return frames <= ALWAYS + sum(bool((distance < reach).any()) for distance in distances)


def _between(before: Node, after: Node, time: float, model: MotionModel) -> Array:
    state, covariance = predict(before.state, before.covariance, model.step(time - before.time))
    return np.asarray(smooth(state, covariance, after.state, model.step(after.time - time))[0])


def _seen(nodes: Sequence[Node]) -> int:
    """Count frames that follow each other, from the first on."""
    count = 1
    while count < len(nodes) and nodes[count].linked and nodes[count].frame == nodes[count - 1].frame + 1:
        count += 1
    return count
