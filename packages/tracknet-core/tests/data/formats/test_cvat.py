from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.data.formats.cvat import CVAT
from tracknet_core.data.formats.cvat_ball import ball_frames, ball_shapes
from tracknet_core.data.formats.cvat_xml import read_annotations, write_annotations
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.video.frames import VideoFrames

XML = "game1/rally1.xml"
NAN = [None, None]


@pytest.fixture
def root(sample: Callable[[str], Path]) -> Path:
    return sample("cvat")


@pytest.fixture
def label(root: Path, scan) -> Callable[..., tuple[list[int], list[list[float | None]]]]:
    """Replace the tracks of one file: visibility and positions of the 4 frames, None for nan."""

    def relabel(*tracks: str, head: str = "") -> tuple[list[int], list[list[float | None]]]:
        text = f"<annotations>{head}\n" + "\n".join(tracks) + "\n</annotations>\n"
        (root / XML).write_text(text)
        clips, faults = scan(CVAT, root)
        assert faults == []
        xy = [[None if np.isnan(value) else value for value in row] for row in clips[0].xy.tolist()]
        return clips[0].visibility.tolist(), xy

    return relabel


def points(frame: int, xy: str = "10.5,20.5", *, inner: str = "", **flags: int) -> str:
    flags = {"outside": 0, "occluded": 0, "keyframe": 1} | flags
    written = " ".join(f'{key}="{value}"' for key, value in flags.items())
    return f'<points frame="{frame}" points="{xy}" {written} z_order="0">{inner}</points>'


def seen(value: int) -> str:
    return f'<attribute name="visibility">{value}</attribute>'


def track(*shapes: str, label: str = "ball", id: int = 0) -> str:
    return f'<track id="{id}" label="{label}">\n' + "\n".join(shapes) + "\n</track>"


def test_an_xml_lies_beside_its_video_or_its_pictures(root, scan) -> None:
    clips, _ = scan(CVAT, root)
    assert [(clip.game, type(clip.frames), clip.fps) for clip in clips] == [
        ("game1", VideoFrames, 25),
        ("game1", PictureFolder, None),
    ]


def test_coordinates_lose_the_half_pixel_that_cvat_counts_from_the_edge(label) -> None:
    assert label(track(points(0, "0,0"), points(1, "63.99,47.99"), points(2, "8.25,9")))[1] == [
        [-0.5, -0.5],
        [63.49, 47.49],
        [7.75, 8.5],
        NAN,
    ]


def test_a_rectangle_counts_by_its_centre(label) -> None:
    box = '<box frame="1" outside="0" occluded="0" keyframe="1" xtl="10" ytl="20" xbr="15" ybr="24.5"/>'
    assert label(track(box)) == ([0, 1, 0, 0], [NAN, [12.0, 21.75], NAN, NAN])


def test_between_keyframes_the_ball_moves_in_a_straight_line_and_after_the_last_there_is_none(label) -> None:
    visibility, xy = label(track(points(0, "10.5,20.5"), points(2, "20.5,10.5")))
    assert visibility == [1, 1, 1, 0]
    assert xy == [[10, 20], [15, 15], [20, 10], NAN]


def test_an_outside_shape_lasts_until_the_next(label) -> None:
    assert label(track(points(0), points(1, outside=1), points(3)))[0] == [1, 0, 0, 1]


def test_a_ball_moves_on_until_the_shape_that_is_outside(label) -> None:
    assert label(track(points(0), points(3, outside=1)))[0] == [1, 1, 1, 0]


def test_occluded_is_hidden_and_the_attribute_tells_the_rest(label) -> None:
    shapes = (
        points(0, inner=seen(2)),
        points(1, occluded=1, inner=seen(1)),
        points(2, outside=1, inner=seen(3)),
        points(3, inner=seen(1)),
    )
    visibility, xy = label(track(*shapes))
    assert visibility == [2, 3, 3, 1]
    assert xy == [[10, 20], [10, 20], NAN, [10, 20]]


def test_other_attributes_do_not_matter(label) -> None:
    inner = '<attribute name="used_in_game">0</attribute>'
    assert label(track(points(0, inner=inner + seen(2) + inner)))[0] == [2, 0, 0, 0]


def test_tracks_of_one_ball_join(label) -> None:
    first, second = track(points(0), points(1, outside=1)), track(points(2), points(3), id=1)
    assert label(first, second)[0] == [1, 0, 1, 1]


def test_the_ball_is_the_label_called_so_or_the_only_one(label) -> None:
    assert label(track(points(0), label="player"), track(points(1), label="Ball", id=1))[0] == [0, 1, 0, 0]
    assert label(track(points(2), label="shuttlecock"))[0] == [0, 0, 1, 0]


def test_a_task_of_a_part_is_a_clip_of_that_part(root, scan) -> None:
    head = "<meta><job><start_frame>1</start_frame><stop_frame>2</stop_frame></job></meta>"
    (root / XML).write_text(f"<annotations>{head}{track(points(1), points(2))}</annotations>")
    clips, faults = scan(CVAT, root)
    assert faults == []
    assert (clips[0].frames.start, clips[0].visibility.tolist()) == (1, [1, 1])


OTHER_SIZE = "<original_size>\n<width>1280</width><height>720</height></original_size>"
FAULTS = {
    "not XML": ("<annotations>\n<track>", ":2: is not XML (no element found). Export it again."),
    "empty": ("", ":1: is not XML (no element found)."),
    "unknown encoding": ('<?xml version="1.0" encoding="odd"?><annotations/>', ":1: is not XML ("),
    "something else": ("\n<svg/>", ":2: is no CVAT file. Export the task as"),
    "images": (
        '<annotations>\n<image id="0"/></annotations>',
        ':2: is "CVAT for images". Export the task as',
    ),
    "a project": (
        "<annotations><meta>\n<project/></meta></annotations>",
        ":2: is the export of a whole project. Export each of its tasks alone.",
    ),
    "entities": (
        '\n<!DOCTYPE x [<!ENTITY a "b"><!ENTITY c "&a;&a;">]><annotations>&c;</annotations>',
        ":2: has a DOCTYPE, which CVAT does not write.",
    ),
    "no track": ("<annotations></annotations>", ": has no track. Label the ball as a track"),
    "no ball": (
        f"<annotations>{track(points(0), label='a')}{track(points(0), label='b')}</annotations>",
        ": has tracks of a, b. Call the ball's label 'ball'.",
    ),
    "a polygon": (
        f"<annotations>\n{track('<polygon/>')}</annotations>",
        ":3: is a polygon. Label the ball with a point or a rectangle.",
    ),
    "two points": (
        f"<annotations>\n{track(points(0, '1,2;3,4'))}</annotations>",
        ":3: points is '1,2;3,4', not one point.",
    ),
    "no number": (
        f"<annotations>\n{track(points(0, '1,x'))}</annotations>",
        ":3: points is 'x', not a number.",
    ),
    "nan": (
        f"<annotations>\n{track(points(0, '1,nan'))}</annotations>",
        ":3: points is 'nan', not a number.",
    ),
    "frame": (
        f"<annotations>\n{track(points(-1))}</annotations>",
        ":3: frame is '-1', not a whole number.",
    ),
    "flag": (
        f"<annotations>\n{track(points(0, outside=2))}</annotations>",
        ":3: outside is '2'. Write 0 or 1.",
    ),
    "visibility": (
        f"<annotations>\n{track(points(0, inner=seen(4)))}</annotations>",
        ":3: visibility is '4'. Write 0 (none), 1 (clear), 2 (hard to see) or 3 (hidden).",
    ),
    "a frame twice": (
        f"<annotations>\n{track(points(0), points(0))}</annotations>",
        ":4: frame 0 was already in line 3. Keep one shape a frame in a track.",
    ),
    "two balls": (
        f"<annotations>\n{track(points(0))}\n{track(points(0))}</annotations>",
        ":6: is a second ball in frame 0, after line 3. Keep one.",
    ),
    "a frame that is not there": (
        f"<annotations>\n{track(points(0), points(9))}</annotations>",
        ":4: is about frame 9, but there are frames 0 to 3. Delete it, or restore the frames.",
    ),
    "outside the picture": (
        f"<annotations>\n{track(points(0, '64.1,3'))}</annotations>",
        ":3: (63.6, 2.5) lies outside the picture of 64×48 px.",
    ),
    "other pictures": (
        f"<annotations><meta><task>{OTHER_SIZE}</task></meta></annotations>",
        ":2: is about pictures of 1280×720 px, but these have 64×48.",
    ),
    "more frames": (
        "<annotations><meta><task>\n<stop_frame>4</stop_frame></task></meta></annotations>",
        ":2: is about frames 0 to 4, but there are 4. Restore the frames that were labelled.",
    ),
    "every other frame": (
        "<annotations><meta><task>\n<frame_filter>step=2</frame_filter></task></meta></annotations>",
        ":2: is about some frames only (frame filter step=2). Label a task of all frames.",
    ),
}


@pytest.mark.parametrize(("text", "expected"), FAULTS.values(), ids=FAULTS.keys())
def test_faults_are_told_in_one_line(root, scan, text, expected) -> None:
    (root / XML).write_text(text)
    clips, ((name, told),) = scan(CVAT, root)
    assert ([clip.name for clip in clips], name) == (["game1/rally2"], "game1/rally1")
    assert told.startswith(XML + expected)
    assert "\n" not in told


def test_media_are_needed_once(root, scan) -> None:
    (root / "game1/rally1.mp4").rename(root / "game1/rally2.mp4")
    clips, faults = scan(CVAT, root)
    assert clips == []
    assert faults[0][1].startswith(
        f"{XML}: has neither a video, rally1.mp4, nor pictures, rally1/, beside it."
    )
    assert faults[1][1].startswith("game1/rally2.xml: has a video and a folder of pictures.")


def test_pictures_that_cvat_may_have_ordered_otherwise_are_refused(root, scan) -> None:
    for number, name in enumerate(("8.png", "9.png", "10.png", "11.png")):
        (root / f"game1/rally2/frame_{number:06d}.png").rename(root / "game1/rally2" / name)
    _, ((name, told),) = scan(CVAT, root)
    assert name == "game1/rally2"
    assert told.startswith("game1/rally2: its pictures are in one order by number and in another by letter")


def test_a_giant_gap_costs_neither_time_nor_memory(root, scan) -> None:
    (root / XML).write_text(f"<annotations>{track(points(0), points(10**15, outside=1))}</annotations>")
    clips, faults = scan(CVAT, root)
    assert (faults, clips[0].visibility.tolist()) == ([], [1, 1, 1, 1])


coordinate = st.floats(-0.5, 4000, allow_subnormal=False).filter(
    lambda value: value == 0 or abs(value) > 1e-9
)
labels = st.lists(
    st.one_of(
        st.just((0, (np.nan, np.nan))),
        st.just((3, (np.nan, np.nan))),
        st.tuples(st.integers(1, 3), st.tuples(coordinate, coordinate)),
    ),
    min_size=1,
    max_size=12,
)


@given(labels=labels, first=st.integers(0, 5))
def test_what_is_written_reads_back_bit_by_bit(tmp_path_factory, labels, first) -> None:
    file = tmp_path_factory.mktemp("cvat") / "rally.xml"
    visibility = np.array([each for each, _ in labels], np.uint8)
    xy = np.array([place for _, place in labels])
    last = first + len(labels) - 1
    write_annotations(
        file, ball_shapes(visibility, xy, first), name="<a & b>", first=first, last=last, size=(4001, 4001)
    )
    annotations = read_annotations(file)
    assert annotations.number("start_frame") == first
    found = ball_frames(annotations, first, len(labels))
    np.testing.assert_array_equal(found.visibility, visibility)
    np.testing.assert_array_equal(found.xy, xy)
