"""What the layouts share when they read: folders, pictures, videos, and clips that may be faulty."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.config.problems import UserError
from tracknet_core.data.order import natural
from tracknet_core.data.picture_header import PICTURE_SUFFIXES, picture_size

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.frames import PictureFolder
    from tracknet_core.data.video.frames import VideoFrames

VIDEO_SUFFIXES = (".mp4", ".mov", ".m4v", ".mkv", ".webm", ".avi", ".ts", ".mts", ".mpg", ".mpeg")
"""Endings of video files, in lower case."""

Reading = tuple[str, "Callable[[], Clip]"]
"""The name of a clip, and what reads it or raises UserError with one line."""


def read_each(readings: Iterable[Reading], on_fault: Callable[[str, str], None]) -> "list[Clip]":
    """Read clips, handing what is wrong with one to ``on_fault``."""
    clips = []
    for name, read in readings:
        try:
            clip = read()
        except UserError as fault:
            on_fault(name, str(fault))
            continue
        clips.append(clip)
    return clips


def folders(parent: Path) -> list[Path]:
    """Folders in a folder, in natural order; none if there is no such folder. Hidden ones are passed over."""
    return [parent / name for name in _names(parent, lambda entry: entry.is_dir())]


def files(folder: Path, suffixes: tuple[str, ...]) -> list[Path]:
    """Files with one of these endings, any case, in natural order; hidden ones are passed over."""
    return [folder / name for name in pictures(folder, suffixes)]


def pictures(folder: Path, suffixes: tuple[str, ...] = PICTURE_SUFFIXES) -> list[str]:
    """Names of the pictures of a folder, in the order of time."""
    return _names(folder, lambda entry: entry.name.lower().endswith(suffixes) and entry.is_file())


def _names(folder: Path, fits: "Callable[[os.DirEntry[str]], bool]") -> list[str]:
    if not folder.is_dir():
        return []
    with os.scandir(folder) as entries:  # tells files from folders without asking for each
        names = [entry.name for entry in entries if not entry.name.startswith(".") and fits(entry)]
    return sorted(names, key=natural)


def video_of(folder: Path, stem: str) -> Path | None:
    """Find the video of a name, whatever its ending.

    Raises:
        UserError: There are several.
    """
    found = [file for file in files(folder, VIDEO_SUFFIXES) if file.stem == stem]
    if len(found) > 1:
        raise UserError(f"{found[0]}: {found[1].name} has the same name. Move one of them away.")
    return found[0] if found else None


def open_pictures(folder: Path, names: Iterable[str]) -> "PictureFolder":
    """Take pictures, at least one, as frames; only the first one's header is read.

    Raises:
        UserError: The first cannot be read.
    """
    from tracknet_core.data.frames import PictureFolder

    names = tuple(names)
    first = folder / names[0]
    try:
        size = picture_size(first)
    except (OSError, ValueError) as error:
        raise UserError(f"{first}: cannot be read ({error}). Restore it.") from None
    return PictureFolder(directory=folder, names=names, size=size)


def open_video(file: Path) -> "tuple[VideoFrames, float | None]":
    """Take a whole video as frames, and tell its frame rate.

    Raises:
        UserError: It cannot be read frame by frame.
    """
    from tracknet_core.data.video.frames import VideoFrames
    from tracknet_core.data.video.index import read_outline

    outline = read_outline(file)
    return VideoFrames(file=file, size=outline.size, start=0, count=outline.frames), outline.fps
