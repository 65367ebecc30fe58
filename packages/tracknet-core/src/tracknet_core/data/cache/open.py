"""Open the cache that ``data.cache`` names, or make room for it beforehand."""

from collections.abc import Sequence

from tracknet_core.config.byte_size import in_gib
from tracknet_core.config.hardware import memory_bytes
from tracknet_core.config.problems import ConfigError, Problem
from tracknet_core.config.schema import DataConfig
from tracknet_core.data.cache.disk import DiskFrames, cache_directory, clip_files, hold
from tracknet_core.data.cache.frame_cache import FrameCache
from tracknet_core.data.cache.lease import Lease
from tracknet_core.data.cache.memory import MemoryFrames
from tracknet_core.data.cache.recent import RecentFrames
from tracknet_core.data.cache.room import describe_need
from tracknet_core.data.clips import Clip
from tracknet_core.progress import Progress, Silent

RECENT_BYTES = 64 * 2**20


def open_cache(clips: Sequence[Clip], data: DataConfig, progress: Progress | None = None) -> FrameCache:
    """Open a cache for a list of clips.

    Args:
        clips: Whose frames.
        data: ``preprocess`` and ``cache`` count here.
        progress: Told what ``disk`` removes to make room.

    Raises:
        ConfigError: The frames do not fit into memory or onto the disk.
        PictureError: A picture is missing.
        UserError: The folder of ``disk`` cannot be used.
    """
    if data.cache == "ram":
        _require_memory(clips, data)
        return MemoryFrames([len(clip) for clip in clips], data.preprocess.resize)
    if data.cache == "disk":
        directory = cache_directory() / "frames"
        files = clip_files(clips, data.preprocess, directory)
        return DiskFrames(files, hold(files, directory, progress or Silent()))
    return RecentFrames(RECENT_BYTES)


def reserve(clips: Sequence[Clip], data: DataConfig, progress: Progress) -> Lease | None:
    """Make sure, before a run starts, that the frames of all its clips fit, and say what they take.

    Args:
        clips: All that the run will open caches for.
        data: ``preprocess`` and ``cache`` count here.
        progress: Told what ``disk`` takes, and removes to make room.

    Returns:
        What keeps the files of ``disk`` from being removed while it lives.

    Raises:
        ConfigError: They do not fit into memory or onto the disk.
        PictureError: A picture is missing.
        UserError: The folder of ``disk`` cannot be used.
    """
    if data.cache == "ram":
        _require_memory(clips, data)
    if data.cache != "disk":
        return None
    directory = cache_directory() / "frames"
    files = clip_files(clips, data.preprocess, directory)
    lease = hold(files, directory, progress)
    if need := describe_need(directory, {file.path.name: file.full_size for file in files}):
        progress.say(need)
    return lease


def _require_memory(clips: Sequence[Clip], data: DataConfig) -> None:
    width, height = data.preprocess.resize
    needed, present = sum(map(len, clips)) * width * height * 3, memory_bytes()
    if present is not None and needed > present:
        message = f"ram takes {in_gib(needed)}, and this machine has {in_gib(present)}"
        raise ConfigError([Problem(key="data.cache", message=message, remedy="Set it to disk.")])
