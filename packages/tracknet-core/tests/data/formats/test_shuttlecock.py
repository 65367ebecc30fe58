import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tracknet_core.data.formats.shuttlecock import SHUTTLECOCK
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.video.frames import VideoFrames

CSV = "Professional/match1/csv/1_01_00_ball.csv"
VIDEO = "Professional/match1/video/1_01_00.mp4"
PICTURES = "Test/match1/frame/1_02_03"
HEADER = "Frame,Visibility,X,Y"


@pytest.fixture
def root(sample: Callable[[str], Path]) -> Path:
    return sample("shuttlecock")


def test_folders_say_the_side_and_tell_matches_of_one_name_apart(root, scan) -> None:
    clips, _ = scan(SHUTTLECOCK, root)
    assert [(clip.game, clip.split) for clip in clips] == [
        ("match9", "train"),
        ("Professional-match1", "train"),
        ("Test-match1", "test"),
    ]


def test_the_folders_of_tracknetv3_are_sides_too(root, scan) -> None:
    for old, new in (("Professional", "train"), ("Test", "val"), ("Amateur", "test")):
        (root / old).rename(root / new)
    clips, _ = scan(SHUTTLECOCK, root)
    assert {clip.split: clip.game for clip in clips} == {
        "train": "train-match1",
        "val": "val-match1",
        "test": "match9",
    }


def test_frames_come_from_the_video_where_there_are_no_pictures(root, scan) -> None:
    clips, _ = scan(SHUTTLECOCK, root)
    kinds = {clip.game: type(clip.frames) for clip in clips}
    assert kinds == {
        "match9": PictureFolder,
        "Professional-match1": VideoFrames,
        "Test-match1": PictureFolder,
    }
    assert {clip.game: clip.fps for clip in clips}["Professional-match1"] == 25


def test_what_follows_the_last_row_is_left_out_as_the_published_tools_do(root, scan) -> None:
    clips, _ = scan(SHUTTLECOCK, root)
    assert [len(clip) for clip in clips] == [4, 4, 4]  # of a video of 6 frames


def test_a_part_in_the_middle_keeps_its_numbers(root, scan, tmp_path) -> None:
    (root / CSV).write_text(f"{HEADER}\n3,1,14,16\n2,1,11,14\n4,0,,\n")
    clips, faults = scan(SHUTTLECOCK, root)
    assert faults == []
    assert (clips[1].frames.start, clips[1].xy[0].tolist()) == (2, [11, 14])
    assert clips[1].frames.read(0)[14, 11].min() > 200
    SHUTTLECOCK.write(clips, tmp_path / "out")
    written = (tmp_path / "out/train/Professional-match1/csv/1_01_00_ball.csv").read_text()
    assert written == f"{HEADER}\n2,1,11,14\n3,1,14,16\n4,0,0,0\n"


@pytest.mark.parametrize("name", ["{n}.png", "{n:05d}.png", "{n}.jpg"])
def test_pictures_are_found_by_their_numbers(root, scan, name) -> None:
    for n in range(4):
        (root / PICTURES / f"{n}.png").rename(root / PICTURES / name.format(n=n))
    (root / "Test/match1/csv/1_02_03_ball.csv").write_text(f"{HEADER}\n2,1,11,14\n3,1,14,16\n")
    clips, faults = scan(SHUTTLECOCK, root)
    assert faults == []
    assert clips[2].frames.name(0) == name.format(n=2)


FAULTS = {
    "a row left out": (
        lambda root: (root / CSV).write_text(f"{HEADER}\n0,1,5,10\n1,0,,\n3,1,14,16\n"),
        ("Professional-match1/1_01_00", f"{CSV}:3: leaves out frame 2. Add its row"),
    ),
    "more rows than frames": (
        lambda root: (root / CSV).write_text(f"{HEADER}\n" + "".join(f"{n},0,,\n" for n in range(8))),
        (
            "Professional-match1/1_01_00",
            f"{CSV}:8: is about frame 6, but {VIDEO} has frames 0 to 5. Delete the row, or restore",
        ),
    ),
    "rows after the end": (
        lambda root: (root / CSV).write_text(f"{HEADER}\n7,0,,\n"),
        ("Professional-match1/1_01_00", f"{CSV}:2: is about frame 7, but {VIDEO} has frames 0 to 5."),
    ),
    "a row twice": (
        lambda root: (root / CSV).write_text(f"{HEADER}\n0,0,,\n0,0,,\n"),
        ("Professional-match1/1_01_00", f"{CSV}:3: frame 0 was already in line 2."),
    ),
    "outside the picture": (
        lambda root: (root / CSV).write_text(f"{HEADER}\n0,1,5,10\n1,1,64,10\n"),
        ("Professional-match1/1_01_00", f"{CSV}:3: (64, 10) lies outside the picture of 64×48 px."),
    ),
    "a huge frame number": (
        lambda root: (root / CSV).write_text(f"{HEADER}\n1000000000000,0,,\n"),
        ("Professional-match1/1_01_00", f"{CSV}:2: frame is '1000000000000'. Frames count"),
    ),
    "no CSV": (
        lambda root: (root / CSV).unlink(),
        ("Professional-match1/1_01_00", f"{CSV}: is missing. Add it, or move the video and the pictures"),
    ),
    "neither video nor pictures": (
        lambda root: (root / VIDEO).unlink(),
        ("Professional-match1/1_01_00", f"{CSV}: has neither a video, video/1_01_00.mp4, nor pictures,"),
    ),
    "no video": (
        lambda root: (root / VIDEO).write_bytes(b"no video"),
        ("Professional-match1/1_01_00", f"{VIDEO}: not a video that can be opened"),
    ),
    "two videos": (
        lambda root: shutil.copy(root / VIDEO, (root / VIDEO).with_suffix(".mkv")),
        ("Professional-match1/1_01_00", "1_01_00.mp4 has the same name. Move one of them away."),
    ),
    "a picture missing": (
        lambda root: (root / PICTURES / "2.png").unlink(),
        (
            "Test-match1/1_02_03",
            f"Test/match1/csv/1_02_03_ball.csv:4: is about frame 2, but {PICTURES} has no 2.png.",
        ),
    ),
    "a first picture that is none": (
        lambda root: (root / PICTURES / "0.png").write_bytes(b""),
        ("Test-match1/1_02_03", f"{PICTURES}/0.png: cannot be read (an empty file). Restore it."),
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_told_in_one_line_and_the_clip_is_left_out(root, scan, spoil, expected) -> None:
    spoil(root)
    clips, faults = scan(SHUTTLECOCK, root)
    ((name, text),) = faults
    assert name == expected[0]
    assert expected[1] in text
    assert "\n" not in text
    assert len(clips) == 2


def test_clips_on_no_side_go_to_train(root, scan, tmp_path) -> None:
    from attrs import evolve

    clips = [evolve(clip, split=None) for clip in scan(SHUTTLECOCK, root)[0]]
    SHUTTLECOCK.write(clips, tmp_path / "out")
    assert [entry.name for entry in (tmp_path / "out").iterdir()] == ["train"]
