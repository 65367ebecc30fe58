"""``data.cache: disk``: all frames in files, for all runs.

Each clip has one file (see ``frame_file.py``) in ``frames/`` of :func:`cache_directory`, named by
its pictures' paths, sizes and times and by how they were resized: a changed picture makes another
file, and the old one goes when room is needed (see ``room.py``). The folder can be removed at any
time when no run is using it.
"""

import hashlib
import os
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from tracknet_core.config.problems import ConfigError, Problem, UserError
from tracknet_core.config.schema import PreprocessConfig
from tracknet_core.data.cache.frame_cache import Picture
from tracknet_core.data.cache.frame_file import SUFFIX, FrameFile, full_size
from tracknet_core.data.cache.lease import Lease
from tracknet_core.data.cache.room import claim
from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import CacheError
from tracknet_core.progress import Progress

PIPELINE = 2
"""Raised whenever frames are resized or laid out differently, so that no old file serves as a new one."""

OPEN_FILES = 64
"""How many files a process keeps open for one list of clips."""


def cache_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """``$TRACKNET_CACHE``, else ``$XDG_CACHE_HOME/tracknet``, else ``~/.cache/tracknet``."""
    if own := environ.get("TRACKNET_CACHE"):
        return Path(own).expanduser()
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "tracknet"


@frozen(kw_only=True)
class ClipFile:
    """Where a clip's frames are kept.

    Attributes:
        path: The file.
        frames: How many frames the clip has.
        size: Width and height of a frame.
    """

    path: Path
    frames: int
    size: tuple[int, int]

    @property
    def full_size(self) -> int:
        """Bytes it takes when every frame is there."""
        return full_size(self.frames, self.size)

    def open(self) -> FrameFile:
        """Open the file; it and its folder are made if need be."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return FrameFile(self.path, self.frames, self.size)


def clip_files(clips: Sequence[Clip], preprocess: PreprocessConfig, directory: Path) -> tuple[ClipFile, ...]:
    """Name the file of each clip.

    Args:
        clips: Whose frames.
        preprocess: How they are resized.
        directory: Where the files are.

    Raises:
        PictureError: A picture is missing.
    """
    size = preprocess.resize
    how = f"{PIPELINE} {size[0]}x{size[1]} {preprocess.fit}"
    keys = (hashlib.sha256(f"{how} {clip.frames.fingerprint()}".encode()).hexdigest()[:32] for clip in clips)
    return tuple(
        ClipFile(path=directory / f"{key}{SUFFIX}", frames=len(clip), size=size)
        for key, clip in zip(keys, clips, strict=True)
    )


def hold(files: Sequence[ClipFile], directory: Path, progress: Progress) -> Lease:
    """Make room for files that are going to be used; none of them is removed while the lease lives.

    Raises:
        ConfigError: They do not fit, or the system has no means for this cache.
        UserError: The folder cannot be used.
    """
    if not hasattr(os, "pwrite"):
        message = "disk needs a POSIX system, such as Linux or macOS"
        raise ConfigError([Problem(key="data.cache", message=message, remedy="Set it to ram or none.")])
    try:
        return claim(directory, {file.path.name: file.full_size for file in files}, progress)
    except OSError as error:
        raise UserError(_unusable(directory, error)) from None


class DiskFrames:
    """The frames of a list of clips in files.

    Args:
        files: Of the clips, in their order.
        lease: Held as long as this lives; a copy in another process relies on that of the original.
    """

    def __init__(self, files: Sequence[ClipFile], lease: Lease | None = None) -> None:
        self._files = tuple(files)
        self._lease = lease
        self._open: OrderedDict[int, FrameFile] = OrderedDict()

    def __reduce__(self) -> tuple[type["DiskFrames"], tuple[tuple[ClipFile, ...]]]:
        return type(self), (self._files,)

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if any run has put it."""
        return self._file(clip).get(frame)

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame for all runs."""
        try:
            self._file(clip).put(frame, picture)
        except OSError as error:
            raise CacheError(_unusable(self._files[clip].path.parent, error)) from None

    def _file(self, clip: int) -> FrameFile:
        if clip in self._open:
            self._open.move_to_end(clip)
            return self._open[clip]
        try:
            opened = self._open[clip] = self._files[clip].open()
        except OSError as error:
            raise CacheError(_unusable(self._files[clip].path.parent, error)) from None
        if len(self._open) > OPEN_FILES:
            self._open.popitem(last=False)
        return opened


def _unusable(directory: Path, error: OSError) -> str:
    return (
        f"data.cache: {directory}: {error.strerror}. Make room there, let the environment variable "
        "TRACKNET_CACHE name another folder, or set data.cache to none."
    )
