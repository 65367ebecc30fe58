"""Where resized frames are kept: ``data.cache``.

``none``
    Only the most recent frames of each process, 64 MiB of them: enough that windows read in the
    order of time decode no frame twice.
``ram``
    All frames, in memory that forked workers share; workers started otherwise fill their own.
``disk``
    All frames, a file each, in ``frames/`` of :func:`cache_directory`, for all runs. The folder of
    a clip is named by its pictures' paths, sizes and times and by how they were resized, so a
    changed picture is read anew. Nothing is ever deleted: the folder can be removed at any time.

Several workers and processes may fill a cache at once: frames appear whole or not at all.
"""

import hashlib
import mmap
import os
import tempfile
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.problems import ConfigError, Problem
from tracknet_core.config.schema import PreprocessConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import CacheError

RECENT_BYTES = 64 * 2**20
PIPELINE = 1
"""To be raised whenever frames are resized differently, so that no old file is taken for a new one."""

Picture = NDArray[np.uint8]
"""RGB ``[H, W, 3]``; not to be written to."""


class FrameCache(Protocol):
    """Keeps the resized frames of a list of clips."""

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if it is kept."""

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame."""


def cache_directory(environ: Mapping[str, str] = os.environ) -> Path:
    """``$TRACKNET_CACHE``, else ``$XDG_CACHE_HOME/tracknet``, else ``~/.cache/tracknet``."""
    if own := environ.get("TRACKNET_CACHE"):
        return Path(own).expanduser()
    return Path(environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "tracknet"


def open_cache(
    kind: Literal["none", "ram", "disk"], clips: Sequence[Clip], preprocess: PreprocessConfig
) -> FrameCache:
    """Open the cache that ``data.cache`` names.

    Raises:
        ConfigError: ``ram`` needs more memory than this machine has.
    """
    if kind == "ram":
        return MemoryFrames([len(clip) for clip in clips], preprocess.resize)
    if kind == "disk":
        return DiskFrames(clips, preprocess, cache_directory() / "frames")
    return RecentFrames(RECENT_BYTES)


class RecentFrames:
    """The most recently used frames, in this process.

    Args:
        limit: Bytes to keep.
    """

    def __init__(self, limit: int) -> None:
        self._left = self._limit = limit
        self._kept: OrderedDict[tuple[int, int], Picture] = OrderedDict()

    def __reduce__(self) -> tuple[type["RecentFrames"], tuple[int]]:
        return type(self), (self._limit,)

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if it was used recently."""
        if (clip, frame) not in self._kept:
            return None
        self._kept.move_to_end((clip, frame))
        return self._kept[clip, frame]

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame, and drop what was used least recently."""
        self._kept[clip, frame] = picture
        self._left -= picture.nbytes
        while self._left < 0:
            self._left += self._kept.popitem(last=False)[1].nbytes


class MemoryFrames:
    """All frames in one anonymous memory map, which forked processes share.

    Memory is taken as frames arrive.

    Args:
        lengths: Frames of each clip.
        size: Width and height of a frame.
    """

    def __init__(self, lengths: Sequence[int], size: tuple[int, int]) -> None:
        self._lengths, self._size = tuple(lengths), size
        self._first = np.cumsum([0, *lengths])
        frames, shape = int(self._first[-1]), (size[1], size[0], 3)
        needed, present = frames * size[0] * size[1] * 3, _physical_memory()
        if present is not None and needed > present:
            message = f"ram takes {needed / 2**30:.1f} GiB, and this machine has {present / 2**30:.1f} GiB"
            raise ConfigError([Problem(key="data.cache", message=message, remedy="Set it to disk.")])
        self._pictures = _shared(needed).reshape(frames, *shape)
        self._is_there = _shared(frames)

    def __reduce__(self) -> tuple[type["MemoryFrames"], tuple[tuple[int, ...], tuple[int, int]]]:
        return type(self), (self._lengths, self._size)

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if any of the processes has put it."""
        place = self._first[clip] + frame
        return self._pictures[place] if self._is_there[place] else None

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame for all processes."""
        place = self._first[clip] + frame
        self._pictures[place] = picture
        self._is_there[place] = 1


def _shared(size: int) -> NDArray[np.uint8]:
    return np.frombuffer(mmap.mmap(-1, max(1, size)), dtype=np.uint8)[:size]


def _physical_memory() -> int | None:
    """Bytes; None where the system does not tell."""
    if not hasattr(os, "sysconf"):
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


class DiskFrames:
    """A file of raw pixels for each frame.

    Args:
        clips: Whose frames.
        preprocess: How they are resized.
        directory: Where the clips' folders are.
    """

    def __init__(self, clips: Sequence[Clip], preprocess: PreprocessConfig, directory: Path) -> None:
        self._clips = clips
        self._size = preprocess.resize
        self._how = f"{PIPELINE} {preprocess.resize[0]}x{preprocess.resize[1]} {preprocess.fit}"
        self._directory = directory
        self._folders: dict[int, Path] = {}

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if any run has put it."""
        width, height = self._size
        try:
            data = np.fromfile(self._file(clip, frame), dtype=np.uint8)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._failed(error) from None
        # Another length is what a power failure may leave behind: these files are not synced.
        return data.reshape(height, width, 3) if data.size == width * height * 3 else None

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame for all runs."""
        file = self._file(clip, frame)
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=".")
            try:
                with os.fdopen(handle, "wb") as stream:
                    stream.write(np.ascontiguousarray(picture).data)
                Path(temporary).replace(file)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise
        except OSError as error:
            raise self._failed(error) from None

    def _file(self, clip: int, frame: int) -> Path:
        if clip not in self._folders:
            content = f"{self._how} {self._clips[clip].frames.fingerprint()}"
            self._folders[clip] = self._directory / hashlib.sha256(content.encode()).hexdigest()[:32]
        return self._folders[clip] / f"{frame}.rgb"

    def _failed(self, error: OSError) -> CacheError:
        return CacheError(
            f"data.cache: {self._directory}: {error.strerror}. Make room there, let the environment variable "
            "TRACKNET_CACHE name another folder, or set data.cache to none."
        )
