"""Clips of pictures in memory."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import PictureError
from tracknet_core.data.geometry import Size


@frozen(eq=False)
class Film:
    """A frame store over arrays; a picture that is None cannot be read."""

    pictures: Sequence[NDArray[np.uint8] | None]
    size: Size
    first: int = 0
    step: int = 1

    def __len__(self) -> int:
        return len(self.pictures)

    def name(self, index: int) -> str:
        return f"{self.first + self.step * index:04d}.jpg"

    def fingerprint(self) -> str:
        return str(id(self))

    def read(self, index: int, at_least: Size | None = None) -> NDArray[np.uint8]:
        picture = self.pictures[index]
        if picture is None:
            raise PictureError(f"{self.name(index)}: is truncated or no picture. Restore it.")
        return picture


MakeClip = Callable[..., Clip]


@pytest.fixture
def clip_of() -> MakeClip:
    """Make a clip: ``xy`` ``[N, 2]`` with nan for no ball; black pictures unless given."""

    def make(
        xy: object,
        *,
        pictures: Sequence[NDArray[np.uint8] | None] | None = None,
        size: Size = (1280, 720),
        name: str = "game1/Clip1",
        split: str | None = None,
        visibility: Sequence[int] | None = None,
        first: int = 0,
        step: int = 1,
    ) -> Clip:
        places = np.array(xy, dtype=np.float64)
        black = np.zeros((size[1], size[0], 3), np.uint8)
        return Clip(
            game=name.partition("/")[0],
            name=name,
            frames=Film(pictures or [black] * len(places), size, first, step),
            visibility=np.array(visibility, np.uint8)
            if visibility is not None
            else np.isfinite(places).all(axis=1).astype(np.uint8),
            xy=places,
            split=split,
        )

    return make
