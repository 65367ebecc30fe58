"""A picture's size from the first bytes of its file: no decoding, no imaging library."""

from pathlib import Path
from typing import BinaryIO

PICTURE_SUFFIXES = (".jpg", ".jpeg", ".png")
"""Endings of picture files, in lower case."""

_PNG = b"\x89PNG\r\n\x1a\n"
_JPEG = b"\xff\xd8"
_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}


def picture_size(file: Path) -> tuple[int, int]:
    """Read width and height of a JPEG or PNG file, as stored (without EXIF rotation).

    Raises:
        ValueError: It is neither, or ends within its header.
        OSError: It cannot be read.
    """
    with file.open("rb") as stream:
        return size_in(stream)


def size_in(stream: BinaryIO) -> tuple[int, int]:
    """Read them from a file that is open at its beginning; raises as :func:`picture_size` does."""
    start = stream.read(len(_PNG))
    if start == _PNG:
        return _png_size(stream)
    if start.startswith(_JPEG):
        stream.seek(len(_JPEG))
        return _jpeg_size(stream)
    raise ValueError("neither JPEG nor PNG" if start else "an empty file")


def _png_size(stream: BinaryIO) -> tuple[int, int]:
    """PNG specification, 11.2.1: IHDR comes first and starts with width and height."""
    header = _exactly(stream, 16)
    if header[4:8] != b"IHDR":
        raise ValueError("a PNG without its header")
    return int.from_bytes(header[8:12]), int.from_bytes(header[12:16])


def _jpeg_size(stream: BinaryIO) -> tuple[int, int]:
    """ITU-T T.81, B.2.2: skip marker segments until the frame header."""
    while True:
        marker = _exactly(stream, 2)
        while marker == b"\xff\xff":  # fill bytes
            marker = b"\xff" + _exactly(stream, 1)
        if marker[0] != 0xFF:
            raise ValueError("a damaged JPEG header")
        length = int.from_bytes(_exactly(stream, 2))
        if marker[1] in _START_OF_FRAME:
            frame = _exactly(stream, 5)
            return int.from_bytes(frame[3:5]), int.from_bytes(frame[1:3])
        stream.seek(max(0, length - 2), 1)


def _exactly(stream: BinaryIO, count: int) -> bytes:
    data = stream.read(count)
    if len(data) < count:
        raise ValueError("a truncated file")
    return data
