"""What every source of pictures gives: frames, one after the other."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import RunError


@frozen(kw_only=True, eq=False)
class Frame:
    """One picture of a video.

    Attributes:
        index: Its number in the source, from 0; also when only a part of the source is read.
        time: When it is shown, in seconds: the container's presentation timestamp, or the number
            over the frame rate where pictures have none.
        image: RGB uint8 ``[H, W, 3]``, upright; None where it is damaged and does not decode.
    """

    index: int
    time: float
    image: NDArray[np.uint8] | None


class FrameSource(Protocol):
    """A video, a camera or a folder of pictures. Each iteration reads it from its beginning.

    An iteration that has to stop early first yields every frame that could be read and then
    raises :class:`SourceError`.
    """

    @property
    def name(self) -> str:
        """What result files are called after."""

    @property
    def address(self) -> str:
        """The path or URL, for messages."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of every frame, px."""

    @property
    def fps(self) -> float | None:
        """Frames per second on average; None when unknown."""

    @property
    def length(self) -> int | None:
        """How many frames to expect, for progress bars; None when unknown.

        A container may be wrong about it.
        """

    @property
    def live(self) -> bool:
        """Whether it goes on until someone stops it."""

    def __iter__(self) -> Iterator[Frame]:
        """Read the frames, in the order in which they are shown."""


@runtime_checkable
class StoredSource(FrameSource, Protocol):
    """A source that lies on disk, so that reading it can be gone on with later."""

    @property
    def span(self) -> "Span":
        """The part that is read."""

    def fingerprint(self) -> str | None:
        """Return what changes when the files do; None where they are not on this machine."""

    def after(self, index: int, time: float) -> Iterator[Frame]:
        """Read on after a frame, exactly as reading from the beginning would have.

        Args:
            index: Number of that frame.
            time: Its time, as it was read.
        """


class SourceError(RunError):
    """A source ended early or broke off; every frame that could be read was given before this."""


@frozen(kw_only=True)
class Span:
    """A part of a source.

    Attributes:
        start: Seconds from the beginning of the source to the first frame wanted.
        end: Seconds from the beginning to the end, which is left out; None for all.
    """

    start: float = 0.0
    end: float | None = None

    def before(self, time: float) -> bool:
        """Whether ``time`` lies before the part; some frames are shown before a container "begins"."""
        return self.start > 0 and time < self.start

    def after(self, time: float) -> bool:
        """Whether ``time`` lies after the part."""
        return self.end is not None and time >= self.end

    def seconds(self, duration: float) -> float:
        """Length of the part of a source of ``duration`` seconds."""
        end = duration if self.end is None else min(self.end, duration)
        return max(0.0, end - self.start)
