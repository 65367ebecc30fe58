"""From what a user names to frames: a video, pictures, a camera or a stream."""

import glob
from math import isfinite
from pathlib import Path
from urllib.parse import urlsplit

from tracknet_core.config.problems import UserError
from tracknet_core.inference.camera import open_camera
from tracknet_core.inference.frames import FrameSource, Span
from tracknet_core.inference.images import is_picture, open_images
from tracknet_core.inference.video import open_video

PICTURES_PER_SECOND = 30.0
"""Frame rate of folders of pictures, which do not say."""


def open_source(
    source: str | Path,
    *,
    start: float | None = None,
    end: float | None = None,
    picture_fps: float = PICTURES_PER_SECOND,
) -> FrameSource:
    """Find out what a source is and make sure that its first frame can be read.

    Args:
        source: A video file; a folder of pictures; a glob of pictures such as ``clip/*.png``; the
            number of a camera; or the URL of a stream.
        start: Seconds from the beginning of the source to the first frame wanted.
        end: Seconds from the beginning to the end, which is left out.
        picture_fps: Frames per second of pictures.

    Raises:
        UserError: It does not exist, holds no picture, or does not decode; or the span is empty.
    """
    span = _span(start, end)
    if not isfinite(picture_fps):
        raise UserError(f"--fps {picture_fps:g}: is no frame rate. Give frames per second.")
    name = str(source)
    if not name:
        raise UserError("A source has an empty name. Give a video, a folder of pictures, a camera or a URL.")
    path = Path(name).expanduser()
    if path.is_dir():
        return open_images(
            _in_folder(path), name=path.resolve().name, fps=picture_fps, span=span, address=name
        )
    if path.exists():
        return open_video(str(path), name=path.stem, span=span)
    if name.isdecimal():
        return open_camera(int(name), span=span)
    if "://" in name:
        parts = urlsplit(name)
        return open_video(name, name=Path(parts.path).stem or parts.hostname or "stream", span=span)
    if glob.has_magic(name):
        found = map(Path, glob.glob(str(path), recursive=True))  # noqa: PTH207 - Path.glob takes no absolute pattern
        pictures = [file for file in found if is_picture(file)]
        if not pictures:
            raise UserError(f"{name}: no picture matches. Put the pattern in quotes, as in 'clip/*.jpg'.")
        return open_images(
            pictures, name=path.parent.resolve().name, fps=picture_fps, span=span, address=name
        )
    raise UserError(
        f"{name}: no such file or folder. Give a video, a folder of pictures, a pattern in quotes, "
        "the number of a camera, or a URL."
    )


def _span(start: float | None, end: float | None) -> Span:
    begin = 0.0 if start is None else start
    if not isfinite(begin):
        raise UserError(f"--start {begin:g}: is no time. Give seconds from the beginning.")
    if begin < 0:
        raise UserError(f"--start {begin:g}: lies before the beginning. Give seconds from the beginning.")
    if end is not None and not end > begin:  # nor if it is no number
        raise UserError(f"--end {end:g}: does not lie after --start {begin:g}. Give a later end.")
    return Span(start=begin, end=end)


def _in_folder(folder: Path) -> list[Path]:
    pictures = [file for file in folder.iterdir() if is_picture(file)]
    if not pictures:
        raise UserError(
            f"{folder}: no picture there (.jpg, .png, .bmp, .webp, .tif). "
            "Give the folder that holds the frames, or the video file itself."
        )
    return pictures
