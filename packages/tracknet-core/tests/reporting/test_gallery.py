"""Pictures of hits and misses: the right frames, and the right part of them."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.clips import Clip
from tracknet_core.evaluation.matching import Outcome
from tracknet_core.reporting.gallery import WIDTH, Judged, choose, draw
from tracknet_core.tracking.track import TrackPoint

Judge = Callable[..., Judged]


@frozen
class Pictures:
    """Grey frames with one green pixel block where the ball is."""

    xy: NDArray[np.float64]
    size: tuple[int, int] = (320, 180)

    def __len__(self) -> int:
        return len(self.xy)

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        image = np.full((180, 320, 3), 60, np.uint8)
        x, y = self.xy[index].astype(int)
        image[y - 1 : y + 2, x - 1 : x + 2] = (0, 255, 0)
        return image


def judged(
    label: tuple[float, float],
    predicted: tuple[float, float] | None,
    outcome: Outcome = Outcome.TP,
    frame: int = 0,
) -> Judged:
    xy = np.array([label] * (frame + 1))
    clip = Clip(game="g", name="g/c", frames=Pictures(xy), visibility=np.ones(len(xy), np.uint8), xy=xy)  # type: ignore[arg-type]
    source = "detected" if predicted else None
    point = TrackPoint(frame=frame, xy=predicted, score=0.9, source=source)  # type: ignore[arg-type]
    return Judged(clip=clip, point=point, outcome=outcome, distance=float("nan"))


def frames_of(outcomes: Sequence[Outcome]) -> list[Judged]:
    return [judged((50, 50), (50, 50), outcome, frame) for frame, outcome in enumerate(outcomes)]


def test_a_few_of_each_outcome_spread_over_the_clips() -> None:
    chosen = choose(frames_of([Outcome.TP] * 11 + [Outcome.FN] * 4 + [Outcome.TN] * 5 + [Outcome.FP2]))
    assert [frame.point.frame for frame in chosen] == [0, 5, 10, 11, 13, 14, 20]


def test_nothing_to_choose_from() -> None:
    assert choose([]) == []


@pytest.mark.parametrize("label", [(160.0, 90.0), (3.0, 3.0), (316.0, 176.0)])
def test_the_ball_is_in_the_picture_with_both_rings(label: tuple[float, float]) -> None:
    picture = draw(judged(label, label)).astype(int)
    assert picture.shape[1] == WIDTH
    green = np.argwhere((picture[..., 1] > 200) & (picture[..., 0] < 80))
    white = np.argwhere((picture > 240).all(axis=-1))
    yellow = np.argwhere((picture[..., 0] > 200) & (picture[..., 1] > 150) & (picture[..., 2] < 90))
    for found in (white, yellow):
        assert len(found)
        assert np.linalg.norm(found - green.mean(axis=0), axis=1).min() < WIDTH / 16


def test_a_prediction_far_off_is_in_the_picture_too() -> None:
    picture = draw(judged((20.0, 20.0), (300.0, 160.0), Outcome.FP1)).astype(int)
    yellow = np.argwhere((picture[..., 0] > 200) & (picture[..., 1] > 150) & (picture[..., 2] < 90))
    assert len(yellow)
    assert ((picture[..., 1] > 200) & (picture[..., 0] < 80)).any()


def test_a_miss_shows_where_the_ball_was() -> None:
    picture = draw(judged((160.0, 90.0), None, Outcome.FN)).astype(int)
    assert (picture > 240).all(axis=-1).any()
    assert not ((picture[..., 0] > 200) & (picture[..., 2] < 90)).any()
