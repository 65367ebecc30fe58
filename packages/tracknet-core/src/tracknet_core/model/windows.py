"""Windows of frames while a video streams; only the frames that windows still need are kept.

A window is T frames, ``stride`` frames apart. The length of the video is not known beforehand; for
any length, the windows are those of ``data.windows`` for a clip of that length.
"""

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.windows import covering

T = TypeVar("T")


@frozen(kw_only=True, eq=False)
class Window(Generic[T]):
    """Frames that go through the model together.

    Attributes:
        frames: The T frames.
        numbers: ``[T]`` their numbers, counted from the first frame of the stream.
        scored: ``[T]`` whether the answer for this frame counts.
    """

    frames: tuple[T, ...]
    numbers: NDArray[np.int64]
    scored: NDArray[np.bool_]


def side_by_side(frames: Iterable[T], length: int, stride: int) -> Iterator[Window[T]]:
    """Take as few windows as score every frame exactly once.

    Blocks of ``length * stride`` frames hold ``stride`` windows each. A last, shorter block takes
    what its windows lack from the block before it; a video shorter than a window repeats its last
    frame.

    Args:
        frames: The stream.
        length: Frames in a window, T.
        stride: Frames between neighbours in a window.
    """
    stream, size = iter(frames), length * stride
    before: list[T] = []
    first = 0
    while block := list(islice(stream, size)):
        yield from _scoring([*before, *block], len(before), first - len(before), length, stride)
        first += len(block)
        before = block


def _scoring(frames: list[T], old: int, offset: int, length: int, stride: int) -> Iterator[Window[T]]:
    """Cover ``frames``, of which the first ``old`` have been scored; the first has number ``offset``."""
    for indices, scored in zip(*covering(len(frames), length, stride), strict=True):
        new = scored & (indices >= old)
        if new.any():
            yield Window(
                frames=tuple(frames[index] for index in indices), numbers=indices + offset, scored=new
            )


def overlapping(frames: Iterable[T], length: int, stride: int) -> Iterator[Window[T]]:
    """Take a window at every start at which it fits, so that several score the same frame.

    In a video too short for every frame to be in a window that fits, further windows repeat its
    last frame unscored.

    Args:
        frames: The stream.
        length: Frames in a window, T.
        stride: Frames between neighbours in a window.
    """
    span = (length - 1) * stride + 1
    kept: deque[T] = deque()
    start = 0
    for frame in frames:
        kept.append(frame)
        if len(kept) == span:
            yield _window(kept, start, span, stride)
            kept.popleft()
            start += 1
    while kept and start < stride:
        yield _window(kept, start, span, stride)
        kept.popleft()
        start += 1


def _window(kept: Sequence[T], start: int, span: int, stride: int) -> Window[T]:
    """Cut the window that starts with the first frame kept, whose number is ``start``."""
    wanted = np.arange(0, span, stride)
    indices = np.minimum(wanted, len(kept) - 1)
    return Window(
        frames=tuple(kept[index] for index in indices), numbers=indices + start, scored=wanted < len(kept)
    )
