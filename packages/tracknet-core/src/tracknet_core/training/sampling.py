"""Which windows a step sees: a pure function of seed, epoch and step."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

import torch
from torch import Tensor
from torch.utils.data import Dataset, Sampler

from tracknet_core.training.balance import Stratum, quotas

REPETITION = 2**20
"""How many epochs a repetition counts as: a window drawn again in an epoch is augmented anew."""

Item_co = TypeVar("Item_co", covariant=True)


class EpochItems(Protocol[Item_co]):
    """A data set whose items depend on the epoch, through augmentation."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Item_co: ...

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, that items are for.

        The r-th repetition of a window within an epoch is asked for as epoch + r · 2**20.
        """


def batches_of(total: int, limit: int | float | None) -> int:
    """Tell how many of ``total`` batches a limit leaves: a count, or a share when it is a float.

    At least one is left, and never more than there are.
    """
    if limit is None:
        return total
    asked = limit if isinstance(limit, int) else int(limit * total)
    return max(1, min(total, asked))


class EpochSampler(Sampler[int]):
    """A new order each epoch, drawn from no global random numbers.

    The epoch travels inside the index (see :class:`EpochDataset`), so that worker processes that
    live on between epochs know it too.

    Args:
        windows: Windows in the data set.
        taken: How many of them an epoch takes.
        seed: The run's seed.
        strata: Of which windows an epoch takes fixed shares; without any, it takes no window twice.
    """

    def __init__(self, windows: int, *, taken: int, seed: int, strata: Sequence[Stratum] = ()) -> None:
        self._windows = windows
        self._taken = taken
        self._seed = seed
        self._strata = tuple(strata)
        self._epoch = 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, counted from 0, that the next iteration is for."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._taken

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self._seed * 1_000_003 + self._epoch)
        if self._strata:
            drawn = _draw(self._strata, self._taken, self._windows, generator)
        else:
            drawn = torch.randperm(self._windows, generator=generator)[: self._taken]
        start = self._epoch * self._windows
        return iter((drawn + start).tolist())


def _draw(strata: Sequence[Stratum], taken: int, windows: int, generator: torch.Generator) -> Tensor:
    """Draw each stratum's share in an order at random; ``repetition * REPETITION * windows + window``.

    No window of a stratum is drawn twice as long as another has not been drawn.
    """
    phase = torch.rand((), generator=generator, dtype=torch.float64).item()
    parts = []
    for stratum, quota in zip(strata, quotas(strata, taken, phase), strict=True):
        rounds, rest = divmod(quota, len(stratum.windows))
        everything = torch.arange(len(stratum.windows)).repeat(rounds)
        some = torch.randperm(len(stratum.windows), generator=generator)[:rest]
        place = torch.cat([everything, some])
        repetition = torch.arange(quota) // len(stratum.windows)
        parts.append(torch.from_numpy(stratum.windows)[place] + repetition * REPETITION * windows)
    drawn = torch.cat(parts)
    return drawn[torch.randperm(taken, generator=generator)]


class EpochDataset(Dataset[Item_co]):
    """Items by ``epoch * len(windows) + index``."""

    def __init__(self, windows: EpochItems[Item_co]) -> None:
        self._windows = windows

    def __len__(self) -> int:
        return len(self._windows)

    def __getitem__(self, index: int) -> Item_co:
        epoch, position = divmod(index, len(self._windows))
        self._windows.set_epoch(epoch)
        return self._windows[position]
