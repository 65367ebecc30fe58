"""Where the camera cuts, told from thumbnails while a video streams.

A thumbnail is compared with the one before it, whatever their brightness and contrast, and moved
a little in every direction, so that neither a flash of light nor a fast pan or a shaken camera
looks like a cut. What counts is a change that is large, several times as large as changes have
been lately, and still there in the next frame. Fades and dissolves are no cuts.
"""

from collections import deque
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
from attrs import define, field
from numpy.typing import NDArray

SIZE = (32, 18)
"""Width and height of a thumbnail, px."""

LEAST = 0.25
"""Smallest mean difference of a cut, in standard deviations of the thumbnail's values."""

SEVERAL = 4.0
"""How many times as large as usual the difference at a cut is."""

LATELY = 16
"""Latest differences whose mean is what is usual."""

FLAT = 4.0
"""Smallest standard deviation that counts, in grey levels, so that noise on black is no picture."""

REACH = (4, 2)
"""Columns and rows by which a thumbnail is moved at most: an eighth of the picture."""

Views = tuple[NDArray[np.uint8], ...]
"""What is seen of a frame: V pictures, RGB ``[H, W, 3]``; several where it is looked at in tiles."""

Thumbnail = NDArray[np.float32]
"""``[V, 18, 32, 3]``, of mean 0 and standard deviation 1."""


def mark_cuts(frames: Iterable[Views]) -> Iterator[tuple[Views, bool]]:
    """Say of each frame whether another shot begins with it, one frame late.

    Args:
        frames: What is seen of each; the number of pictures never changes.

    Yields:
        Each frame, in order, and whether it is the first after a cut; the very first is not.
    """
    shot = _Shot()
    waiting: tuple[Views, Thumbnail] | None = None
    for frame in frames:
        thumbnail = _thumbnail(frame)
        if waiting is not None:
            yield waiting[0], shot.ends_before(waiting[1], thumbnail)
        waiting = frame, thumbnail
    if waiting is not None:
        yield waiting[0], shot.ends_before(waiting[1], waiting[1])


@define
class _Shot:
    """What is remembered of a shot: its last frame that was no flash, and how much it changed lately."""

    last: Thumbnail | None = None
    changes: deque[float] = field(factory=lambda: deque(maxlen=LATELY))

    def ends_before(self, thumbnail: Thumbnail, following: Thumbnail) -> bool:
        """Tell whether ``thumbnail`` begins another shot, and remember what is to be."""
        if self.last is None:
            self.last = thumbnail
            return False
        change = _difference(self.last, thumbnail)
        least = max(LEAST, SEVERAL * sum(self.changes) / max(1, len(self.changes)))
        if change < least:
            self.last = thumbnail
            self.changes.append(change)
            return False
        if _difference(self.last, following) < least:
            return False  # a flash: the shot goes on after it
        self.last = thumbnail
        self.changes.clear()
        return True


def _thumbnail(views: Views) -> Thumbnail:
    small = np.stack([cv2.resize(view, SIZE, interpolation=cv2.INTER_AREA) for view in views])
    small = small.astype(np.float32)
    return np.asarray((small - small.mean()) / max(float(small.std()), FLAT), np.float32)


def _difference(one: Thumbnail, other: Thumbnail) -> float:
    """Mean absolute difference, the least of all ways to move one against the other."""
    unmoved = float(np.abs(one - other).mean())
    if unmoved < LEAST:
        return unmoved
    columns, rows = REACH
    return min(
        _moved_difference(one, other, right, down)
        for down in range(-rows, rows + 1)
        for right in range(-columns, columns + 1)
    )


def _moved_difference(one: Thumbnail, other: Thumbnail, right: int, down: int) -> float:
    width, height = SIZE
    here = one[:, max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)]
    there = other[:, max(0, -down) : height + min(0, -down), max(0, -right) : width + min(0, -right)]
    return float(np.abs(here - there).mean())
