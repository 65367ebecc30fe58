"""``limit_val_batches``: measure on the beginning of every clip."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from tracknet_core.config.plan import Plan
from tracknet_core.training.sampling import batches_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracknet_core.data.clips import Clip, FrameStore


@frozen(eq=False)
class _FirstFrames:
    store: "FrameStore"
    count: int

    @property
    def size(self) -> tuple[int, int]:
        return self.store.size

    def __len__(self) -> int:
        return self.count

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> "NDArray[np.uint8]":
        return self.store.read(index, at_least)

    def name(self, index: int) -> str:
        return self.store.name(index)

    def fingerprint(self) -> str:
        return f"{self.store.fingerprint()}[:{self.count}]"


def limited_clips(clips: "Sequence[Clip]", plan: Plan) -> "Sequence[Clip]":
    """Shorten clips to what ``limit_val_batches`` leaves.

    The limit is spread evenly: each clip keeps the same share of its frames, from the first on,
    and at least one, so that every clip is still measured.
    """
    limit = plan.training.limit_val_batches
    if limit is None or not clips:
        return clips
    frames = sum(map(len, clips))
    batches = math.ceil(frames / (plan.training.batch_size * plan.frames))
    share = batches_of(batches, limit) / batches
    return [_beginning(clip, math.ceil(share * len(clip))) for clip in clips]


def _beginning(clip: "Clip", count: int) -> "Clip":
    return evolve(
        clip,
        frames=_FirstFrames(clip.frames, count),
        visibility=clip.visibility[:count],
        xy=clip.xy[:count],
        diameter=None if clip.diameter is None else clip.diameter[:count],
    )
