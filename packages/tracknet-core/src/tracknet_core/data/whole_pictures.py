"""Whether pictures are there, whole, and of one size, told from the first and last bytes of their files.

Nothing is decoded, so it is cheap enough to be done whenever clips are loaded, and a copy that broke
off is found before a run and not hours into it. Only ``tracknet doctor`` decodes every picture.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from tracknet_core.data.errors import PictureError
from tracknet_core.data.frames import PictureFolder, broken, of_other_size, unreadable
from tracknet_core.data.picture_header import size_in

_ENDS = (b"\xff\xd9", b"IEND\xaeB`\x82")
"""JPEG's end of image (ITU-T T.81, B.1.1.3), which its coded data cannot contain; PNG's last chunk."""

_TAIL = 1024
"""Bytes at a file's end in which its end must be: some cameras pad their files."""


def damaged(frames: PictureFolder) -> Iterator[PictureError]:
    """Yield what is wrong with each picture that cannot be whole."""
    folder = os.fspath(frames.directory)
    for name in frames.names:
        file = f"{folder}{os.sep}{name}"
        try:
            with open(file, "rb") as stream:  # noqa: PTH123 - a Path for each picture takes half as long as this
                size = size_in(stream)
                whole = _ends(stream)
        except OSError as error:
            yield unreadable(Path(file), error)
            continue
        except ValueError:
            whole = False
        if not whole:
            yield broken(Path(file))
        elif size != frames.size:
            yield of_other_size(Path(file), size, frames.size)


def _ends(stream: BinaryIO) -> bool:
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, length - _TAIL))
    tail = stream.read()
    return any(end in tail for end in _ENDS)
