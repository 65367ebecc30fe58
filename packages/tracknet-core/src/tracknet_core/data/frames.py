"""Frames as pictures in a folder."""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from tracknet_core.data.errors import PictureError, PictureSizeError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_JPEG = b"\xff\xd8"


@frozen(kw_only=True)
class PictureFolder:
    """The JPEG and PNG pictures of a clip, decoded with OpenCV. EXIF rotation is not applied.

    Attributes:
        directory: The folder.
        names: File names in it, in the order of time.
        size: Width and height of every picture, in px.
    """

    directory: Path
    names: tuple[str, ...]
    size: tuple[int, int]

    def __len__(self) -> int:
        return len(self.names)

    def name(self, index: int) -> str:
        """File name of a frame."""
        return self.names[index]

    def path(self, index: int) -> Path:
        """File of a frame."""
        return self.directory / self.names[index]

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> "NDArray[np.uint8]":
        """Decode a picture; a JPEG at a fraction of its size where ``at_least`` allows.

        Args:
            index: Number of the frame.
            at_least: Width and height that are enough.

        Returns:
            RGB ``[H, W, 3]``.

        Raises:
            PictureError: It is missing, truncated, no picture, or has another size.
        """
        import cv2
        import numpy as np

        file = self.path(index)
        try:
            data = file.read_bytes()
        except OSError as error:
            raise unreadable(file, error) from None
        divisor = _divisor(self.size, at_least) if at_least and data.startswith(_JPEG) else 1
        decoded = _decode(data, divisor)
        if decoded is None:
            raise broken(file)
        width, height = decoded.shape[1] * divisor, decoded.shape[0] * divisor
        if (width, height) != self.size:
            raise of_other_size(file, (width, height), self.size)
        return np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2RGB), dtype=np.uint8)

    def fingerprint(self) -> str:
        """Digest of every picture's path, size in bytes and time of change."""
        digest = hashlib.sha256(str(self.directory.resolve()).encode())
        for index in range(len(self)):
            try:
                status = self.path(index).stat()
            except OSError as error:
                raise unreadable(self.path(index), error) from None
            digest.update(f"\n{self.names[index]}\0{status.st_size}\0{status.st_mtime_ns}".encode())
        return digest.hexdigest()


def unreadable(file: Path, error: OSError) -> PictureError:
    """What is wrong with a file that cannot be read."""
    return PictureError(f"{file}: cannot be read ({error.strerror}). Restore it.")


def broken(file: Path) -> PictureError:
    """What is wrong with a file that holds no whole picture."""
    return PictureError(f"{file}: is truncated or no picture. Restore it, or take its row out of the labels.")


def of_other_size(file: Path, size: tuple[int, int], first: tuple[int, int]) -> PictureSizeError:
    """What is wrong with a picture of a size that its clip's first picture does not have, px."""
    return PictureSizeError(
        f"{file}: is {size[0]}×{size[1]} px, the clip's first picture is {first[0]}×{first[1]}. "
        "Pictures of one clip must have one size."
    )


def _divisor(size: tuple[int, int], at_least: tuple[int, int]) -> int:
    """The largest of 8, 4, 2 that divides the size exactly and leaves enough, else 1.

    Only exact divisors: a picture of 1279 px halved has 640 px that stand for 1280.
    """
    for divisor in (8, 4, 2):
        whole = size[0] % divisor == 0 and size[1] % divisor == 0
        if whole and size[0] // divisor >= at_least[0] and size[1] // divisor >= at_least[1]:
            return divisor
    return 1


def _decode(data: bytes, divisor: int) -> "NDArray[np.uint8] | None":
    """BGR ``[H, W, 3]`` at ``1 / divisor`` of the size; None if it cannot be decoded."""
    import cv2
    import numpy as np

    modes = {
        1: cv2.IMREAD_COLOR,
        2: cv2.IMREAD_REDUCED_COLOR_2,
        4: cv2.IMREAD_REDUCED_COLOR_4,
        8: cv2.IMREAD_REDUCED_COLOR_8,
    }
    buffer = np.frombuffer(data, dtype=np.uint8)
    if not len(buffer):
        return None
    try:
        decoded = cv2.imdecode(buffer, modes[divisor] | cv2.IMREAD_IGNORE_ORIENTATION)
    except cv2.error:  # a size beyond OpenCV's limits
        return None
    return None if decoded is None else np.asarray(decoded, dtype=np.uint8)
