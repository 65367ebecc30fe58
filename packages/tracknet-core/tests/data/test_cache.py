import errno
import os
import pickle
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.config.problems import ConfigError, RunError
from tracknet_core.config.schema import DataConfig, PreprocessConfig
from tracknet_core.data import cache
from tracknet_core.data.cache import (
    DiskFrames,
    FrameCache,
    MemoryFrames,
    RecentFrames,
    cache_directory,
    open_cache,
)
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips

SIZE = (32, 16)
PREPROCESS = PreprocessConfig(resize=SIZE)


def picture(level: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


@pytest.fixture
def clips(tiny_tracknet: Callable[..., Path]) -> list[Clip]:
    return load_clips(DataConfig(root=(str(tiny_tracknet(games=2)),)))


@pytest.fixture(params=["none", "ram", "disk"])
def any_cache(
    request: pytest.FixtureRequest, clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FrameCache:
    monkeypatch.setenv("TRACKNET_CACHE", str(tmp_path / "cache"))
    return open_cache(request.param, clips, PREPROCESS)


def test_what_is_put_is_got(any_cache: FrameCache) -> None:
    assert any_cache.get(1, 2) is None
    any_cache.put(1, 2, picture(7))
    any_cache.put(0, 3, picture(8))
    for clip, frame, level in ((1, 2, 7), (0, 3, 8)):
        kept = any_cache.get(clip, frame)
        assert kept is not None
        np.testing.assert_array_equal(kept, picture(level))
    assert any_cache.get(1, 3) is None


def test_every_cache_pickles(any_cache: FrameCache) -> None:
    any_cache.put(0, 0, picture(7))
    copy = pickle.loads(pickle.dumps(any_cache))
    copy.put(0, 1, picture(8))
    np.testing.assert_array_equal(copy.get(0, 1), picture(8))


def test_the_place_on_disk() -> None:
    assert cache_directory({"TRACKNET_CACHE": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_directory({"XDG_CACHE_HOME": "/b"}) == Path("/b/tracknet")
    assert cache_directory({}) == Path.home() / ".cache" / "tracknet"


def test_recent_frames_drop_what_was_used_least_recently() -> None:
    recent = RecentFrames(limit=2 * picture(0).nbytes)
    recent.put(0, 0, picture(0))
    recent.put(0, 1, picture(1))
    recent.get(0, 0)
    recent.put(0, 2, picture(2))
    assert [recent.get(0, frame) is not None for frame in range(3)] == [True, False, True]


def _put(frames: FrameCache, level: int) -> None:
    frames.put(0, level, picture(level))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only forked processes share memory")
def test_forked_processes_share_memory() -> None:
    frames = MemoryFrames([4], SIZE)
    for level in (1, 2):
        worker = get_context("fork").Process(target=_put, args=(frames, level))
        worker.start()
        worker.join()
    assert frames.get(0, 0) is None
    for level in (1, 2):
        np.testing.assert_array_equal(frames.get(0, level), picture(level))


def test_more_memory_than_there_is_is_refused_before_anything_starts(clips: list[Clip]) -> None:
    with pytest.raises(
        ConfigError, match=r"data.cache: ram takes .* GiB, and this machine has .* Set it to disk"
    ):
        open_cache("ram", clips, PreprocessConfig(resize=(1_000_000, 1_000_000)))


def disk(clips: list[Clip], tmp_path: Path, preprocess: PreprocessConfig = PREPROCESS) -> DiskFrames:
    return DiskFrames(clips, preprocess, tmp_path / "cache")


def test_a_later_run_finds_what_an_earlier_one_kept(clips: list[Clip], tmp_path: Path) -> None:
    disk(clips, tmp_path).put(1, 0, picture(7))
    np.testing.assert_array_equal(disk(clips[1:], tmp_path).get(0, 0), picture(7))


def test_a_changed_picture_or_another_size_is_read_anew(clips: list[Clip], tmp_path: Path) -> None:
    disk(clips, tmp_path).put(0, 0, picture(7))
    letterbox = PreprocessConfig(resize=SIZE, fit="letterbox")
    for other in (PreprocessConfig(resize=(16, 32)), letterbox):
        assert disk(clips, tmp_path, other).get(0, 0) is None
    os.utime(clips[0].frames.path(1), ns=(time.time_ns(), 0))  # type: ignore[attr-defined]
    assert disk(clips, tmp_path).get(0, 0) is None


def test_a_frame_cut_short_is_read_anew(clips: list[Clip], tmp_path: Path) -> None:
    frames = disk(clips, tmp_path)
    frames.put(0, 0, picture(7))
    (file,) = (tmp_path / "cache").glob("*/0.rgb")
    file.write_bytes(file.read_bytes()[:-1])
    assert frames.get(0, 0) is None
    frames.put(0, 0, picture(7))
    np.testing.assert_array_equal(frames.get(0, 0), picture(7))


def test_a_full_disk_is_told_in_a_line_and_leaves_nothing(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(cache.os, "fdopen", full)
    with pytest.raises(RunError, match=r"data.cache: .*cache: No space left on device. Make room there"):
        disk(clips, tmp_path).put(0, 0, picture(7))
    assert [file for file in (tmp_path / "cache").rglob("*") if file.is_file()] == []


def _fill(frames: DiskFrames) -> None:
    for _ in range(20):
        for frame in range(4):
            frames.put(0, frame, picture(frame))
            kept = frames.get(0, frame)
            assert kept is not None
            np.testing.assert_array_equal(kept, picture(frame))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a test's own functions reach forked processes only")
def test_processes_may_write_the_same_frames_at_once(clips: list[Clip], tmp_path: Path) -> None:
    frames = disk(clips, tmp_path)
    workers = [get_context("fork").Process(target=_fill, args=(frames,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    _fill(frames)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert sorted(file.name for file in (tmp_path / "cache").rglob("*") if file.is_file()) == [
        f"{frame}.rgb" for frame in range(4)
    ]
