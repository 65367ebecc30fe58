"""Frames of a video are read exactly by number, in any order, whatever the container and codec do."""

import multiprocessing
import os
import pickle
import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.data.errors import PictureError, PictureSizeError
from tracknet_core.data.video.container import Reading, Upright, decode, open_container, video_stream
from tracknet_core.data.video.decoder import OPEN, DecoderPool, FrameDecoder, decoders
from tracknet_core.data.video.frames import VideoFrames
from tracknet_core.data.video.index import frame_index, read_outline

B_FRAMES = {"preset": "medium", "bf": "3"}
LEADING = "open-gop=1:keyint=10:min-keyint=10:b-adapt=0:bframes=3:scenecut=0"
"""A frame after each keyframe is shown before it, and refers to the frames before it."""
OPEN_GOP = {"preset": "medium", "x264-params": LEADING}
HEVC = {"preset": "ultrafast", "x265-params": f"{LEADING}:log-level=none"}

KINDS: dict[str, dict[str, object]] = {
    "plain": {},
    "b-frames": {"options": B_FRAMES},
    "open gop": {"options": OPEN_GOP},
    "open gop, hevc": {"codec": "libx265", "options": HEVC},
    "intra refresh": {"options": {"preset": "medium", "x264-params": "intra-refresh=1"}},
    "variable rate": {
        "options": B_FRAMES,
        "times": [i / 30 + (i // 7) * 0.4 + (i % 3) / 200 for i in range(40)],
    },
    "rotated": {"rotation": 90, "options": B_FRAMES},
    "mirrored size": {"rotation": 180},
    "matroska": {"name": "clip.mkv", "options": OPEN_GOP},
    "transport stream": {"name": "clip.ts", "options": OPEN_GOP},
    "quicktime": {"name": "clip.mov", "options": B_FRAMES},
    "webm": {
        "name": "clip.webm",
        "codec": "libvpx-vp9",
        "options": {"deadline": "realtime", "cpu-used": "8"},
    },
    "avi": {"name": "clip.avi", "options": {"bf": "0"}},
}


def decoded(file: Path, threads: str = "AUTO") -> list[np.ndarray]:
    """All frames, in the order in which they come out when the file is decoded once through."""
    with open_container(str(file)) as container:
        stream = video_stream(container, str(file))
        stream.thread_type = threads
        return list(map(Upright(), decode(container, stream, Reading())))


def whole(file: Path) -> VideoFrames:
    outline = read_outline(file)
    return VideoFrames(file=file, size=outline.size, start=0, count=outline.frames)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS.keys())
def test_frames_in_any_order_are_those_of_decoding_once_through(film, kind) -> None:
    file = film(**kind)
    expected = decoded(file)
    frames = whole(file)
    assert len(expected) == len(frames) == len(frame_index(file)) == 40
    height, width = expected[0].shape[:2]
    assert frames.size == (width, height)
    shuffled = random.Random(0).sample(range(40), 40)
    for index in [*range(40), *shuffled, 39, 38, 37, 0]:
        np.testing.assert_array_equal(frames.read(index), expected[index], err_msg=f"frame {index}")


def test_numbers_follow_the_order_of_showing(film, number) -> None:
    frames = whole(film(options=B_FRAMES))
    assert [number(frames.read(index)) for index in (0, 1, 2, 3, 25, 39)] == [0, 1, 2, 3, 25, 39]


def test_a_rotated_video_is_read_upright(film) -> None:
    frames = whole(film(rotation=90))
    assert frames.size == (48, 64)
    picture = frames.read(7)
    assert picture.shape == (64, 48, 3)
    red = (picture[..., 0] > 200) & (picture[..., 1] < 60)
    rows, columns = np.nonzero(red)
    assert (rows.min(), columns.min()) == (48, 0)  # turned counterclockwise: from upper left to lower left


def test_a_part_counts_from_its_own_beginning(film, number) -> None:
    part = VideoFrames(file=film(), size=(64, 48), start=12, count=5)
    assert [number(part.read(index)) for index in range(5)] == [12, 13, 14, 15, 16]
    assert part.name(1) == "frame 13"
    with pytest.raises(IndexError):
        part.read(5)


@pytest.mark.parametrize("name", ["cut.mp4", "cut.mkv", "cut.ts"])
@pytest.mark.parametrize("share", [0.75, 0.9])
def test_a_truncated_tail_costs_what_is_gone_and_no_more(film, name, share) -> None:
    file = film(name, options=B_FRAMES)
    data = file.read_bytes()
    file.write_bytes(data[: int(share * len(data))])
    expected = decoded(file, threads="NONE")
    frames = whole(file)
    assert 5 < len(frames) == len(expected) <= 40
    for index in (0, len(frames) - 1, len(frames) - 2, 3):
        np.testing.assert_array_equal(frames.read(index), expected[index])


def test_a_recording_that_begins_between_keyframes_counts_what_can_be_shown(film, recut) -> None:
    file = recut(film("whole.ts", options=OPEN_GOP), "late.ts", packet=4)
    expected = decoded(file, threads="NONE")
    frames = whole(file)
    assert 20 < len(frames) == len(expected) < 37
    for index in (0, 1, len(frames) - 1, 12):
        np.testing.assert_array_equal(frames.read(index), expected[index])


@pytest.mark.parametrize("name", ["cut.mkv", "cut.mp4"])
@pytest.mark.parametrize(
    "kind",
    [{"options": OPEN_GOP}, {"codec": "libx265", "options": HEVC}],
    ids=["h264", "hevc"],
)
def test_a_cut_at_an_open_gop_counts_what_can_be_shown(film, recut, number, kind, name) -> None:
    file = recut(film(**kind), name, keyframe=1)  # frames 10, 9, 14, 12 …, and 9 refers to what is gone
    expected = decoded(file)
    frames = whole(file)
    assert number(frames.read(0)) == 10
    assert len(frames) == len(expected) == 30
    for index in (0, 1, 2, 15, 9, 3):
        np.testing.assert_array_equal(frames.read(index), expected[index])


def test_videos_without_times_of_showing_are_refused(film) -> None:
    file = film("clip.avi", options=B_FRAMES)
    with pytest.raises(UserError, match=r"clip\.avi: its frames have no timestamps .* Convert it to MP4"):
        read_outline(file)


@pytest.mark.parametrize("content", [b"", b"no video at all"])
def test_what_is_no_video_is_refused(tmp_path, content) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(content)
    with pytest.raises(UserError, match=r"clip\.mp4: not a video that can be opened"):
        read_outline(file)


def test_a_video_that_changed_or_is_gone_is_a_picture_error(film) -> None:
    file = film()
    frames = whole(file)
    file.unlink()
    with pytest.raises(PictureError, match=r"clip\.mp4: cannot be read"):
        frames.read(0)
    with pytest.raises(PictureError, match=r"clip\.mp4: cannot be read"):
        frames.fingerprint()
    file.write_bytes(b"something else")
    with pytest.raises(PictureError, match=r"clip\.mp4: not a video"):
        frames.read(0)


def test_a_shorter_or_smaller_video_than_was_found_is_a_picture_error(film) -> None:
    file = film()
    with pytest.raises(PictureError, match="has 40 frames, so frame 41 is missing"):
        VideoFrames(file=file, size=(64, 48), start=0, count=50).read(41)
    with pytest.raises(PictureSizeError, match="frame 3 is 64×48 px, the first is 32×24"):
        VideoFrames(file=file, size=(32, 24), start=0, count=40).read(3)


def test_reading_on_seeks_never_and_reading_elsewhere_once(film, monkeypatch) -> None:
    file = film(options=B_FRAMES)
    decoder = FrameDecoder(file)
    entered: list[int] = []
    enter = FrameDecoder._enter
    monkeypatch.setattr(
        FrameDecoder,
        "_enter",
        lambda self, entry, number: entered.append(entry) or enter(self, entry, number),
    )
    for index in range(40):
        decoder.read(index)
    assert entered == []
    for index in (14, 16, 18, 33, 5):
        decoder.read(index)
    assert entered == [10, 30, 0]
    decoder.close()


def test_few_videos_stay_open(film) -> None:
    pool = DecoderPool(2)
    files = [film(f"{name}.mp4") for name in "abc"]
    for index in range(6):
        pool.read(files[index % 3], index)
        assert len(pool) <= 2
    assert OPEN <= 8


def test_a_decoder_that_failed_is_not_used_again(film, number) -> None:
    file = film()
    pool = DecoderPool(2)
    pool.read(file, 30)
    with pytest.raises(PictureError):
        pool.read(file, 99)
    assert len(pool) == 0
    assert number(pool.read(file, 2)) == 2


def test_it_pickles_small_and_a_worker_reads_the_same(film, number) -> None:
    frames = whole(film())
    frames.read(20)
    assert len(pickle.dumps(frames)) < 500
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        (picture,) = pool.map(frames.read, [21])
    assert number(picture) == 21


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_shares_no_decoder(film) -> None:
    frames = whole(film())
    frames.read(10)
    before = decoders()
    with multiprocessing.get_context("fork").Pool(2) as pool:
        pictures = pool.map(frames.read, range(11, 40))
    for index, picture in enumerate(pictures, 11):
        np.testing.assert_array_equal(picture, frames.read(index))
    assert decoders() is before


def test_the_fingerprint_tells_parts_and_changes_apart(film) -> None:
    file = film()
    one = VideoFrames(file=file, size=(64, 48), start=0, count=10)
    texts = {one.fingerprint(), VideoFrames(file=file, size=(64, 48), start=1, count=10).fingerprint()}
    assert one.fingerprint() in texts
    os.utime(file, (1, 1))
    texts.add(one.fingerprint())
    assert len(texts) == 3


def test_only_reading_loads_the_decoder() -> None:
    code = (
        "import sys, tracknet_core.data.video.frames\n"
        "print(sorted({'torch', 'numpy', 'cv2', 'av'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_an_outline_of_a_whole_mp4_reads_no_index(film, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(file: Path) -> None:
        raise AssertionError(file)

    file = film(options=B_FRAMES)
    monkeypatch.setattr("tracknet_core.data.video.index.frame_index", fail)
    outline = read_outline(file)
    assert (outline.frames, outline.fps) == (40, 30)
