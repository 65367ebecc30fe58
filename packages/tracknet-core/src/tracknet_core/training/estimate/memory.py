"""Where tensors without values get their memory from."""

import mmap
import sys
from collections.abc import Callable

import torch
from torch import Tensor

from tracknet_core.training.estimate.outcomes import New

Memory = Callable[[New], Tensor]
"""Makes a tensor."""


def from_heap(new: New) -> Tensor:
    """Ask torch for memory as a kernel would, and leave it untouched."""
    return torch.empty_strided(new.size, new.stride, dtype=new.dtype)


class OneRegion:
    """One region of addresses for all tensors: none holds anything, so that none is in another's way.

    Nothing of it is in memory, however large the tensors are.
    """

    def __init__(self) -> None:
        self._region = mmap.mmap(-1, mmap.PAGESIZE)

    def __call__(self, new: New) -> Tensor:
        """Make a tensor whose memory is the beginning of the region."""
        count = new.extent
        if not count:
            return from_heap(new)
        if count * new.dtype.itemsize > len(self._region):
            self._region = _reserve(2 * count * new.dtype.itemsize)
        return torch.frombuffer(self._region, dtype=new.dtype, count=count).as_strided(new.size, new.stride)


def _reserve(size: int) -> mmap.mmap:
    """Reserve addresses alone, where the system can."""
    if sys.platform != "linux":
        return mmap.mmap(-1, size)
    no_reserve = 0x4000  # MAP_NORESERVE, which Python 3.11's mmap does not name
    return mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | no_reserve)
