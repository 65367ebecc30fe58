"""Windows keep their distance in time and to one shot; tracks go by time and end with their shot."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from attrs import define, evolve

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.inference.files import plan_files
from tracknet_core.inference.frames import Frame
from tracknet_core.inference.predictor import Predictor
from tracknet_core.inference.results import predict
from tracknet_core.inference.sources import open_source
from tracknet_core.progress import Silent


class Noting(torch.nn.Module):
    """Notes by how many columns the ball moves from each frame of a window to the next."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model, self.frames = model, model.frames
        self.input_size, self.heatmap_size = model.input_size, model.heatmap_size
        self.moved: set[int] = set()

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        columns = frames[:, :, 1].float().sum(-2).argmax(-1)
        self.moved |= set(columns.diff(dim=1).abs().flatten().tolist())
        logits: torch.Tensor = self.model(frames)
        return logits


def noting(predictor: Predictor, fps: float) -> Predictor:
    """Let a predictor note windows, and have been trained at a rate."""
    plan = predictor.run.plan
    sequence = evolve(plan.data.sequence, fps=fps)
    engine: Any = predictor.run.engine
    engine = evolve(engine, model=Noting(engine.model))
    plan = evolve(plan, data=evolve(plan.data, sequence=sequence))
    return evolve(predictor, run=evolve(predictor.run, plan=plan, engine=engine))


class Said(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


@pytest.mark.parametrize(("fps", "moved"), [(60, 4), (30, 2), (15, 2)])
def test_windows_of_any_footage_are_those_of_the_rate_of_training(
    film: Any, green_predictor: Any, tmp_path: Path, fps: int, moved: int
) -> None:
    predictor = noting(green_predictor(frames=3), fps=30.0)
    source = open_source(film(times=[number / fps for number in range(22)], ball=True))  # 2 px a frame
    (files,) = plan_files([source], tmp_path / "out", overlay=False, force=False)
    said = Said()
    assert predict(predictor, source, files, said).frames == 22
    assert len(files.table.read_text().splitlines()) == 23
    engine: Any = predictor.run.engine
    model = engine.model
    assert model.moved == {moved}
    assert any("data.sequence.fps" in line for line in said.lines) == (fps == 15)


@define(eq=False)
class Rally:
    """A ball that is not to be seen in some frames; the times of the others tell which are missing."""

    film: Any
    numbers: list[int]
    unseen: tuple[int, ...] = ()
    size: tuple[int, int] = (64, 48)
    fps: float | None = 30.0
    length: int | None = None
    live: bool = False
    name: str = "rally"
    address: str = "rally"

    def __iter__(self) -> Iterator[Frame]:
        for index, number in enumerate(self.numbers):
            image = self.film.green_ball(number)
            if number in self.unseen:
                image[..., 1] = 0
            yield Frame(index=index, time=number / 30, image=image)


@pytest.mark.parametrize("ensemble", ["none", "weighted"])
def test_no_track_reaches_across_a_cut(film: Any, cut_film: Any, green_predictor: Any, ensemble: Any) -> None:
    predictor = green_predictor(frames=3, tracking=TrackingConfig(max_gap=4, ensemble=ensemble, fill="all"))
    sources = {
        which: [point.source for point in predictor.track(Rally(made, list(range(70)), unseen=(22, 50)))]
        for which, made in (("one shot", film), ("cuts", cut_film))
    }
    assert sources["one shot"][22] == sources["one shot"][50] == "interpolated"
    assert sources["cuts"][22] is sources["cuts"][50] is None  # the last of its shot, the first of another
    assert sources["cuts"].count("detected") == 68


def test_a_recording_that_lost_a_tenth_of_its_frames_keeps_its_track(film: Any, green_predictor: Any) -> None:
    kept = [number for number in range(48) if number % 10 not in {3}]
    predictor = green_predictor(frames=1, tracking=TrackingConfig(max_gap=4))
    points = list(predictor.track(Rally(film, kept, unseen=(12, 22, 37))))
    for point, number in zip(points, kept, strict=True):
        assert point.xy is not None
        assert point.xy[0] == pytest.approx(film.ball_at(number)[0], abs=1.0)
