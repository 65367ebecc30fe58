"""The exported graph takes any number of windows; a model that fixes their number is refused."""

from pathlib import Path
from typing import Any

import pytest
import torch
from attrs import frozen
from torch import Tensor, nn

from tracknet_core.config.problems import RunError
from tracknet_core.exporting.graph import PredictionGraph, trace
from tracknet_core.model.peaks import candidates_of


class Green(nn.Module):
    """Heatmaps of the input's size: how green a pixel is."""

    frames, input_size, heatmap_size = 2, (24, 16), (24, 16)

    def forward(self, frames: Tensor) -> Tensor:
        return frames[:, :, 1].float() / 32 - 4


class Counting(Green):
    """Makes a Python number of the batch."""

    def forward(self, frames: Tensor) -> Tensor:
        return super().forward(frames).reshape(len(frames), 2, 16, 24)


@frozen
class Plan:
    model_name: str = "counting"


@frozen
class Run:
    model: nn.Module
    plan: Plan = Plan()
    directory: Path = Path()


@pytest.mark.parametrize("count", [1, 2, 5])
def test_peaks_and_heatmaps_come_out_of_any_number_of_windows(count: int) -> None:
    run: Any = Run(Green().eval())
    program = trace(run).module()
    pixels = torch.Generator().manual_seed(count)
    frames = torch.randint(0, 256, (count, 2, 3, 16, 24), generator=pixels, dtype=torch.uint8)
    xy, score, heatmaps = program(frames)
    torch.testing.assert_close(heatmaps, torch.sigmoid(run.model(frames)))
    candidates = candidates_of(heatmaps)
    torch.testing.assert_close(xy, candidates[..., :2], equal_nan=True)
    torch.testing.assert_close(score, candidates[..., 2])
    assert xy.shape == (count, 2, 5, 2)


def test_outputs_are_float32_whatever_the_model_computes_in() -> None:
    class Rounded(Green):
        def forward(self, frames: Tensor) -> Tensor:
            return super().forward(frames).bfloat16()

    model: Any = Rounded()
    outputs = PredictionGraph(model)(torch.zeros(1, 2, 3, 16, 24, dtype=torch.uint8))
    assert {output.dtype for output in outputs} == {torch.float32}


def test_a_model_for_a_fixed_number_of_windows_is_refused_by_name() -> None:
    run: Any = Run(Counting().eval())
    with pytest.raises(RunError, match="model_name: counting cannot be traced for windows of any number"):
        trace(run)
