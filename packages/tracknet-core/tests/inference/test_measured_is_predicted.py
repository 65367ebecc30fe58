"""Measuring clips and predicting their videos give the same points."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.data.clips import Clip
from tracknet_core.evaluation.protocols import protocol_named
from tracknet_core.evaluation.run import measure
from tracknet_core.inference.predictor import Predictor
from tracknet_core.progress import Silent


class Pictures:
    """Frames of a ball that ``Film`` draws."""

    def __init__(self, film: Any, count: int) -> None:
        self.film, self.count, self.size = film, count, (64, 48)

    def __len__(self) -> int:
        return self.count

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        picture: NDArray[np.uint8] = self.film.green_ball(index)
        return picture

    def name(self, index: int) -> str:
        return str(index)

    def fingerprint(self) -> str:
        return str(self.count)


def clip(film: Any, count: int, late: int = 0) -> Clip:
    """A clip labelled with where its ball is, or was ``late`` frames before."""
    return Clip(
        game=f"game{count}",
        name=f"game{count}/Clip1",
        frames=Pictures(film, count),
        visibility=np.ones(count, np.uint8),
        xy=np.array([film.ball_at(max(0, frame - late)) for frame in range(count)], np.float64),
        fps=30.0,
    )


@pytest.mark.parametrize("tracking", [TrackingConfig(enabled=False), TrackingConfig(max_gap=4)])
@pytest.mark.parametrize("frames", [1, 3])
def test_balls_are_judged_by_the_labels_of_their_own_frames(
    film: Any, green_predictor: Callable[..., Predictor], tracking: TrackingConfig, frames: int
) -> None:
    predictor = green_predictor(frames=frames, tracking=tracking)

    def found(late: int) -> tuple[int, float | None]:
        clips = [clip(film, 20, late), clip(film, 13, late)]
        pck = [protocol_named("pck")]
        plan = predictor.run.plan
        measured = measure(predictor.run, plan, clips, protocols=pck, split="all", progress=Silent())
        (metrics,) = measured.metrics
        return metrics.tp, metrics.rmse_px

    right, apart = found(late=0)
    assert right == 33
    assert apart is not None
    assert apart < 4, "px at 256x144, of a ball found to half a pixel of 64x48"
    shifted, further = found(late=1)
    assert shifted < 33
    assert further is not None
    assert further > apart
