import numpy as np

from tracknet_core.data.cache.recent import RecentFrames


def picture(level: int) -> np.ndarray:
    return np.full((16, 32, 3), level, np.uint8)


def test_what_was_used_least_recently_is_dropped() -> None:
    recent = RecentFrames(limit=2 * picture(0).nbytes)
    recent.put(0, 0, picture(0))
    recent.put(0, 1, picture(1))
    recent.get(0, 0)
    recent.put(0, 2, picture(2))
    assert [recent.get(0, frame) is not None for frame in range(3)] == [True, False, True]


def test_a_frame_put_again_counts_once() -> None:
    recent = RecentFrames(limit=2 * picture(0).nbytes)
    recent.put(0, 0, picture(0))
    for _ in range(5):
        recent.put(0, 1, picture(1))
    assert recent.get(0, 0) is not None
