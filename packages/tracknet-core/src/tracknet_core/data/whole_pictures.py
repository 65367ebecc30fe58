"""Whether pictures are there, whole, and of one size, told from the first and last bytes of their files.

Nothing is decoded, so it is cheap enough to be done whenever clips are loaded, and a copy that broke
off is found before a run and not hours into it. Only ``tracknet doctor`` decodes every picture.
"""

import os
from collections.abc import Iterator
from typing import BinaryIO

from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.picture_header import picture_size

_ENDS = (b"\xff\xd9", b"IEND\xaeB`\x82")
"""JPEG's end of image (ITU-T T.81, B.1.1.3), which its coded data cannot contain; PNG's last chunk."""

_TAIL = 1024
"""Bytes at a file's end in which its end must be: some cameras pad their files."""


def damaged(frames: PictureFolder) -> Iterator[str]:
    """Yield a line with place, what is wrong and remedy for each picture that cannot be whole."""
    for index in range(len(frames)):
        file = frames.path(index)
        try:
            size = picture_size(file)
            with file.open("rb") as stream:
                whole = _ends(stream)
        except OSError as error:
            yield f"{file}: cannot be read ({error.strerror}). Restore it."
            continue
        except ValueError:
            whole = False
        if not whole:
            yield f"{file}: is truncated or no picture. Restore it, or take its row out of the labels."
        elif size != frames.size:
            yield (
                f"{file}: is {size[0]}×{size[1]} px, the clip's first picture is "
                f"{frames.size[0]}×{frames.size[1]}. Pictures of one clip must have one size."
            )


def _ends(stream: BinaryIO) -> bool:
    length = stream.seek(0, os.SEEK_END)
    stream.seek(max(0, length - _TAIL))
    tail = stream.read()
    return any(end in tail for end in _ENDS)
