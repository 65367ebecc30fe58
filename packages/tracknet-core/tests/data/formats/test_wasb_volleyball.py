from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from attrs import evolve

from tracknet_core.data.formats.wasb_volleyball import WASB_VOLLEYBALL

LINES = "volleyball_ball_annotation/4/24855.txt"
PICTURES = "videos/4/24855"


@pytest.fixture
def root(sample: Callable[[str], Path]) -> Path:
    return sample("wasb-volleyball")


def test_lines_are_about_pictures_in_the_order_of_their_numbers(root, scan) -> None:
    (clip,), _ = scan(WASB_VOLLEYBALL, root)
    assert [clip.frames.name(index) for index in range(len(clip))] == ["9.jpg", "10.jpg", "11.jpg", "12.jpg"]
    assert (clip.game, clip.split, clip.fps) == ("4", None, None)


@pytest.mark.parametrize(
    "text",
    [
        "5 10\r\n8 12\r\n0 0\r\n14.5 16",
        "\ufeff5 10\n8 12\n0.0 0\n1.45e1 16\n\n",
        "5 10 1\n8 12 1\n0 0 0\n14.5 16 1\n",
    ],
    ids=["CRLF", "BOM and blank end", "further numbers"],
)
def test_spellings_of_the_same_lines(root, scan, text) -> None:
    (root / LINES).write_bytes(text.encode())
    (clip,), faults = scan(WASB_VOLLEYBALL, root)
    assert faults == []
    assert clip.visibility.tolist() == [1, 1, 0, 1]
    np.testing.assert_array_equal(clip.xy, [(5, 10), (8, 12), (np.nan, np.nan), (14.5, 16)])


FAULTS = {
    "more lines than pictures": (
        lambda root: (root / LINES).write_text("5 10\n" * 7),
        f"{LINES}:6: is a position for picture 6, but {PICTURES} has 5. Delete the line, or restore",
    ),
    "no number": (
        lambda root: (root / LINES).write_text("5 10\nleft 4\n"),
        f"{LINES}:2: is 'left 4', not a position. Write `x y`, or `0 0` for no ball.",
    ),
    "half a position": (
        lambda root: (root / LINES).write_text("5 10\n7\n"),
        f"{LINES}:2: is '7', not a position.",
    ),
    "digits in groups": (
        lambda root: (root / LINES).write_text("1_0 4\n"),
        f"{LINES}:1: is '1_0 4', not a position.",
    ),
    "nan": (lambda root: (root / LINES).write_text("nan 3\n"), f"{LINES}:1: is 'nan 3', not a position."),
    "a blank line in between": (
        lambda root: (root / LINES).write_text("5 10\n\n8 12\n"),
        f"{LINES}:2: is '', not a position.",
    ),
    "empty": (lambda root: (root / LINES).write_text(""), f"{LINES}: is empty. Write a line"),
    "outside the picture": (
        lambda root: (root / LINES).write_text("5 10\n5 48\n"),
        f"{LINES}:2: (5, 48) lies outside the picture of 64×48 px.",
    ),
    "no lines": (lambda root: (root / LINES).unlink(), f"{LINES}: is missing. Add it, or move the folder"),
    "no pictures": (
        lambda root: [file.unlink() for file in (root / PICTURES).iterdir()],
        f"{PICTURES}: has no pictures (.jpg). Add them, or move",
    ),
    "not text": (
        lambda root: (root / LINES).write_bytes(b"\xff\xfe\x00"),
        f"{LINES}: cannot be read as text",
    ),
}


@pytest.mark.parametrize(("spoil", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_told_in_one_line(root, scan, spoil, expected) -> None:
    spoil(root)
    clips, ((name, text),) = scan(WASB_VOLLEYBALL, root)
    assert (clips, name) == ([], "4/24855")
    assert expected in text


def test_what_is_written_is_what_wasb_reads(root, scan, tmp_path) -> None:
    (clip,), _ = scan(WASB_VOLLEYBALL, root)
    hidden = evolve(clip, visibility=np.array([3, 2, 0, 1], np.uint8))
    WASB_VOLLEYBALL.write([hidden], tmp_path / "out")
    assert (tmp_path / "out" / LINES).read_bytes() == b"0 0\n8 12\n0 0\n14.5 16\n"
    names = sorted(file.name for file in (tmp_path / "out" / PICTURES).iterdir())
    assert names == ["0.jpg", "1.jpg", "2.jpg", "3.jpg"]
