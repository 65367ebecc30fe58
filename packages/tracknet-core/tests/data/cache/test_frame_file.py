import os
import signal
from collections.abc import Callable
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.data.cache import frame_file
from tracknet_core.data.cache.frame_file import FrameFile, full_size

SIZE = (32, 16)
FRAMES = 6
forks = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="a test's own functions reach forked processes only"
)


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)


@pytest.fixture
def make(tmp_path: Path) -> Callable[[], FrameFile]:
    return lambda: FrameFile(tmp_path / "clip.frames", FRAMES, SIZE)


def test_the_size_is_that_of_all_frames_and_a_page_of_checksums(make, tmp_path: Path) -> None:
    make()
    assert (tmp_path / "clip.frames").stat().st_size == full_size(FRAMES, SIZE) == 4096 + FRAMES * 16 * 32 * 3


def test_disk_is_taken_as_frames_arrive(tmp_path: Path) -> None:
    file = FrameFile(tmp_path / "clip.frames", 1000, (512, 288))
    file.put(500, np.zeros((288, 512, 3), np.uint8))
    assert (tmp_path / "clip.frames").stat().st_blocks * 512 < 2 * 2**20


def test_another_opening_reads_what_the_first_wrote(make) -> None:
    first, second = make(), make()
    first.put(2, noise(2))
    np.testing.assert_array_equal(second.get(2), noise(2))
    assert second.get(1) is None


def test_a_picture_that_is_not_contiguous_is_kept_as_it_looks(make) -> None:
    file = make()
    file.put(0, noise(0)[:, ::-1])
    np.testing.assert_array_equal(file.get(0), noise(0)[:, ::-1])


def _die_while_writing(file: FrameFile) -> None:
    write = os.pwrite

    def die_half_way(descriptor: int, data: memoryview, offset: int) -> int:
        write(descriptor, data[: len(data) // 2], offset)
        os.kill(os.getpid(), signal.SIGKILL)
        return 0

    frame_file.os.pwrite = die_half_way
    file.put(3, noise(3))


@forks
def test_a_writer_that_is_killed_leaves_no_half_frame(make) -> None:
    file = make()
    writer = get_context("fork").Process(target=_die_while_writing, args=(file,))
    writer.start()
    writer.join()
    assert writer.exitcode == -signal.SIGKILL
    assert file.get(3) is None
    assert make().get(3) is None
    file.put(3, noise(3))
    np.testing.assert_array_equal(make().get(3), noise(3))


def test_pixels_that_a_power_failure_took_are_noticed(make, tmp_path: Path) -> None:
    make().put(3, noise(3))
    with (tmp_path / "clip.frames").open("r+b") as stream:  # the checksum reached the disk, a page did not
        stream.seek(full_size(3, SIZE) + 700)
        stream.write(bytes(300))
    file = make()
    assert file.get(3) is None
    file.put(3, noise(3))
    np.testing.assert_array_equal(file.get(3), noise(3))


@pytest.mark.parametrize("left", [0, 10, 4096, full_size(3, SIZE), full_size(FRAMES, SIZE) - 1])
def test_a_file_cut_short_loses_what_was_cut_and_nothing_else(make, tmp_path: Path, left: int) -> None:
    file = make()
    for frame in range(FRAMES):
        file.put(frame, noise(frame))
    del file
    os.truncate(tmp_path / "clip.frames", left)
    mended = make()
    for frame in range(FRAMES):
        is_whole = left >= full_size(frame + 1, SIZE)
        assert (mended.get(frame) is not None) == is_whole
        mended.put(frame, noise(frame))
        np.testing.assert_array_equal(mended.get(frame), noise(frame))


def test_a_view_outlives_the_file(make, tmp_path: Path) -> None:
    file = make()
    file.put(0, noise(0))
    view = file.get(0)
    (tmp_path / "clip.frames").unlink()
    del file
    np.testing.assert_array_equal(view, noise(0))


def _fill(file: FrameFile, order: list[int]) -> None:
    for frame in order * 20:
        file.put(frame, noise(frame))
        kept = file.get(frame)
        assert kept is not None
        np.testing.assert_array_equal(kept, noise(frame))


@forks
@pytest.mark.parametrize("is_shared", [True, False])
def test_processes_may_fill_a_file_at_once(make, is_shared: bool) -> None:
    """Whether they are workers of one run, or open the file each for themselves."""
    file = make()
    order = list(range(FRAMES))
    workers = [
        get_context("fork").Process(
            target=_fill, args=(file if is_shared else make(), order[turn:] + order[:turn])
        )
        for turn in (1, 3)
    ]
    for worker in workers:
        worker.start()
    _fill(file, order)
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    for frame in range(FRAMES):
        np.testing.assert_array_equal(make().get(frame), noise(frame))
