"""How an engine shares the cores among batches."""

import torch
from attrs import frozen

MOST = 4
"""Batches computed at the same time at most: each needs memory of its own."""


@frozen(kw_only=True)
class Lanes:
    """Batches side by side, each with threads of its own.

    They never wait for each other, as the threads of a single batch do wherever a core is taken by
    somebody else, such as the decoder of the video.

    Attributes:
        count: Batches computed at the same time.
        threads: Threads for each.
    """

    count: int
    threads: int

    @classmethod
    def here(cls) -> "Lanes":
        """Share as many cores as torch would use, which ``OMP_NUM_THREADS`` limits."""
        cores = torch.get_num_threads()
        count = min(MOST, cores)
        return cls(count=count, threads=cores // count)
