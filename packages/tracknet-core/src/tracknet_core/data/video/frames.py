"""Frames as a part of a video file."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.data.errors import PictureError, PictureSizeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@frozen(kw_only=True)
class VideoFrames:
    """Consecutive frames of a video, decoded with PyAV, upright; see ``FrameStore``.

    Attributes:
        file: The video.
        size: Width and height of every frame, upright, px.
        start: Number in the video of the first frame.
        count: How many frames.
    """

    file: Path
    size: tuple[int, int]
    start: int
    count: int

    def __len__(self) -> int:
        return self.count

    def name(self, index: int) -> str:
        """Number of a frame in the whole video."""
        return f"frame {self.start + index}"

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> "NDArray[np.uint8]":  # noqa: ARG002 - a video has one scale
        """Decode a frame exactly, at its full size.

        Args:
            index: Number of the frame, from 0.
            at_least: Not used.

        Returns:
            RGB ``[H, W, 3]``.

        Raises:
            PictureError: It does not decode, is not there any more, or has another size.
        """
        from tracknet_core.data.video.decoder import decoders

        number = range(self.start, self.start + self.count)[index]
        with self._picture_errors():
            picture = decoders().read(self.file, number)
        height, width = picture.shape[:2]
        if (width, height) != self.size:
            raise PictureSizeError(
                f"{self.file}: frame {number} is {width}×{height} px, the first is "
                f"{self.size[0]}×{self.size[1]}. Frames of one clip must have one size."
            )
        return picture

    def together(self, index: int) -> range:
        """Tell which frames, read in this order, cost no more to decode than the last of them alone.

        They follow one keyframe. Read one by one in random order, each would be decoded from there.

        Args:
            index: Number of a frame, which is among them.

        Raises:
            PictureError: The video cannot be read any more.
        """
        from tracknet_core.data.video.index import frame_index

        with self._picture_errors():
            first, end = frame_index(self.file).between_entries(self.start + index)
        return range(max(0, first - self.start), min(self.count, end - self.start))

    @contextmanager
    def _picture_errors(self) -> Iterator[None]:
        """Tell of a video that changed since it was found as of a picture that cannot be read."""
        try:
            yield
        except PictureError:
            raise
        except UserError as error:
            raise PictureError(str(error)) from None
        except OSError as error:
            raise PictureError(f"{self.file}: cannot be read ({error.strerror}). Restore it.") from None

    def fingerprint(self) -> str:
        """Digest of the video's path, size in bytes and time of change, and of the part taken."""
        with self._picture_errors():
            status = self.file.stat()
        facts = (self.file.resolve(), status.st_size, status.st_mtime_ns, self.start, self.count)
        return hashlib.sha256("\0".join(map(str, facts)).encode()).hexdigest()
