import pytest
from torch.utils.data import DataLoader

from tracknet_core.training.sampling import EpochDataset, EpochSampler, batches_of


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
