"""Following a ball: one point a frame, in order, where the ball is, in bounded memory."""

import gc
import weakref
from collections.abc import Iterator
from threading import Event
from typing import Any

import numpy as np
import pytest
import torch
from attrs import define, field

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import TrackingConfig
from tracknet_core.inference.frames import Frame, SourceError
from tracknet_core.inference.predictor import load
from tracknet_core.model.arithmetic import autocast_dtype


@define(eq=False)
class Generated:
    """A source of ``count`` frames that knows how many of its pictures are alive."""

    film: Any
    count: int
    breaks: bool = False
    size: tuple[int, int] = (64, 48)
    fps: float | None = 30.0
    length: int | None = None
    live: bool = False
    name: str = "generated"
    address: str = "generated"
    alive: int = 0
    most: int = 0
    _watched: list[Any] = field(factory=list)

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.count):
            image = self.film.green_ball(index)
            self.alive += 1
            self.most = max(self.most, self.alive)
            weakref.finalize(image, self._died)
            yield Frame(index=index, time=index / 30, image=image)
            del image
        if self.breaks:
            raise SourceError("it broke")

    def _died(self) -> None:
        self.alive -= 1


@pytest.mark.parametrize("ensemble", ["none", "average", "weighted"])
@pytest.mark.parametrize(
    ("frames", "stride", "count"), [(1, 1, 10), (3, 1, 20), (3, 2, 17), (3, 1, 1), (4, 2, 3), (3, 1, 2)]
)
def test_one_point_a_frame_where_the_ball_is(
    film: Any, green_predictor: Any, frames: int, stride: int, count: int, ensemble: str
) -> None:
    tracking = TrackingConfig(enabled=False, ensemble=ensemble)  # type: ignore[arg-type]
    predictor = green_predictor(frames=frames, stride=stride, tracking=tracking)
    points = list(predictor.track(Generated(film, count)))
    assert [point.frame for point in points] == list(range(count))
    assert [point.time for point in points] == pytest.approx([index / 30 for index in range(count)])
    for point in points:
        assert point.xy == pytest.approx(film.ball_at(point.frame), abs=0.6)
        assert point.source == "detected"


def test_positions_are_source_pixels_whatever_the_inputs_size(film: Any, green_predictor: Any) -> None:
    for size in ((32, 24), (128, 96), (64, 24)):
        points = list(green_predictor(size=size).track(Generated(film, 5)))
        assert all(point.xy == pytest.approx(film.ball_at(point.frame), abs=1.2) for point in points)


def test_windows_side_by_side_see_each_frame_once(film: Any, green_predictor: Any) -> None:
    predictor = green_predictor(frames=3)
    list(predictor.track(Generated(film, 30)))
    assert predictor.run.engine.model.windows == 10


def test_the_tracker_gives_one_point_a_frame_too(film: Any, green_predictor: Any) -> None:
    points = list(green_predictor(frames=3, tracking=TrackingConfig(max_gap=4)).track(Generated(film, 40)))
    assert [point.frame for point in points] == list(range(40))
    assert np.mean([point.xy is not None for point in points]) > 0.9


@pytest.mark.parametrize("keep_images", [False, True])
def test_memory_does_not_grow_with_the_video(film: Any, green_predictor: Any, keep_images: bool) -> None:
    predictor = green_predictor(frames=3, batch_size=2, tracking=TrackingConfig(max_gap=4))
    gc.disable()
    try:
        source = Generated(film, 2000)
        assert sum(1 for _ in predictor.follow(source, keep_images=keep_images)) == 2000
    finally:
        gc.enable()
    # the pictures are not resized here, so the model's inputs are the source's own arrays
    two_batches = 2 * 2 * 3
    assert source.most <= 9 + two_batches + 3 + 4 + 3


def test_a_camera_waits_for_no_further_batch(film: Any, green_predictor: Any) -> None:
    came = Event()

    @define(eq=False)
    class Camera(Generated):
        """Two windows, and the frame that tells that no cut follows; then it shows what came of them."""

        def __iter__(self) -> Iterator[Frame]:
            for frame in super().__iter__():
                if frame.index == 2 * 3 + 1:
                    assert came.wait(20), "no point came while the camera waited"
                yield frame

    predictor = green_predictor(frames=3, batch_size=2, tracking=TrackingConfig(enabled=False))
    points = predictor.follow(Camera(film, 12, live=True))
    assert next(points)[0].frame == 0
    came.set()
    assert sum(1 for _ in points) == 11


def test_whole_pictures_are_kept_only_for_those_who_draw_on_them(film: Any, green_predictor: Any) -> None:
    predictor = green_predictor(frames=3, size=(32, 24), tracking=TrackingConfig(max_gap=4))
    source = Generated(film, 200)
    assert all(image is None for _, image in predictor.follow(source))
    assert source.most <= 3
    for point, image in predictor.follow(Generated(film, 20), keep_images=True):
        assert (image == film.green_ball(point.frame)).all()


def test_points_come_while_the_source_is_read(film: Any, green_predictor: Any) -> None:
    source = Generated(film, 10**9)
    points = green_predictor(frames=3).track(source)
    assert [next(points).frame for _ in range(5)] == [0, 1, 2, 3, 4]
    points.close()


def test_a_source_that_breaks_has_a_point_for_every_frame_before(film: Any, green_predictor: Any) -> None:
    points = []
    with pytest.raises(SourceError, match="it broke"):  # noqa: PT012 - what came before is the point
        for point in green_predictor(frames=3).track(Generated(film, 16, breaks=True)):
            points.append(point)  # noqa: PERF402
    assert [point.frame for point in points] == list(range(16))


def test_a_video_by_name_and_span(film: Any, green_predictor: Any) -> None:
    points = list(green_predictor(frames=3).track(film(ball=True), start=0.2, end=0.4))
    assert [point.frame for point in points] == [6, 7, 8, 9, 10, 11]
    assert all(point.xy == pytest.approx(film.ball_at(point.frame), abs=1.0) for point in points)


def test_mixed_precision_only_where_the_hardware_has_it() -> None:
    cpu = torch.device("cpu")
    assert autocast_dtype("fp32", cpu) is None
    assert autocast_dtype("fp16", cpu) is None
    assert autocast_dtype("bf16", cpu) in {torch.bfloat16, None}


def test_a_device_that_is_not_there_is_refused(tmp_path: Any) -> None:
    for device in ("warp", "cuda:99"):
        with pytest.raises(UserError, match=f"--device {device}"):
            load(tmp_path, device=device)
