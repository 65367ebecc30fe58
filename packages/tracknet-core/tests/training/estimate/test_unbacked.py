"""Operations on tensors that hold nothing."""

import pytest
import torch
from torch import nn

from tracknet_core.config.problems import UserError
from tracknet_core.training.estimate.ledger import Ledger, Part
from tracknet_core.training.estimate.memory import OneRegion, from_heap
from tracknet_core.training.estimate.outcomes import New, Outcomes
from tracknet_core.training.estimate.unbacked import Unbacked
from tracknet_core.training.memory import peak_memory_bytes
from tracknet_core.training.trial.tensors import LiveTensors


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def unbacked(ledger: Ledger) -> Unbacked:
    return Unbacked(ledger, Outcomes(), OneRegion())


def test_a_model_larger_than_the_machine_takes_a_step_in_no_memory(
    ledger: Ledger, unbacked: Unbacked
) -> None:
    before = peak_memory_bytes(torch.device("cpu"))
    with unbacked:
        model = nn.Linear(2**18, 2**18)  # 256 GiB
        model(torch.empty(4, 2**18)).sum().backward()
    assert model.weight.grad is not None
    assert model.weight.grad.shape == (2**18, 2**18)
    assert ledger.peak_tensor_bytes > 2 * 4 * 2**36
    assert peak_memory_bytes(torch.device("cpu")) - before < 2**28


def network() -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 16, 3, padding=1),
        nn.GroupNorm(4, 16),
        nn.GELU(),
        nn.Conv2d(16, 16, 3, padding=1, groups=16),
        nn.Flatten(2),
        nn.LayerNorm(64),
        nn.Linear(64, 64),
        nn.Dropout(0.1),
    )


def step(model: nn.Module, dtype: torch.dtype | None) -> None:
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for _ in range(2):
        with torch.autocast("cpu", dtype or torch.bfloat16, enabled=dtype is not None):
            out = model(torch.ones(32, 3, 8, 8))
        (out.float() ** 2).mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()


@pytest.mark.parametrize("dtype", [None, torch.bfloat16])
@pytest.mark.parametrize("memory", [OneRegion(), from_heap])
def test_as_many_bytes_are_alive_as_in_real_training(dtype, memory, ledger: Ledger) -> None:
    with LiveTensors() as live:
        step(network(), dtype)
    with Unbacked(ledger, Outcomes(), memory):
        step(network(), dtype)
    assert ledger.peak_tensor_bytes == pytest.approx(live.peak, rel=0.005)


def test_numbers_that_a_network_is_built_from_are_known(unbacked: Unbacked) -> None:
    with unbacked:
        rates = [rate.item() for rate in torch.linspace(0, 0.1, 3)]
        sides = torch.tensor([4, 2]).prod()
        assert int(sides) == 8
    assert rates == pytest.approx([0, 0.05, 0.1])


@pytest.mark.parametrize(
    "decide", [lambda t: bool(t.sum() > 0), torch.nonzero, lambda t: t[0, 0].item(), lambda t: t.unique()]
)
def test_what_depends_on_values_that_are_not_there_is_refused(unbacked: Unbacked, decide) -> None:
    with unbacked:
        values = torch.empty(64, 128) * 2
        with pytest.raises(UserError, match="tracknet compare"):
            decide(values)


def test_a_small_tensor_forgets_its_values_when_unknown_ones_are_written_into_it(unbacked: Unbacked) -> None:
    with unbacked:
        small = torch.ones(4)
        assert small.sum().item() == 4
        small.copy_(torch.empty(64, 128)[0, :4])
        with pytest.raises(UserError):
            small.sum().item()


def test_a_view_is_no_memory_of_its_own(ledger: Ledger, unbacked: Unbacked) -> None:
    with unbacked:
        whole = torch.empty(8, 1024)
        views = [whole.t(), whole[2:], whole.reshape(16, 512), whole.unflatten(1, (32, 32)).permute(2, 0, 1)]
    assert ledger.peak_tensor_bytes == whole.nbytes
    assert {view.data_ptr() for view in views if view.shape != whole[2:].shape} == {whole.data_ptr()}


def test_what_is_changed_in_place_stays_what_it_is(ledger: Ledger, unbacked: Unbacked) -> None:
    with unbacked:
        whole = torch.empty(8, 1024)
        assert whole.add_(1).mul_(2) is whole
    assert ledger.peak_tensor_bytes == whole.nbytes


def test_gradients_that_meet_are_added_in_place(ledger: Ledger) -> None:
    made = []
    region = OneRegion()

    def memory(new: New) -> torch.Tensor:
        made.append(new.size)
        return region(new)

    with Unbacked(ledger, Outcomes(), memory):
        inside = torch.empty(2**20, requires_grad=True)
        middle = inside * 1
        sum_ = ((middle * 2) + (middle * 3) + (middle * 4)).sum()
        made.clear()
        sum_.backward()
    assert made.count((2**20,)) == 4  # of three products and what goes on from their sum, which lies in one


def test_the_peak_says_what_memory_was_for(ledger: Ledger, unbacked: Unbacked) -> None:
    with unbacked:
        weights = torch.empty(1000)
        ledger.assign(Part.WEIGHTS, [weights])
        since = ledger.now
        kept = torch.empty(2000)
        ledger.assign_new(Part.ACTIVATIONS, since=since)
        torch.empty(500).mul(2)
        del kept
    peak = ledger.peak()
    assert peak.parts[Part.WEIGHTS] == 4000
    assert peak.parts[Part.ACTIVATIONS] == 8000
    assert peak.parts[Part.WORKSPACE] == 4000
    assert peak.total_bytes == sum(peak.parts.values()) == ledger.peak_tensor_bytes
