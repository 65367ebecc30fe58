"""Each shot of a video is a video by itself to the model; an engine is kept busy, and order restored."""

from collections.abc import Iterator
from threading import Barrier, Event
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from tracknet_core.config.schema import SequenceConfig
from tracknet_core.model.detection import Detector
from tracknet_core.model.engines.pytorch import TorchEngine
from tracknet_core.model.peaks import MAX_PEAKS


class Seeing(nn.Module):
    """Notes which grey levels each window holds."""

    frames = 3
    input_size = (16, 8)
    heatmap_size = (16, 8)

    def __init__(self) -> None:
        super().__init__()
        self.windows: list[set[int]] = []

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        self.windows += [set(window.unique().tolist()) for window in frames]
        return torch.zeros(frames.shape[:2] + frames.shape[3:])


@pytest.mark.parametrize("ensemble", ["none", "weighted"])
@pytest.mark.parametrize("stride", [1, 2])
def test_no_window_holds_frames_of_two_shots(ensemble, stride) -> None:  # type: ignore[no-untyped-def]
    lengths = (7, 1, 2, 10)
    grey = np.repeat(np.arange(len(lengths)), lengths)
    begins = np.diff(grey, prepend=0) > 0
    model = Seeing()
    detector = Detector(
        engine=TorchEngine(model=model, device=torch.device("cpu")),  # type: ignore[arg-type]
        batch_size=4,
        sequence=SequenceConfig(enabled=True, length=3, stride=stride),
        ensemble=ensemble,
    )
    frames = (
        (np.full((8, 16, 3), level, np.uint8), bool(cut)) for level, cut in zip(grey, begins, strict=True)
    )
    found = list(detector.detect(frames))
    assert [each.number for each in found] == list(range(len(grey)))
    assert [each.cut for each in found] == begins.tolist()
    assert {len(window) for window in model.windows} == {1}


class Meeting:
    """An engine that answers a batch once ``concurrent`` are being computed; the first comes last."""

    name, precision, device = "torch", "fp32", torch.device("cpu")
    frames, input_size, heatmap_size = 1, (16, 8), (16, 8)

    def __init__(self, concurrent: int) -> None:
        self.concurrent = concurrent
        self.all_here = Barrier(concurrent, timeout=20)
        self.later_done = Event()

    def candidates(self, windows: Any) -> torch.Tensor:
        grey = torch.from_numpy(windows[:, :, 0, 0, 0].astype(np.float32))
        self.all_here.wait()
        if grey[0, 0] % (10 * self.concurrent) == 0:
            assert self.later_done.wait(20)
            self.later_done.clear()
        else:
            self.later_done.set()
        return grey[..., None, None].expand(-1, -1, MAX_PEAKS, 3)


def test_batches_are_computed_at_the_same_time_and_come_out_in_order() -> None:
    engine: Any = Meeting(concurrent=2)
    detector = Detector(engine=engine, batch_size=10, in_flight=3)
    frames = ((np.full((8, 16, 3), grey, np.uint8), False) for grey in range(60))
    assert [each.score[0] for each in detector.detect(frames)] == list(range(60))


def test_frames_are_asked_for_only_while_batches_are_on_their_way() -> None:
    asked = 0

    def frames() -> Iterator[tuple[Any, bool]]:
        nonlocal asked
        for grey in range(200):
            asked += 1
            yield np.full((8, 16, 3), grey, np.uint8), False

    engine: Any = Meeting(concurrent=1)
    engine.later_done.set()
    engine.later_done.clear = lambda: None
    for number, _ in enumerate(Detector(engine=engine, batch_size=5, in_flight=2).detect(frames())):
        assert asked <= number + 2 * 5 + 1


def test_what_an_engine_raises_reaches_the_caller() -> None:
    class Full(Meeting):
        def candidates(self, windows: Any) -> torch.Tensor:
            raise torch.OutOfMemoryError

    engine: Any = Full(concurrent=1)
    frames = ((np.zeros((8, 16, 3), np.uint8), False) for _ in range(20))
    with pytest.raises(torch.OutOfMemoryError):
        list(Detector(engine=engine, in_flight=3).detect(frames))
