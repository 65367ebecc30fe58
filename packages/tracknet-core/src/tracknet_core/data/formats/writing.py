"""What the layouts share when they write: names, pictures and videos, copied wherever they can be."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.config.problems import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracknet_core.data.clips import Clip

JPEG_QUALITY = 95
VIDEO_QUALITY = 10
"""x264's constant rate factor: no difference that an eye would see."""
NOMINAL_FPS = 30.0
"""Frame rate of videos made of pictures that have none."""


@contextmanager
def new_root(root: Path) -> Iterator[Path]:
    """Fill a data set's folder whole, or on an error not at all.

    Yields:
        The temporary folder to fill.

    Raises:
        UserError: ``root`` exists and is not empty.
    """
    from tracknet_core.atomic import replace_directory

    require_new(root)
    with replace_directory(root) as new:
        yield new


def require_new(root: Path) -> None:
    """Refuse a folder that holds something, or is none.

    Raises:
        UserError: It is not new or empty.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UserError(f"{root}: exists and is not empty. Name a new folder, or delete it first.")


def game_and_clip(clip: "Clip") -> tuple[str, str]:
    """The names of a clip's game, and of the clip in it, each fit for one folder or file."""
    return file_name(clip.game), file_name(clip.name.removeprefix(f"{clip.game}/"))


def file_name(name: str) -> str:
    """A name as one part of a path that is not hidden."""
    flat = name.replace("/", "-").replace("\\", "-")
    return f"_{flat[1:]}" if flat.startswith(".") or not flat else flat


def claim(path: Path, clip: "Clip") -> Path:
    """Make the folder of a file or folder that only this clip may have, and return the path.

    Raises:
        UserError: Another clip has it already.
    """
    if path.exists():
        raise UserError(f"{clip.name}: two clips have this name. Rename one of them.")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def write_pictures(
    clip: "Clip",
    folder: Path,
    *,
    stem: Callable[[int], str],
    copied: tuple[str, ...],
    encoded: str,
) -> list[str]:
    """Write the frames of a clip as pictures.

    Args:
        clip: The clip.
        folder: Where to write; it is made.
        stem: File name, without its ending, of a frame.
        copied: Endings of picture files that the layout permits: these are copied byte for byte.
        encoded: ``.jpg`` or ``.png``, what other frames are encoded as.

    Returns:
        The file names, in the order of time.
    """
    from tracknet_core.data.frames import PictureFolder

    folder.mkdir(parents=True)
    names = []
    for index in range(len(clip)):
        source = clip.frames.path(index) if isinstance(clip.frames, PictureFolder) else None
        if source and source.suffix.lower() in copied:
            name = stem(index) + source.suffix.lower().replace(".jpeg", ".jpg")
            _copy(source, folder / name)
        else:
            name = stem(index) + encoded
            (folder / name).write_bytes(_encode(clip.frames.read(index), encoded))
        names.append(name)
    return names


def write_video(clip: "Clip", folder: Path, stem: str) -> int:
    """Write the frames of a clip as a video: a video is copied byte for byte, pictures become H.264.

    Returns:
        Number in the video of the clip's first frame.
    """
    from tracknet_core.data.video.frames import VideoFrames
    from tracknet_core.data.video.writer import VideoWriter

    frames = clip.frames
    if isinstance(frames, VideoFrames):
        _copy(frames.file, folder / (stem + frames.file.suffix.lower()))
        return frames.start
    fps = clip.fps or NOMINAL_FPS
    with VideoWriter(folder / f"{stem}.mp4", frames.size, fps, VIDEO_QUALITY) as video:
        for index in range(len(clip)):
            video.add(frames.read(index))
    return 0


def _copy(source: Path, target: Path) -> None:
    from tracknet_core.data.errors import PictureError

    try:
        shutil.copyfile(source, target)
    except FileNotFoundError:
        raise PictureError(f"{source}: is missing. Restore it.") from None


def _encode(picture: "NDArray[np.uint8]", suffix: str) -> bytes:
    import cv2

    options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY] if suffix == ".jpg" else []
    _, encoded = cv2.imencode(suffix, cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), options)
    return encoded.tobytes()
