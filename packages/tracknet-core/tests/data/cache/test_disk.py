import errno
import os
import time
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.config.problems import RunError
from tracknet_core.config.schema import DataConfig, PreprocessConfig
from tracknet_core.data.cache import disk, frame_file
from tracknet_core.data.cache.disk import DiskFrames, cache_directory, clip_files
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips

SIZE = (32, 16)
PREPROCESS = PreprocessConfig(resize=SIZE)


def picture(level: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


@pytest.fixture
def clips(tiny_tracknet: Callable[..., Path]) -> list[Clip]:
    return load_clips(DataConfig(root=(str(tiny_tracknet(games=2)),)))


def frames_of(clips: list[Clip], tmp_path: Path, preprocess: PreprocessConfig = PREPROCESS) -> DiskFrames:
    return DiskFrames(clip_files(clips, preprocess, tmp_path / "cache"))


def test_the_place_on_disk() -> None:
    assert cache_directory({"TRACKNET_CACHE": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_directory({"XDG_CACHE_HOME": "/b"}) == Path("/b/tracknet")
    assert cache_directory({}) == Path.home() / ".cache" / "tracknet"


def test_a_later_run_finds_what_an_earlier_one_kept(clips: list[Clip], tmp_path: Path) -> None:
    frames_of(clips, tmp_path).put(1, 0, picture(7))
    np.testing.assert_array_equal(frames_of(clips[1:], tmp_path).get(0, 0), picture(7))


def test_a_changed_picture_or_another_size_is_read_anew(clips: list[Clip], tmp_path: Path) -> None:
    frames_of(clips, tmp_path).put(0, 0, picture(7))
    letterbox = PreprocessConfig(resize=SIZE, fit="letterbox")
    for other in (PreprocessConfig(resize=(16, 32)), letterbox):
        assert frames_of(clips, tmp_path, other).get(0, 0) is None
    os.utime(clips[0].frames.path(1), ns=(time.time_ns(), 0))  # type: ignore[attr-defined]
    assert frames_of(clips, tmp_path).get(0, 0) is None


def test_more_clips_than_files_may_be_open(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk, "OPEN_FILES", 1)
    frames = frames_of(clips, tmp_path)
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.exists() else None
    for level in range(4):
        for clip in range(2):
            frames.put(clip, level, picture(10 * clip + level))
    for level in range(4):
        for clip in range(2):
            np.testing.assert_array_equal(frames.get(clip, level), picture(10 * clip + level))
    if before is not None:
        assert len(list(descriptors.iterdir())) <= before + 2  # the file, and the map's own


def test_a_folder_removed_under_a_run_is_made_again(clips: list[Clip], tmp_path: Path) -> None:
    frames = frames_of(clips, tmp_path)
    frames.put(0, 0, picture(7))
    for file in (tmp_path / "cache").iterdir():
        file.unlink()
    (tmp_path / "cache").rmdir()
    np.testing.assert_array_equal(frames.get(0, 0), picture(7))
    frames.put(0, 1, picture(8))
    frames.put(1, 0, picture(9))
    np.testing.assert_array_equal(frames.get(1, 0), picture(9))


def test_a_full_disk_is_told_in_a_line_and_leaves_no_frame(
    clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    frames = frames_of(clips, tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(frame_file.os, "pwrite", full)
        with pytest.raises(RunError, match=r"data.cache: .*cache: No space left on device. Make room there"):
            frames.put(0, 0, picture(7))
    assert frames.get(0, 0) is None


def _fill(clips: list[Clip], tmp_path: Path) -> None:
    frames = frames_of(clips, tmp_path)
    for _ in range(10):
        for clip in range(2):
            for frame in range(4):
                frames.put(clip, frame, picture(10 * clip + frame))
                np.testing.assert_array_equal(frames.get(clip, frame), picture(10 * clip + frame))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a test's own functions reach forked processes only")
def test_two_runs_may_fill_one_cache_at_once(clips: list[Clip], tmp_path: Path) -> None:
    other = get_context("fork").Process(target=_fill, args=(clips, tmp_path))
    other.start()
    _fill(clips, tmp_path)
    other.join()
    assert other.exitcode == 0
    assert len(list((tmp_path / "cache").glob("*.frames"))) == 2
