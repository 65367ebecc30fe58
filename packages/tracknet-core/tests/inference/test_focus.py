"""Regions and tiles: what the model sees of the picture, and where its answers lie in it."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import PreprocessConfig
from tracknet_core.inference.focus import OVERLAP, Focus, Region, merge, parse_region, parse_tiles

SMALL = PreprocessConfig(resize=(64, 32))


def covered(focus: Focus, size: tuple[int, int]) -> NDArray[np.int64]:
    """How many views see each pixel, ``[H, W]``."""
    count = np.zeros(size[::-1], np.int64)
    for view in focus.views(size, SMALL):
        width, height = view.picture.source
        assert view.left >= 0
        assert view.upper >= 0
        assert view.left + width <= size[0]
        assert view.upper + height <= size[1]
        count[view.upper : view.upper + height, view.left : view.left + width] += 1
    return count


def test_without_region_and_tiles_it_is_the_whole_picture() -> None:
    (view,) = Focus().views((1280, 720), SMALL)
    assert (view.left, view.upper, view.picture.source) == (0, 0, (1280, 720))


@given(
    width=st.integers(12, 2000),
    height=st.integers(12, 2000),
    columns=st.integers(1, 6),
    rows=st.integers(1, 6),
)
def test_tiles_cover_every_pixel_and_are_of_one_size(
    width: int, height: int, columns: int, rows: int
) -> None:
    focus = Focus(tiles=(columns, rows))
    assert (covered(focus, (width, height)) >= 1).all()
    views = focus.views((width, height), SMALL)
    assert len(views) == columns * rows
    assert len({view.picture.source for view in views}) == 1


@given(length=st.integers(100, 4000), parts=st.integers(2, 6))
def test_neighbours_share_an_eighth_of_their_side(length: int, parts: int) -> None:
    views = Focus(tiles=(parts, 1)).views((length, 10), SMALL)
    side = views[0].picture.source[0]
    shared = [left.left + side - right.left for left, right in pairwise(views)]
    assert np.abs(np.array(shared) - OVERLAP * side).max() <= parts
    assert views[0].left == 0
    assert views[-1].left + side == length


def test_tiles_of_a_region_stay_within_it() -> None:
    seen = covered(Focus(region=(100, 50, 300, 200), tiles=(3, 2)), (640, 360))
    assert (seen[50:250, 100:400] >= 1).all()
    seen[50:250, 100:400] = 0
    assert not seen.any()


@given(
    region=st.tuples(st.integers(0, 500), st.integers(0, 300), st.integers(1, 140), st.integers(1, 60)),
    fit=st.sampled_from(["stretch", "letterbox"]),
    tiles=st.tuples(st.integers(1, 3), st.integers(1, 3)),
    place=st.tuples(st.floats(-0.5, 639.5), st.floats(-0.5, 359.5)),
)
def test_coordinates_are_those_of_the_whole_picture(
    region: Region, fit: Any, tiles: tuple[int, int], place: tuple[float, float]
) -> None:
    tiles = min(tiles[0], region[2]), min(tiles[1], region[3])
    xy = np.array([place])
    for view in Focus(region=region, tiles=tiles).views(
        (640, 360), PreprocessConfig(resize=(64, 32), fit=fit)
    ):
        inside = view.picture.to_target(xy - np.array([view.left, view.upper]))
        assert view.to_source(inside) == pytest.approx(xy)


def test_the_model_sees_the_very_pixels_of_the_region() -> None:
    image = np.random.default_rng(0).integers(0, 255, (60, 100, 3)).astype(np.uint8)
    (view,) = Focus(region=(20, 10, 64, 32)).views((100, 60), SMALL)
    seen = view.warp(image)
    assert (seen == image[10:42, 20:84]).all()
    assert seen.base is None, "the whole picture is not kept alive by a part of it"


@pytest.mark.parametrize(
    "region",
    [(-1, 0, 10, 10), (0, -1, 10, 10), (0, 0, 641, 10), (600, 0, 41, 10), (0, 0, 0, 10), (0, 359, 9, 2)],
)
def test_a_region_outside_the_picture_is_refused(region: Region) -> None:
    with pytest.raises(UserError, match=r"--region .*does not lie in match.mp4, which is 640×360"):
        Focus(region=region).require_within((640, 360), "match.mp4")


@pytest.mark.parametrize("tiles", [(0, 1), (1, -1), (641, 1)])
def test_tiles_that_cannot_be_cut_are_refused(tiles: tuple[int, int]) -> None:
    with pytest.raises(UserError, match="cannot be cut"):
        Focus(tiles=tiles).views((640, 360), SMALL)


def test_what_is_written() -> None:
    assert parse_region("10,20,300,400") == (10, 20, 300, 400)
    assert parse_tiles("3x2") == (3, 2)
    for text in ("", "1,2,3", "1,2,3,4,5", "a,b,c,d", "1.5,2,3,4"):
        with pytest.raises(UserError, match="is not a region"):
            parse_region(text)
    for text in ("", "3", "3x", "2x2x2", "3,2"):
        with pytest.raises(UserError, match="are no tiles"):
            parse_tiles(text)


class TestMerge:
    LEFT, RIGHT = Focus(tiles=(2, 1)).views((200, 100), SMALL)  # they share columns 93 to 106

    def test_a_ball_in_the_overlap_counts_once_where_it_is_seen_whole(self) -> None:
        left = np.array([[104.0, 50.0], [10.0, 10.0], [np.nan, np.nan]]), np.array([0.9, 0.3, 0.0])
        right = np.array([[103.0, 51.0], [190.0, 10.0]]), np.array([0.6, 0.5])
        xy, score = merge([self.LEFT, self.RIGHT], [left[0], right[0]], [left[1], right[1]], near=4.0)
        assert xy.tolist() == [[103.0, 51.0], [190.0, 10.0], [10.0, 10.0]]
        assert score.tolist() == [0.9, 0.5, 0.3]

    def test_neighbours_in_one_tile_are_two_candidates(self) -> None:
        places, scores = [np.array([[50.0, 50.0], [52.0, 50.0]])], [np.array([0.9, 0.8])]
        assert len(merge([self.LEFT], places, scores, near=4.0)[0]) == 2

    def test_those_further_apart_are_two_candidates(self) -> None:
        places, scores = [np.array([[98.0, 50.0]]), np.array([[102.1, 50.0]])], [np.ones(1), np.ones(1)]
        assert len(merge([self.LEFT, self.RIGHT], places, scores, near=4.0)[0]) == 2
        assert len(merge([self.LEFT, self.RIGHT], places, scores, near=4.2)[0]) == 1

    def test_nothing_seen(self) -> None:
        nothing = [np.full((5, 2), np.nan)] * 2
        xy, score = merge([self.LEFT, self.RIGHT], nothing, [np.zeros(5)] * 2, near=4.0)
        assert xy.shape == (0, 2)
        assert score.shape == (0,)


PLACES = [(30.0 + 58 * number, 20.0 + 31 * number) for number in range(11)]


class TestFollowing:
    SIZE = (640, 360)

    def picture(self, x: float, y: float) -> NDArray[np.uint8]:
        rows, columns = np.ogrid[: self.SIZE[1], : self.SIZE[0]]
        image = np.zeros((self.SIZE[1], self.SIZE[0], 3), np.uint8)
        image[..., 1] = np.round(255 * np.exp(-((columns - x) ** 2 + (rows - y) ** 2) / 18))
        return image

    def source(self, film: Any, places: list[tuple[float, float]]) -> Any:
        from tracknet_core.inference.frames import Frame

        outer = self

        class Pictures:
            name = address = "pictures"
            size, fps, length, live = outer.SIZE, 30.0, len(places), False

            def __iter__(self) -> Any:
                for index, place in enumerate(places):
                    yield Frame(index=index, time=index / 30, image=outer.picture(*place))

        return Pictures()

    def test_a_ball_too_small_in_the_whole_picture_is_found_in_tiles(
        self, film: Any, green_predictor: Any
    ) -> None:
        predictor = green_predictor(frames=3, size=(64, 48))
        source = self.source(film, PLACES)
        assert all(point.xy is None for point in predictor.track(source)), "shrunk tenfold it is lost"
        points = list(predictor.track(source, tiles=(5, 4)))
        assert [point.frame for point in points] == list(range(11))
        for point, place in zip(points, PLACES, strict=True):
            assert point.xy == pytest.approx(place, abs=1.5)

    def test_a_region_finds_what_lies_in_it_alone(self, film: Any, green_predictor: Any) -> None:
        predictor = green_predictor(frames=1, size=(64, 48))
        places = [(100.0, 100.0), (500.0, 300.0)]
        points = list(predictor.track(self.source(film, places), region=(80, 80, 64, 48)))
        assert points[0].xy == pytest.approx(places[0], abs=0.6)
        assert points[1].xy is None

    def test_a_region_outside_is_refused(self, film: Any, green_predictor: Any) -> None:
        with pytest.raises(UserError, match="does not lie in"):
            next(green_predictor().track(self.source(film, PLACES), region=(0, 0, 641, 10)))


def test_more_tiles_than_memory_holds_are_refused() -> None:
    Focus(tiles=(8, 8)).require_within((3840, 2160))
    with pytest.raises(UserError, match=r"--tiles 100x100: are 10000 tiles.* Give at most 64\."):
        Focus(tiles=(100, 100)).require_within((3840, 2160))
