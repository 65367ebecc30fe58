"""What labels, names and the split tell without a picture."""

from collections.abc import Callable

import numpy as np
import pytest

from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.counts import count, count_by
from tracknet_core.data.doctor.findings import Kind
from tracknet_core.data.doctor.numbering import holes
from tracknet_core.data.doctor.positions import outside, without_position
from tracknet_core.data.doctor.scan_faults import of_scan
from tracknet_core.data.doctor.sheet import spread
from tracknet_core.data.doctor.twins import duplicates, games_on_two_sides

MakeClip = Callable[..., Clip]
LINE = [[10.0 * i, 50.0] for i in range(6)]


def test_labels_lie_in_the_picture_up_to_its_edge(clip_of: MakeClip) -> None:
    xy = [[-0.5, -0.5], [63.4, 47.4], [63.5, 10], [10, -0.6], [99, 99], [np.nan, np.nan]]
    clip = clip_of(xy, size=(64, 48), visibility=[1, 2, 1, 3, 0, 0])
    assert [found.frames for found in outside(clip)] == [(2,), (3,)]


def test_a_visible_ball_is_somewhere(clip_of: MakeClip) -> None:
    clip = clip_of([[1, 1], [np.nan, np.nan], [np.nan, np.nan], [np.nan, 3]], visibility=[1, 2, 3, 1])
    assert [found.frames for found in without_position(clip)] == [(1,), (3,)]


class Names:
    """Frames of these names."""

    size = (64, 48)

    def __init__(self, *names: str) -> None:
        self._names = names

    def __len__(self) -> int:
        return len(self._names)

    def name(self, index: int) -> str:
        return self._names[index]


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["0000.jpg", "0001.jpg", "0002.jpg", "0003.jpg"], []),
        (["0007.jpg", "0008.jpg", "0009.jpg"], []),
        (["a_3_000.png", "a_3_005.png", "a_3_010.png", "a_3_015.png"], []),
        (["0.png", "1.png", "2.png", "4.png", "5.png"], [(3, "1 frame is missing between 2.png and 4.png")]),
        (["0.png", "2.png", "4.png", "10.png"], [(3, "2 frames are missing between 4.png and 10.png")]),
        (
            ["frame 8", "frame 9", "frame 12", "frame 13"],
            [(2, "2 frames are missing between frame 9 and frame 12")],
        ),
        (["a.png", "b.png", "c.png"], []),
        (["3.png"], []),
        (["1.png", "20.png", "300.png", "4000.png"], []),
    ],
)
def test_holes_in_the_numbers(names: list[str], found: list[tuple[int, str]]) -> None:
    count = len(names)
    clip = Clip(
        game="game1",
        name="game1/Clip1",
        frames=Names(*names),  # type: ignore[arg-type]
        visibility=np.zeros(count, np.uint8),
        xy=np.full((count, 2), np.nan),
    )
    assert [(hole.frames[0], hole.message) for hole in holes(clip)] == found


def test_a_fault_of_the_scan_keeps_its_place_and_remedy() -> None:
    found = of_scan(
        "game1/Clip1", "data/Label.csv:3: (700, 5) lies outside the picture of 640×360 px. Correct it."
    )
    assert (found.kind, found.place) == (Kind.OUTSIDE, "data/Label.csv:3")
    assert (found.message, found.remedy) == ("(700, 5) lies outside the picture of 640×360 px", "Correct it.")
    assert str(found) == "data/Label.csv:3: (700, 5) lies outside the picture of 640×360 px. Correct it."


def test_words_that_nobody_knows_are_kept_as_they_are() -> None:
    found = of_scan("a", "it rains")
    assert (found.kind, found.place, found.message) == (Kind.LABEL_FILE, "", "it rains")


def test_a_layout_may_put_a_game_on_two_sides(clip_of: MakeClip) -> None:
    clips = [
        clip_of(LINE, name=name, split=split)
        for name, split in (
            ("m1/a", "train"),
            ("m1/b", "test"),
            ("m2/a", "train"),
            ("m2/b", "train"),
            ("m3/a", None),
        )
    ]
    (found,) = games_on_two_sides(clips)
    assert (found.kind, found.clip, found.message) == (Kind.LEAK, "m1", "is on the sides test and train")


@pytest.mark.parametrize(
    ("sides", "kind"),
    [
        ({"g1/a": "train", "g2/a": "test"}, Kind.LEAK),
        ({"g1/a": "train", "g2/a": "train"}, Kind.DUPLICATE),
        ({}, Kind.DUPLICATE),
    ],
)
def test_the_same_pictures_in_two_clips(clip_of: MakeClip, sides: dict[str, str], kind: Kind) -> None:
    clips = [clip_of(LINE, name="g1/a"), clip_of(LINE, name="g2/a"), clip_of(LINE, name="g3/a")]
    digests = [
        np.array(values, np.uint64) for values in ([1, 2, 3, 4, 5, 0], [9, 3, 4, 5, 8, 0], [1, 2, 7, 0, 0, 0])
    ]
    (found,) = duplicates(clips, digests, sides)
    assert (found.kind, found.clip) == (kind, "g2/a")
    assert found.message.startswith("3 of its 5 pictures are in g1/a too")


def test_counts(clip_of: MakeClip) -> None:
    clips = [
        clip_of([[0, 0], [3, 4], [3, 4], [np.nan, np.nan]], name="g1/a", size=(300, 400)),
        clip_of([[0, 0], [60, 80]], name="g2/a", visibility=[1, 2]),
        clip_of([[0, 0], [60, 80]], name="g2/b", visibility=[3, 1]),
    ]
    counts = count(clips)
    assert (counts.games, counts.clips, counts.frames, counts.by_visibility) == (2, 3, 8, (1, 5, 1, 1))
    assert counts.without_ball == pytest.approx(0.25)
    assert counts.speed == pytest.approx((1.0, 5.0, 81.0, 100.0))
    assert counts.speed_in_diagonals[-1] == pytest.approx(100 / np.hypot(1280, 720))
    assert counts.speed_histogram == (1, 0, 1, 0, 0, 0, 1)
    assert counts.sizes == {(300, 400): 4, (1280, 720): 4}
    assert {game: of_game.clips for game, of_game in count_by(clips, ["g1", "g2", None]).items()} == {
        "g1": 1,
        "g2": 1,
    }
    assert count([]).speed == ()


def test_a_sheet_shows_every_game_and_visibility(clip_of: MakeClip) -> None:
    clips = [
        clip_of(LINE * 10, name=f"g{game}/a", visibility=[0] + [1] * 57 + [2, 3]) for game in range(1, 4)
    ]
    shown = {(clip.game, int(clip.visibility[index])) for clip, index in spread(clips, 20)}
    assert shown == {(f"g{game}", visibility) for game in (1, 2, 3) for visibility in (0, 1, 2, 3)}
    assert len({(clip.name, index) for clip, index in spread(clips, 20)}) == 20
    assert len(spread(clips[:1], 100)) == 60
