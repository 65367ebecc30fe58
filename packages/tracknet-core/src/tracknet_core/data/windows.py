"""Which frames go through the model together.

A window is T frames, ``stride`` frames apart. Where a clip ends before the window does, its last
frame is repeated; a repeated frame is never scored.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.schema import SequenceConfig


class Windows(NamedTuple):
    """M windows of a clip.

    Attributes:
        indices: ``[M, T]`` frame numbers.
        scored: ``[M, T]`` whether the answer for this frame counts.
    """

    indices: NDArray[np.int64]
    scored: NDArray[np.bool_]


def window_shape(sequence: SequenceConfig) -> tuple[int, int]:
    """Length T and stride of windows; single frames where sequences are not enabled."""
    return (sequence.length, sequence.stride) if sequence.enabled else (1, 1)


def sliding(frames: int, length: int, stride: int) -> Windows:
    """Take a window at every start at which it fits, for training.

    A clip shorter than a window gives one.

    Args:
        frames: Frames in the clip, n.
        length: Frames in a window, T.
        stride: Frames between neighbours in a window.
    """
    span = (length - 1) * stride + 1
    starts = np.arange(min(frames, max(1, frames - span + 1)))
    return _from(starts, frames, length, stride)


def covering(frames: int, length: int, stride: int) -> Windows:
    """Take as few windows as score every frame exactly once, for measuring.

    Windows lie side by side, so that each frame is read once too; only the last ones of a clip
    are pushed back until they fit, and score what is new in them. Windows come in the order of
    their first frames.

    Args:
        frames: Frames in the clip, n.
        length: Frames in a window, T.
        stride: Frames between neighbours in a window.
    """
    starts: list[int] = []
    new_from: list[int] = []
    for phase in range(min(stride, frames)):
        members = -(-(frames - phase) // stride)  # frames phase, phase + stride, …
        for first in range(0, members, length):
            pushed = max(0, min(first, members - length))
            starts.append(phase + pushed * stride)
            new_from.append(first - pushed)
    order = np.argsort(np.array(starts, dtype=np.int64), kind="stable")
    windows = _from(np.array(starts, dtype=np.int64)[order], frames, length, stride)
    is_new = np.arange(length) >= np.array(new_from, dtype=np.int64)[order, None]
    return Windows(windows.indices, windows.scored & is_new)


def _from(starts: NDArray[np.int64], frames: int, length: int, stride: int) -> Windows:
    wanted = starts[:, None] + stride * np.arange(length)
    return Windows(np.minimum(wanted, frames - 1), wanted < frames)
