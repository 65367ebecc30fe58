from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from tracknet_core.data.formats.video_csv import VIDEO_CSV

CSV = "game1/rally1_ball.csv"


@pytest.fixture
def root(sample: Callable[[str], Path]) -> Path:
    return sample("video-csv")


def test_a_video_in_the_root_is_a_game_of_its_own(root, scan) -> None:
    clips, _ = scan(VIDEO_CSV, root)
    assert [(clip.game, clip.name) for clip in clips] == [("final", "final"), ("game1", "game1/rally1")]
    assert [clip.fps for clip in clips] == [25, 25]


def test_a_corrected_prediction_reads_as_labels(root, scan) -> None:
    text = (root / CSV).read_text().replace("2,0,,,0.01,,0.08", "2,3,11,14,0.01,,0.08")
    (root / CSV).write_text(text)
    clips, faults = scan(VIDEO_CSV, root)
    assert faults == []
    assert clips[1].visibility.tolist() == [1, 1, 3, 1]
    assert clips[1].xy[2].tolist() == [11, 14]


def test_a_prediction_of_a_part_is_a_clip_of_that_part(root, scan) -> None:
    header, *rows = (root / CSV).read_text().splitlines()
    (root / CSV).write_text("\n".join([header, *rows[1:3]]))
    clips, _ = scan(VIDEO_CSV, root)
    assert (clips[1].frames.start, len(clips[1])) == (1, 2)


def test_diameters_are_a_further_column(root, scan, tmp_path) -> None:
    (clip, _), _ = scan(VIDEO_CSV, root)
    assert clip.diameter is None
    sized = evolve(clip, diameter=np.array([4.5, np.nan, np.nan, 7.0]))
    VIDEO_CSV.write([sized], tmp_path / "out")
    written = (tmp_path / "out/final_ball.csv").read_text()
    assert written == "Frame,Visibility,X,Y,Diameter\n0,1,5,10,4.5\n1,1,8,12,\n2,0,,,\n3,1,14.5,16,7\n"
    ((again,), _) = scan(VIDEO_CSV, tmp_path / "out")
    np.testing.assert_array_equal(again.diameter, sized.diameter)


def test_the_video_is_copied_with_its_ending(root, scan, tmp_path) -> None:
    clips, _ = scan(VIDEO_CSV, root)
    VIDEO_CSV.write(clips, tmp_path / "out")
    assert (tmp_path / "out/final.mkv").read_bytes() == (root / "final.mkv").read_bytes()
    names = sorted(str(file.relative_to(tmp_path / "out")) for file in (tmp_path / "out").rglob("*.*"))
    assert names == ["final.mkv", "final_ball.csv", "game1/rally1.mp4", "game1/rally1_ball.csv"]


FAULTS = {
    "no video": (
        lambda root: (root / "game1/rally1.mp4").unlink(),
        f"{CSV}: has no video beside it, such as rally1.mp4. Add it, or move the CSV away.",
    ),
    "no table": (
        lambda root: (root / CSV).write_text("a,b\n1,2\n"),
        f"{CSV}:1: has columns a, b. Needed are",
    ),
    "a position that is none": (
        lambda root: (root / CSV).write_text("Frame,Visibility,X,Y\n0,1,5,\n"),
        f"{CSV}:2: visibility is 1, but a coordinate is missing. Write both coordinates, or visibility 0.",
    ),
    "a diameter that is none": (
        lambda root: (root / CSV).write_text("Frame,Visibility,X,Y,Diameter\n0,1,5,5,-1\n"),
        f"{CSV}:2: diameter is -1. Write the ball's in px, or leave it empty.",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_told_in_one_line(root, scan, spoil, expected) -> None:
    spoil(root)
    clips, ((name, text),) = scan(VIDEO_CSV, root)
    assert ([clip.name for clip in clips], name) == (["final"], "game1/rally1")
    assert expected in text
