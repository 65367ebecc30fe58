"""Each shot of a video goes through the model as if it were a video by itself."""

import numpy as np
import pytest
import torch
from torch import nn

from tracknet_core.config.schema import SequenceConfig
from tracknet_core.model.detection import Detector


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
        model=model,  # type: ignore[arg-type]
        device=torch.device("cpu"),
        autocast=None,
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
