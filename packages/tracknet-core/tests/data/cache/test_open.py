import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from tracknet_core.config.problems import ConfigError
from tracknet_core.config.schema import DataConfig, PreprocessConfig
from tracknet_core.data.cache.frame_cache import FrameCache
from tracknet_core.data.cache.open import open_cache, reserve
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips
from tracknet_core.progress import Silent

SIZE = (32, 16)


def picture(level: int) -> np.ndarray:
    return np.full((SIZE[1], SIZE[0], 3), level, np.uint8)


def data(cache: Literal["none", "ram", "disk"], resize: tuple[int, int] = SIZE) -> DataConfig:
    return DataConfig(preprocess=PreprocessConfig(resize=resize), cache=cache)


@pytest.fixture
def clips(tiny_tracknet: Callable[..., Path]) -> list[Clip]:
    return load_clips(DataConfig(root=(str(tiny_tracknet(games=2)),)))


@pytest.fixture(params=["none", "ram", "disk"])
def any_cache(
    request: pytest.FixtureRequest, clips: list[Clip], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> FrameCache:
    monkeypatch.setenv("TRACKNET_CACHE", str(tmp_path / "cache"))
    return open_cache(clips, data(request.param))


def test_what_is_put_is_got(any_cache: FrameCache) -> None:
    assert any_cache.get(1, 2) is None
    any_cache.put(1, 2, picture(7))
    any_cache.put(0, 3, picture(8))
    for clip, frame, level in ((1, 2, 7), (0, 3, 8)):
        kept = any_cache.get(clip, frame)
        assert kept is not None
        np.testing.assert_array_equal(kept, picture(level))
    assert any_cache.get(1, 3) is None


def test_what_is_got_cannot_be_written_to_and_is_no_copy(any_cache: FrameCache) -> None:
    any_cache.put(0, 0, picture(7))
    first, second = any_cache.get(0, 0), any_cache.get(0, 0)
    assert first is not None
    assert second is not None
    assert np.shares_memory(first, second)
    with pytest.raises(ValueError, match="read-only"):
        first[:] = 0


def test_every_cache_pickles(any_cache: FrameCache) -> None:
    any_cache.put(0, 0, picture(7))
    copy = pickle.loads(pickle.dumps(any_cache))
    copy.put(0, 1, picture(8))
    np.testing.assert_array_equal(copy.get(0, 1), picture(8))


@pytest.mark.parametrize(
    "start", [open_cache, lambda clips, data: reserve(clips, data, Silent())], ids=["open", "reserve"]
)
def test_more_memory_than_there_is_is_refused_before_anything_starts(
    clips: list[Clip], start: Callable[[list[Clip], DataConfig], object]
) -> None:
    with pytest.raises(
        ConfigError, match=r"data.cache: ram takes .* GiB, and this machine has .* Set it to disk"
    ):
        start(clips, data("ram", (1_000_000, 1_000_000)))
