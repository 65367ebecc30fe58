"""Losses follow their papers' formulas and add up over micro-batches."""

import pytest
import torch

from tracknet_core.config.schema import LossConfig
from tracknet_core.model.losses import build_loss
from tracknet_core.model.targets import render_heatmaps

NAMES = ["mse", "focal", "wbce"]


@pytest.fixture
def batch() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    ball = torch.tensor([[True, True], [False, True], [False, False]])
    targets = render_heatmaps(torch.rand(3, 2, 2) * 12, ball, (16, 12), 2.0)
    return torch.randn(3, 2, 12, 16), targets, ball


@pytest.mark.parametrize("name", NAMES)
def test_parts_of_a_batch_add_up_to_the_whole(name: str, batch: tuple[torch.Tensor, ...]) -> None:
    logits, targets, _ = batch
    loss = build_loss(LossConfig(name=name))
    parts = loss.total(logits[:1], targets[:1]) + loss.total(logits[1:], targets[1:])
    torch.testing.assert_close(parts, loss.total(logits, targets))


def test_mse_is_the_mean_squared_error_of_the_sigmoid(batch: tuple[torch.Tensor, ...]) -> None:
    logits, targets, ball = batch
    loss = build_loss(LossConfig(name="mse"))
    expected = ((logits.sigmoid() - targets) ** 2).mean()
    torch.testing.assert_close(loss.total(logits, targets) / loss.items(ball, (16, 12)), expected)


def test_wbce_is_tracknetv2s(batch: tuple[torch.Tensor, ...]) -> None:
    logits, targets, ball = batch
    loss = build_loss(LossConfig(name="wbce"))
    p = logits.sigmoid()
    expected = -((1 - p) ** 2 * targets * p.log() + p**2 * (1 - targets) * (1 - p).log()).mean()
    torch.testing.assert_close(loss.total(logits, targets) / loss.items(ball, (16, 12)), expected)


def test_focal_is_centernets_over_the_number_of_balls(batch: tuple[torch.Tensor, ...]) -> None:
    logits, targets, ball = batch
    loss = build_loss(LossConfig(name="focal", alpha=2, beta=4))
    p, expected = logits.sigmoid(), 0.0
    for probabilities, heatmap in zip(p.flatten(0, 1), targets.flatten(0, 1), strict=True):
        centre = heatmap.argmax() if heatmap.max() > 0 else -1
        for index, (q, t) in enumerate(zip(probabilities.flatten(), heatmap.flatten(), strict=True)):
            hit = (1 - q) ** 2 * q.log()
            miss = (1 - t) ** 4 * q**2 * (1 - q).log()
            expected -= float(hit if index == centre else miss)
    assert loss.items(ball, (16, 12)) == 3
    assert float(loss.total(logits, targets)) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", NAMES)
def test_extreme_logits_give_finite_gradients(name: str, batch: tuple[torch.Tensor, ...]) -> None:
    _, targets, _ = batch
    logits = (torch.randn(3, 2, 12, 16).sign() * 200).requires_grad_()
    build_loss(LossConfig(name=name)).total(logits, targets).backward()
    assert logits.grad is not None
    assert logits.grad.isfinite().all()


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_without_a_ball_is_learned_as_negative(name: str) -> None:
    logits = torch.zeros(1, 1, 12, 16, requires_grad=True)
    loss = build_loss(LossConfig(name=name))
    loss.total(logits, torch.zeros(1, 1, 12, 16)).backward()
    assert logits.grad is not None
    assert (logits.grad > 0).all()
    assert loss.items(torch.zeros(1, 1, dtype=torch.bool), (16, 12)) >= 1


class TestTargets:
    def test_the_peak_is_one_at_the_centre_of_a_pixel(self) -> None:
        heatmap = render_heatmaps(torch.tensor([[5.5, 3.5]]), torch.tensor([True]), (16, 12), 2.0)[0]
        assert heatmap[3, 5] == 1
        assert heatmap.argmax() == 3 * 16 + 5

    def test_it_falls_as_a_gaussian_of_sigma(self) -> None:
        heatmap = render_heatmaps(torch.tensor([[5.5, 3.5]]), torch.tensor([True]), (16, 12), 2.0)[0]
        torch.testing.assert_close(heatmap[3, 7], torch.tensor(-0.5).exp())

    def test_no_ball_gives_zeros_even_when_its_place_is_nan(self) -> None:
        assert render_heatmaps(torch.full((1, 2), torch.nan), torch.tensor([False]), (16, 12), 2.0).max() == 0
