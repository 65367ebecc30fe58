import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.data import DataLoader

from tracknet_core.training.balance import Stratum
from tracknet_core.training.sampling import REPETITION, EpochDataset, EpochSampler, batches_of


class Recorder:
    """Items tell the epoch and the index they were asked for."""

    def __init__(self) -> None:
        self.epoch = 0

    def __len__(self):
        return 6

    def __getitem__(self, index):
        return self.epoch, index

    def set_epoch(self, epoch):
        self.epoch = epoch


@pytest.mark.parametrize(
    ("limit", "left"), [(None, 10), (3, 3), (30, 10), (1, 1), (1.0, 10), (0.25, 2), (0.01, 1)]
)
def test_a_limit_is_a_count_or_a_share(limit, left):
    assert batches_of(10, limit) == left


def test_an_epoch_visits_every_window_once_in_its_own_order():
    sampler = EpochSampler(50, taken=50, seed=1)
    first = list(sampler)
    sampler.set_epoch(1)
    second = [index - 50 for index in sampler]
    assert sorted(first) == sorted(second) == list(range(50))
    assert first != second


def test_the_order_follows_from_seed_and_epoch_alone():
    def order(seed, epoch):
        sampler = EpochSampler(50, taken=20, seed=seed)
        sampler.set_epoch(epoch)
        return list(sampler)

    assert order(1, 3) == order(1, 3)
    assert order(1, 3) != order(2, 3)
    assert len(order(1, 3)) == 20


def strata(*parts):
    """Strata of so many windows each, one after the other, with their shares."""
    first, made = 0, []
    for size, share in parts:
        made.append(Stratum(windows=np.arange(first, first + size), share=share))
        first += size
    return made


def drawn(sampler, epoch, windows):
    sampler.set_epoch(epoch)
    return [index % windows for index in sampler]


@given(
    st.lists(st.tuples(st.integers(1, 30), st.integers(1, 9)), min_size=1, max_size=6),
    st.integers(0, 50),
    st.floats(0.1, 1.0),
)
def test_an_epoch_holds_the_share_of_each_stratum_and_no_window_much_oftener_than_its_like(
    parts, epoch, limit
):
    windows, whole = sum(size for size, _ in parts), sum(weight for _, weight in parts)
    taken = max(1, int(limit * windows))
    made = strata(*((size, weight / whole) for size, weight in parts))
    order = drawn(EpochSampler(windows, taken=taken, seed=1, strata=made), epoch, windows)
    assert len(order) == taken
    times = np.bincount(order, minlength=windows)
    for stratum in made:
        of_stratum = times[stratum.windows]
        assert abs(of_stratum.sum() - stratum.share * taken) < 1 + 1e-9
        assert of_stratum.max() - of_stratum.min() <= 1


def test_strata_are_mixed_throughout_an_epoch():
    order = drawn(EpochSampler(200, taken=200, seed=0, strata=strata((150, 0.5), (50, 0.5))), 0, 200)
    for part in (order[:50], order[50:100], order[100:150], order[150:]):
        assert 10 < sum(index < 150 for index in part) < 40


def test_over_epochs_a_share_that_is_no_whole_number_is_met_too():
    made = strata((30, 1 / 3), (3, 1 / 3), (7, 1 / 3))
    sampler = EpochSampler(40, taken=10, seed=0, strata=made)
    times = np.bincount([index for epoch in range(300) for index in drawn(sampler, epoch, 40)], minlength=40)
    shares = [times[stratum.windows].sum() / 3000 for stratum in made]
    assert shares == pytest.approx([1 / 3] * 3, abs=0.005)
    for stratum in made:  # and no window of a stratum is favoured
        of_stratum = times[stratum.windows]
        assert of_stratum.min() > 0.6 * of_stratum.mean()


def test_a_balanced_order_follows_from_seed_and_epoch_alone():
    def order(seed, epoch):
        return drawn(EpochSampler(50, taken=50, seed=seed, strata=strata((40, 0.5), (10, 0.5))), epoch, 50)

    torch.manual_seed(0)
    first = order(1, 3)
    torch.manual_seed(1)
    assert order(1, 3) == first
    assert order(2, 3) != first
    assert order(1, 4) != first
    assert first != sorted(first)


def test_a_window_drawn_again_in_an_epoch_is_changed_anew():
    sampler = EpochSampler(6, taken=6, seed=0, strata=strata((5, 0.5), (1, 0.5)))
    sampler.set_epoch(2)
    items = [EpochDataset(Recorder())[index] for index in sampler]
    assert sorted(epoch for epoch, index in items if index == 5) == [2, 2 + REPETITION, 2 + 2 * REPETITION]
    assert {epoch for epoch, index in items if index < 5} == {2}


@pytest.mark.parametrize("workers", [0, 2])
def test_workers_that_live_on_see_the_epoch(workers):
    sampler = EpochSampler(6, taken=6, seed=0)
    loader = DataLoader(
        EpochDataset(Recorder()),
        batch_size=2,
        sampler=sampler,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    for epoch in range(3):
        sampler.set_epoch(epoch)
        seen = [(int(e), int(i)) for epochs, indices in loader for e, i in zip(epochs, indices, strict=True)]
        assert sorted(seen) == [(epoch, index) for index in range(6)]
