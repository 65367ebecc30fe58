import os
from multiprocessing import get_context

import numpy as np
import pytest

from tracknet_core.data.cache.memory import MemoryFrames

SIZE = (32, 16)


def picture(level: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def _put(frames: MemoryFrames, level: int) -> None:
    frames.put(0, level, picture(level))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only forked processes share memory")
def test_forked_processes_share_memory() -> None:
    frames = MemoryFrames([4], SIZE)
    for level in (1, 2):
        worker = get_context("fork").Process(target=_put, args=(frames, level))
        worker.start()
        worker.join()
    assert frames.get(0, 0) is None
    for level in (1, 2):
        np.testing.assert_array_equal(frames.get(0, level), picture(level))
