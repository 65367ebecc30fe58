"""Peaks are found, ordered, and placed below the pixel."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.model.peaks import find_peaks
from tracknet_core.model.targets import render_heatmaps

SIZE = (48, 32)


def gaussian(
    *centres: tuple[float, float], heights: tuple[float, ...] | None = None, sigma: float = 2.0
) -> torch.Tensor:
    maps = render_heatmaps(torch.tensor(centres), torch.ones(len(centres), dtype=torch.bool), SIZE, sigma)
    return (maps * torch.tensor(heights or (1.0,) * len(centres))[:, None, None]).amax(0, keepdim=True)


@given(st.floats(3, 45), st.floats(3, 29), st.floats(1.0, 4.0))
def test_a_gaussian_is_placed_exactly(x: float, y: float, sigma: float) -> None:
    peaks = find_peaks(gaussian((x, y), sigma=sigma))
    torch.testing.assert_close(peaks.xy[0, 0], torch.tensor([x, y]), atol=1e-2, rtol=0)


def test_the_score_is_the_height_of_the_peak() -> None:
    peaks = find_peaks(gaussian((10.5, 10.5), heights=(0.7,)))
    assert peaks.score[0, 0].item() == pytest.approx(0.7)


def test_candidates_come_best_first_and_missing_ones_are_nan_with_score_zero() -> None:
    peaks = find_peaks(gaussian((10.5, 10.5), (35.5, 20.5), heights=(0.6, 0.9)), max_peaks=4)
    assert peaks.score[0].tolist() == pytest.approx([0.9, 0.6, 0, 0])
    torch.testing.assert_close(peaks.xy[0, :2], torch.tensor([[35.5, 20.5], [10.5, 10.5]]), atol=1e-3, rtol=0)
    assert peaks.xy[0, 2:].isnan().all()


def test_what_lies_below_the_threshold_is_no_peak() -> None:
    assert find_peaks(gaussian((10.5, 10.5), heights=(0.3,)), threshold=0.5).score.max() == 0


def test_an_empty_map_has_no_peaks() -> None:
    peaks = find_peaks(torch.zeros(2, 32, 48))
    assert peaks.score.max() == 0
    assert peaks.xy.isnan().all()


def test_a_ball_at_the_border_stays_at_the_border() -> None:
    peaks = find_peaks(gaussian((0.5, 0.5)))
    assert (peaks.xy[0, 0] - 0.5).abs().max() <= 1


def test_maps_smaller_than_the_number_of_peaks_are_padded() -> None:
    assert find_peaks(torch.ones(1, 1, 2), max_peaks=5).xy.shape == (1, 5, 2)
