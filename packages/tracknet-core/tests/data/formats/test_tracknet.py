import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.formats.tracknet import TRACKNET

HEADER = "file name,visibility,x-coordinate,y-coordinate,status"
ROWS = ["0000.jpg,1,5,10,0", "0001.jpg,1,8,12,0", "0002.jpg,0,,,"]


@pytest.fixture
def clip_folder(tiny_tracknet: Callable[..., Path]) -> Path:
    """One clip of three pictures of 64×48 px, labelled with ROWS."""
    return tiny_tracknet(games=1, frames=3) / "game1" / "Clip1"


def scan(root: Path) -> tuple[list[Clip], list[tuple[str, str]]]:
    faults: list[tuple[str, str]] = []
    return TRACKNET.scan(root, lambda clip, fault: faults.append((clip, fault))), faults


def scan_clip(folder: Path) -> tuple[Clip | None, list[str]]:
    """The clip, and its faults with the folder's path taken out."""
    clips, faults = scan(folder.parent.parent)
    assert {clip for clip, _ in faults} <= {"game1/Clip1"}
    return (clips[0] if clips else None), [fault.replace(str(folder), "CLIP") for _, fault in faults]


def relabel(folder: Path, *lines: str) -> None:
    (folder / "Label.csv").write_text("\n".join(lines) + "\n")


def test_clips_come_in_natural_order_with_their_labels(tiny_tracknet: Callable[..., Path]) -> None:
    clips, faults = scan(tiny_tracknet(games=11, clips=2, frames=3))
    assert faults == []
    assert [clip.name for clip in clips[:3]] == ["game1/Clip1", "game1/Clip2", "game2/Clip1"]
    assert clips[-1].game == "game11"
    clip = clips[0]
    assert (len(clip), clip.frames.size, clip.frames.name(2)) == (3, (64, 48), "0002.jpg")
    assert clip.visibility.tolist() == [1, 1, 0]
    np.testing.assert_array_equal(clip.xy, [[5, 10], [8, 12], [np.nan, np.nan]])
    assert clip.frames.read(0)[10, 5].min() > 200


def test_png_pictures_are_read_too(tiny_tracknet: Callable[..., Path]) -> None:
    clips, faults = scan(tiny_tracknet(games=1, suffix=".png"))
    assert (len(clips), faults) == (1, [])


@pytest.mark.parametrize(
    "lines",
    [
        ["\ufeff" + HEADER, *ROWS],
        [line + "\r" for line in (HEADER, *ROWS)],
        [HEADER, *reversed(ROWS)],
        [HEADER, ROWS[0], "", ROWS[1], ROWS[2], " , ,,,"],
        [
            "y-coordinate, Visibility ,file name,x-coordinate",
            "10,1,0000.jpg,5",
            "12,1,0001.jpg,8",
            ",0,0002.jpg,",
        ],
        [HEADER, "0000.jpg, 1, 5.0, 1e1, 0", '"0001.jpg","1",8,12,', "0002.jpg,0,0,0,"],
    ],
    ids=["BOM", "CRLF", "row order", "blank lines", "column order, no status", "spellings"],
)
def test_all_spellings_of_the_same_labels_are_accepted(clip_folder: Path, lines: list[str]) -> None:
    relabel(clip_folder, *lines)
    clip, faults = scan_clip(clip_folder)
    assert faults == []
    assert clip is not None
    assert clip.visibility.tolist() == [1, 1, 0]
    np.testing.assert_array_equal(clip.xy, [[5, 10], [8, 12], [np.nan, np.nan]])


def test_an_occluded_ball_may_have_a_position_or_none(clip_folder: Path) -> None:
    relabel(clip_folder, HEADER, "0000.jpg,3,5,10,0", "0001.jpg,3,,,", ROWS[2])
    clip, faults = scan_clip(clip_folder)
    assert faults == []
    assert clip is not None
    np.testing.assert_array_equal(clip.xy[:2], [[5, 10], [np.nan, np.nan]])


@pytest.mark.parametrize(("x", "y"), [("-0.5", "-0.5"), ("63.49", "47.49"), ("0", "47")])
def test_the_whole_of_the_outer_pixels_is_inside(clip_folder: Path, x: str, y: str) -> None:
    relabel(clip_folder, HEADER, f"0000.jpg,1,{x},{y},0", *ROWS[1:])
    assert scan_clip(clip_folder)[1] == []


FAULTY_LABELS = {
    "empty file": ([""], ["CLIP/Label.csv:1: is empty. The first line must be: " + HEADER + "."]),
    "no rows": ([HEADER], ["CLIP/Label.csv:1: has no rows. Write one for each picture."]),
    "missing columns": (
        ["file name,x-coordinate,status", "0000.jpg,5,0"],
        [f"CLIP/Label.csv:1: has no column 'visibility', 'y-coordinate'. The first line must be: {HEADER}."],
    ),
    "no header": (
        ROWS,
        [
            (
                "CLIP/Label.csv:1: has no column 'file name', 'visibility', 'x-coordinate', 'y-coordinate'. "
                f"The first line must be: {HEADER}."
            )
        ],
    ),
    "repeated column": (
        [HEADER + ",visibility"],
        [f"CLIP/Label.csv:1: has the column 'visibility' twice. The first line must be: {HEADER}."],
    ),
    "not a number": (
        [HEADER, "0000.jpg,1,left,10,0", *ROWS[1:]],
        ["CLIP/Label.csv:2: x-coordinate is 'left', not a number. Write a number, or leave it empty."],
    ),
    "nan": (
        [HEADER, "0000.jpg,1,5,nan,0", *ROWS[1:]],
        ["CLIP/Label.csv:2: y-coordinate is 'nan', not a number. Write a number, or leave it empty."],
    ),
    "visibility not a number": (
        [HEADER, "0000.jpg,yes,5,10,0", *ROWS[1:]],
        ["CLIP/Label.csv:2: visibility is 'yes', not a number. Write a number, or leave it empty."],
    ),
    "visibility outside 0 to 3": (
        [HEADER, "0000.jpg,4,5,10,0", *ROWS[1:]],
        ["CLIP/Label.csv:2: visibility is 4. Write 0 (none), 1 (clear), 2 (hard to see) or 3 (occluded)."],
    ),
    "no visibility": (
        [HEADER, "0000.jpg,,5,10,0", *ROWS[1:]],
        [
            (
                "CLIP/Label.csv:2: visibility is empty. "
                "Write 0 (none), 1 (clear), 2 (hard to see) or 3 (occluded)."
            )
        ],
    ),
    "visible without coordinates": (
        [HEADER, *ROWS[:2], "0002.jpg,2,,,"],
        [
            (
                "CLIP/Label.csv:4: visibility is 2, but a coordinate is missing. "
                "Write both coordinates, or visibility 0."
            )
        ],
    ),
    "half a position": (
        [HEADER, *ROWS[:2], "0002.jpg,3,5,,"],
        [
            (
                "CLIP/Label.csv:4: visibility is 3, but a coordinate is missing. "
                "Write both coordinates, or visibility 0."
            )
        ],
    ),
    "coordinates outside the picture": (
        [HEADER, ROWS[0], "0001.jpg,1,64,12,0", ROWS[2]],
        [
            (
                "CLIP/Label.csv:3: (64, 12) lies outside the picture of 64×48 px. "
                "Correct it, or write visibility 0."
            )
        ],
    ),
    "negative coordinates": (
        [HEADER, ROWS[0], "0001.jpg,3,8,-3,0", ROWS[2]],
        [
            (
                "CLIP/Label.csv:3: (8, -3) lies outside the picture of 64×48 px. "
                "Correct it, or write visibility 0."
            )
        ],
    ),
    "frame that does not exist": (
        [HEADER, *ROWS, "0003.jpg,1,5,10,0"],
        ["CLIP/Label.csv:5: 0003.jpg does not exist in CLIP. Restore the picture, or delete the row."],
    ),
    "frame that climbs out": (
        [HEADER, *ROWS, "../Clip1/0000.jpg,1,5,10,0"],
        [
            (
                "CLIP/Label.csv:5: '../Clip1/0000.jpg' points out of the clip's folder. "
                "Write the bare file name of a picture in it."
            )
        ],
    ),
    "frame with an absolute path": (
        [HEADER, *ROWS, "/etc/passwd,1,5,10,0"],
        [
            (
                "CLIP/Label.csv:5: '/etc/passwd' points out of the clip's folder. "
                "Write the bare file name of a picture in it."
            )
        ],
    ),
    "frame on another drive": (
        [HEADER, *ROWS, "C:0000.jpg,1,5,10,0"],
        [
            (
                "CLIP/Label.csv:5: 'C:0000.jpg' points out of the clip's folder. "
                "Write the bare file name of a picture in it."
            )
        ],
    ),
    "the folder above": (
        [HEADER, *ROWS, "..,1,5,10,0"],
        [
            (
                "CLIP/Label.csv:5: '..' points out of the clip's folder. "
                "Write the bare file name of a picture in it."
            )
        ],
    ),
    "row without a frame": (
        [HEADER, *ROWS, ",1,5,10,0"],
        ["CLIP/Label.csv:5: names no file. Write the picture's file name."],
    ),
    "duplicate row": (
        [HEADER, *ROWS, ROWS[0]],
        ["CLIP/Label.csv:5: 0000.jpg was already in line 2. Keep one row a frame."],
    ),
    "short row": (
        [HEADER, *ROWS[:2], "0002.jpg,0"],
        [
            (
                "CLIP/Label.csv:4: has 2 values for 5 columns. "
                "Leave unknown values empty, but keep their commas."
            ),
            (
                "CLIP/Label.csv:4: 1 picture has no row here, first 0002.jpg. "
                "Add a row (visibility 0 if there is no ball), or move the picture away."
            ),
        ],
    ),
    "pictures that no row names": (
        [HEADER, ROWS[1]],
        [
            (
                "CLIP/Label.csv:2: 2 pictures have no row here, first 0000.jpg. "
                "Add a row (visibility 0 if there is no ball), or move the picture away."
            )
        ],
    ),
    "unclosed quotation mark": (
        [HEADER, ROWS[0], '"0001.jpg,1,8,12,0', ROWS[2]],
        ["CLIP/Label.csv:4: is not a CSV (unexpected end of data). Look for an unclosed quotation mark."],
    ),
    "several at once": (
        [HEADER, "0000.jpg,7,5,10,0", "0001.jpg,1,x,12,0", ROWS[2]],
        [
            "CLIP/Label.csv:2: visibility is 7. Write 0 (none), 1 (clear), 2 (hard to see) or 3 (occluded).",
            "CLIP/Label.csv:3: x-coordinate is 'x', not a number. Write a number, or leave it empty.",
        ],
    ),
}


@pytest.mark.parametrize(("lines", "expected"), FAULTY_LABELS.values(), ids=FAULTY_LABELS.keys())
def test_faulty_labels_are_named_by_line_and_the_clip_left_out(
    clip_folder: Path, lines: list[str], expected: list[str]
) -> None:
    relabel(clip_folder, *lines)
    assert scan_clip(clip_folder) == (None, expected)


def _drop_labels(folder: Path) -> None:
    (folder / "Label.csv").unlink()


def _drop_pictures(folder: Path) -> None:
    for picture in folder.glob("*.jpg"):
        picture.unlink()


def _empty_first_picture(folder: Path) -> None:
    (folder / "0000.jpg").write_bytes(b"")


def _latin_1(folder: Path) -> None:
    (folder / "Label.csv").write_bytes(f"{HEADER}\n{ROWS[0]}\nclap\xe9.jpg,0,,,\n".encode("latin-1"))


FAULTY_FOLDERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "no labels": (_drop_labels, "CLIP: has no Label.csv. Add it, or move the folder away."),
    "no pictures": (
        _drop_pictures,
        "CLIP: has no pictures (.jpg or .png). Add them, or move the folder away.",
    ),
    "empty first picture": (
        _empty_first_picture,
        "CLIP/0000.jpg: cannot be read (an empty file). Restore it.",
    ),
    "not UTF-8": (_latin_1, "CLIP/Label.csv:3: is not UTF-8. Save the file as UTF-8."),
}


@pytest.mark.parametrize(("spoil", "expected"), FAULTY_FOLDERS.values(), ids=FAULTY_FOLDERS.keys())
def test_faulty_folders_are_named(clip_folder: Path, spoil: Callable[[Path], None], expected: str) -> None:
    spoil(clip_folder)
    assert scan_clip(clip_folder) == (None, [expected])


def test_a_faulty_clip_leaves_the_others_alone(tiny_tracknet: Callable[..., Path]) -> None:
    root = tiny_tracknet(games=2)
    _drop_labels(root / "game1" / "Clip1")
    clips, faults = scan(root)
    assert [clip.name for clip in clips] == ["game2/Clip1"]
    assert [name for name, _ in faults] == ["game1/Clip1"]


def test_what_is_no_game_is_passed_over(tiny_tracknet: Callable[..., Path]) -> None:
    root = tiny_tracknet(games=1)
    (root / "notes" / "drafts").mkdir(parents=True)
    (root / "game1" / ".cache").mkdir()
    (root / "game1" / "Clip1.mp4").write_bytes(b"a video beside the clip")
    clips, faults = scan(root)
    assert ([clip.name for clip in clips], faults) == (["game1/Clip1"], [])


def test_detection_looks_for_labels_two_levels_down(tiny_tracknet: Callable[..., Path]) -> None:
    root = tiny_tracknet(games=1)
    assert TRACKNET.detect(root)
    assert not TRACKNET.detect(root / "game1")
    assert not TRACKNET.detect(root / "absent")


class Rendered:
    """Frames that are not files."""

    size = (64, 48)

    def __len__(self) -> int:
        return 2

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> np.ndarray:
        picture = np.zeros((48, 64, 3), np.uint8)
        picture[..., 0] = 100 * index
        return picture

    def name(self, index: int) -> str:
        return str(index)

    def fingerprint(self) -> str:
        return "rendered"


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    xy = np.array([[1 / 3, 40.0], [5.0, 6.0]])
    clip = Clip(game="final", name="final/A", frames=Rendered(), visibility=np.array([2, 0], np.uint8), xy=xy)
    assert TRACKNET.write is not None
    TRACKNET.write([clip], tmp_path / "out")
    clips, faults = scan(tmp_path / "out")
    assert faults == []
    assert (clips[0].game, clips[0].name) == ("final", "final/A")
    assert clips[0].visibility.tolist() == [2, 0]
    np.testing.assert_array_equal(clips[0].xy, [xy[0], [np.nan, np.nan]])
    np.testing.assert_allclose(clips[0].frames.read(1)[5, 5], (100, 0, 0), atol=2)


def test_what_is_written_is_the_layouts_own_spelling(tmp_path: Path) -> None:
    xy = np.array([[599.0, 42.5], [5.0, 6.0]])
    clip = Clip(game="g", name="g/c", frames=Rendered(), visibility=np.array([1, 0], np.uint8), xy=xy)
    assert TRACKNET.write is not None
    TRACKNET.write([clip], tmp_path / "out")
    written = (tmp_path / "out" / "g" / "c" / "Label.csv").read_bytes().decode()
    assert written == f"{HEADER}\n0000.jpg,1,599,42.5,\n0001.jpg,0,,,\n"


def test_diameters_are_a_column_only_where_they_are_known(tmp_path: Path) -> None:
    clip = Clip(
        game="g",
        name="g/c",
        frames=Rendered(),
        visibility=np.array([1, 1], np.uint8),
        xy=np.array([[5.0, 6.0], [7.0, 8.0]]),
        diameter=np.array([6.25, np.nan]),
    )
    assert TRACKNET.write is not None
    TRACKNET.write([clip], tmp_path / "out")
    file = tmp_path / "out" / "g" / "c" / "Label.csv"
    assert file.read_text() == f"{HEADER},diameter\n0000.jpg,1,5,6,,6.25\n0001.jpg,1,7,8,,\n"
    (read,), _ = scan(tmp_path / "out")
    np.testing.assert_array_equal(read.diameter, [6.25, np.nan])
    file.write_text(f"{HEADER}\n0000.jpg,1,5,6,\n0001.jpg,1,7,8,\n")
    assert scan(tmp_path / "out")[0][0].diameter is None
    file.write_text(f"{HEADER},diameter\n0000.jpg,1,5,6,,0\n0001.jpg,1,7,8,,\n")
    assert "Label.csv:2: diameter is 0. Write the ball's in px" in scan(tmp_path / "out")[1][0][1]


def test_picture_files_are_copied_byte_for_byte(tmp_path: Path, tiny_tracknet: Callable[..., Path]) -> None:
    root = tiny_tracknet(games=1, suffix=".png")
    assert TRACKNET.write is not None
    TRACKNET.write(scan(root)[0], tmp_path / "out")
    for file in root.glob("*/*/*.png"):
        assert (tmp_path / "out" / file.relative_to(root)).read_bytes() == file.read_bytes()


def test_writing_never_mixes_with_what_is_there_and_leaves_nothing_half_done(
    tmp_path: Path, tiny_tracknet: Callable[..., Path]
) -> None:
    root = tiny_tracknet(games=1)
    clips = scan(root)[0]
    assert TRACKNET.write is not None
    with pytest.raises(UserError, match="exists and is not empty"):
        TRACKNET.write(clips, root)
    with pytest.raises(UserError, match="game1/Clip1: two clips have this name"):
        TRACKNET.write(clips * 2, tmp_path / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["data"]


def test_the_descriptor_imports_no_numpy_and_a_scan_no_opencv(tiny_tracknet: Callable[..., Path]) -> None:
    root = tiny_tracknet(games=1)
    script = f"""
import sys
from pathlib import Path
from tracknet_core.data.formats.tracknet import TRACKNET
assert not {{"numpy", "cv2", "torch"}} & sys.modules.keys()
assert TRACKNET.detect(Path({str(root)!r}))
assert len(TRACKNET.scan(Path({str(root)!r}), print)) == 1
assert not {{"cv2", "torch"}} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", script], check=True)
