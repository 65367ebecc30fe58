"""Frames from a folder of pictures."""

from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.order import natural
from tracknet_core.inference.frames import Frame, SourceError, Span

SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})


def is_picture(file: Path) -> bool:
    """Whether a file's name is that of a picture; hidden files are not."""
    return file.suffix.lower() in SUFFIXES and not file.name.startswith(".")


def open_images(files: Iterable[Path], *, name: str, fps: float, span: Span, address: str) -> "ImageSource":
    """Order pictures naturally and read the first.

    Args:
        files: The pictures, at least one.
        name: What result files are called after.
        fps: Frames per second that the pictures were taken at.
        span: The part wanted.
        address: What the user named.

    Raises:
        UserError: The first picture cannot be read, or the span begins after the last one.
    """
    ordered = tuple(sorted(files, key=lambda file: natural(str(file))))
    image = _read(ordered[0])
    if image is None:
        raise UserError(f"{ordered[0]}: not a picture that can be read. Remove or replace it.")
    duration = len(ordered) / fps
    if span.start >= duration:
        raise UserError(f"{address}: --start {span.start:g} lies after the end; it is {duration:.2f} s long.")
    height, width = image.shape[:2]
    return ImageSource(files=ordered, name=name, address=address, size=(width, height), fps=fps, span=span)


@frozen(kw_only=True)
class ImageSource:
    """Pictures of one size, in the order of their names; see ``FrameSource``."""

    files: tuple[Path, ...]
    name: str
    address: str
    size: tuple[int, int]
    fps: float
    span: Span
    live: bool = False

    @property
    def length(self) -> int:
        """How many pictures lie in the part wanted."""
        return len(self._wanted())

    def __iter__(self) -> Iterator[Frame]:
        return self.after(-1, 0.0)

    def fingerprint(self) -> str:
        """Return a digest of the names, sizes and dates of all pictures."""
        digest = sha256()
        for file in self.files:
            facts = file.stat()
            digest.update(f"{file.name}\0{facts.st_size}\0{facts.st_mtime_ns}\0".encode())
        return digest.hexdigest()

    def after(self, index: int, time: float) -> Iterator[Frame]:  # noqa: ARG002 - the protocol's
        """Read on after the picture of this number."""
        for number in (each for each in self._wanted() if each > index):
            file = self.files[number]
            image = _read(file)
            if image is None:
                raise SourceError(f"{file}: not a picture that can be read. Stopped before it.")
            height, width = image.shape[:2]
            if (width, height) != self.size:
                raise SourceError(
                    f"{file}: is {width}×{height}, those before it {self.size[0]}×{self.size[1]}. "
                    "Stopped before it."
                )
            yield Frame(index=number, time=number / self.fps, image=image)

    def _wanted(self) -> range:
        times = [index / self.fps for index in range(len(self.files))]
        first = sum(self.span.before(time) for time in times)
        return range(first, max(first, len(times) - sum(self.span.after(time) for time in times)))


def _read(file: Path) -> NDArray[np.uint8] | None:
    try:
        data = np.fromfile(file, np.uint8)
    except OSError:
        return None
    as_stored = cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION  # as labels count pixels
    image = cv2.imdecode(data, as_stored) if data.size else None
    return None if image is None else np.asarray(image, np.uint8)
