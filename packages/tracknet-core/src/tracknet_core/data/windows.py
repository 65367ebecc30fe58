"""Which frames go through the model together.

A window is T frames, ``stride`` frames apart. Where a clip ends before the window does, its last
frame is repeated; a repeated frame is never scored.

A model learns how far a ball moves between neighbours of a window, so that it matters how much
time lies between them: with ``data.sequence.fps``, footage of any rate is sampled by time.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.schema import SequenceConfig

NOTABLY_OFF = 0.1
"""Share of the time between neighbours by which it may be off before it is said aloud."""


class Windows(NamedTuple):
    """M windows of a clip.

    Attributes:
        indices: ``[M, T]`` frame numbers.
        scored: ``[M, T]`` whether the answer for this frame counts.
    """

    indices: NDArray[np.int64]
    scored: NDArray[np.bool_]


def window_shape(sequence: SequenceConfig, fps: float | None) -> tuple[int, int]:
    """Length T and stride of windows over footage of one rate.

    With ``sequence.fps`` the stride is the whole number of frames, at least one, that is nearest
    in time to ``sequence.stride`` frames of that rate. Single frames where sequences are not
    enabled.

    Args:
        sequence: The ``data.sequence`` section.
        fps: Frames per second of the footage, on average; None when unknown, which is taken to be
            ``sequence.fps``.
    """
    if not sequence.enabled:
        return 1, 1
    return sequence.length, max(1, math.floor(_stride_in_time(sequence, fps) + 0.5))


def rate_notes(sequence: SequenceConfig, rates: Iterable[float | None]) -> list[str]:
    """Say at which rates windows cannot be sampled as ``sequence.fps`` asks, within a tenth.

    Args:
        sequence: The ``data.sequence`` section.
        rates: Frames per second of the footage; None where unknown.
    """
    notes = []
    for fps in sorted({rate for rate in rates if rate is not None}):
        length, stride = window_shape(sequence, fps)
        wanted = _stride_in_time(sequence, fps)
        if length > 1 and abs(stride - wanted) > NOTABLY_OFF * wanted:
            notes.append(
                f"data.sequence.fps: frames of a window lie {stride / fps:.3f} s apart in footage of {fps:g} "
                f"frames a second, not {wanted / fps:.3f} s; no whole number of frames is nearer"
            )
    return notes


def common_rate(rates: Iterable[float | None]) -> float | None:
    """Return the one rate that all footage has; None where it differs or is unknown for some."""
    known = set(rates)
    return known.pop() if len(known) == 1 else None


def _stride_in_time(sequence: SequenceConfig, fps: float | None) -> float:
    return sequence.stride * (1.0 if fps is None or sequence.fps is None else fps / sequence.fps)


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
