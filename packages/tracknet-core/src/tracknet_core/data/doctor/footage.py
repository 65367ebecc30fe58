"""One pass through a clip's pictures, in order, keeping numbers instead of pictures.

Every other file here works on what this one saw, so that each frame is decoded once and only
three are in memory at a time, however long the clip.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.geometry import rescale
from tracknet_core.progress import Task

if TYPE_CHECKING:
    from collections.abc import Mapping

ENOUGH = (640, 360)
"""Width and height at which pictures are looked at, px. A ball of 6 px at 1280×720 still covers 3."""

REACH = 2
"""A place is a square of 2 · 2 + 1 = 5 px at that size: about a ball, and little around it."""

Picture = NDArray[np.uint8]


@frozen(kw_only=True, eq=False)
class Footage:
    """What was seen of a clip of N frames.

    Attributes:
        errors: What the frame store says of frames that it cannot read, by frame.
        digests: ``[N]`` of the decoded pictures: equal where they are; 0 where none was seen.
        change: ``[N]`` mean absolute difference from the frame before, in grey levels; nan for the
            first, and beside frames that were not seen.
        transience: ``[N, P]`` for each frame and each place asked for: how much of what is there
            is there in no neighbouring frame, in grey levels; see :func:`transience`. nan where the
            place is off the picture or a neighbour was not seen.
        patches: ``[N, 5, 5]`` what stands at the first place, as grey levels; nan where not seen.
        scale: Px at which the pictures were looked at, over source px.
    """

    errors: "Mapping[int, UserError]"
    digests: NDArray[np.uint64]
    change: NDArray[np.float32]
    transience: NDArray[np.float32]
    patches: NDArray[np.float32]
    scale: float

    @property
    def seen(self) -> NDArray[np.bool_]:
        """``[N]`` whether a frame was decoded."""
        return np.asarray(self.digests != 0, dtype=np.bool_)


def watch(clip: Clip, places: NDArray[np.float64], frames: int, task: Task) -> Footage:
    """Look at the first frames of a clip.

    Args:
        clip: The clip.
        places: ``[N, P, 2]`` where to look in each frame, source px; nan for nowhere.
        frames: How many to look at, from the first.
        task: Told of every frame.
    """
    view = _View(clip, places)
    for index in range(frames):
        view.see(index)
        task.advance()
    return view.footage()


def transience(before: NDArray[np.float32], now: NDArray[np.float32], after: NDArray[np.float32]) -> float:
    """How much of a patch is there in this frame alone, in grey levels.

    The mean over the patch of ``min(abs(now - before), abs(now - after))``: background differs from
    neither neighbour, what the ball has just left or is about to reach from one of them only; the
    ball itself, once it moves by its own size, from both.
    """
    return float(np.minimum(np.abs(now - before), np.abs(now - after)).mean())


class _View:
    """Three frames, and what is noted of them."""

    def __init__(self, clip: Clip, places: NDArray[np.float64]) -> None:
        count = len(clip)
        self._frames = clip.frames
        self._places = places
        self._last: list[tuple[int, Picture] | None] = [None, None]
        self._scale = 0.0
        self._errors: dict[int, UserError] = {}
        self._digests = np.zeros(count, dtype=np.uint64)
        self._change = np.full(count, np.nan, dtype=np.float32)
        self._transience = np.full(places.shape[:2], np.nan, dtype=np.float32)
        self._patches = np.full((count, 2 * REACH + 1, 2 * REACH + 1), np.nan, dtype=np.float32)

    def see(self, index: int) -> None:
        picture = self._read(index)
        before, middle = self._last
        if picture is not None and middle is not None:
            import cv2

            self._change[index] = cv2.absdiff(picture, middle[1]).mean()
        if picture is not None and middle is not None and before is not None:
            self._compare(middle[0], before[1], middle[1], picture)
        self._last = [middle, (index, picture) if picture is not None else None]

    def footage(self) -> Footage:
        return Footage(
            errors=self._errors,
            digests=self._digests,
            change=self._change,
            transience=self._transience,
            patches=self._patches,
            scale=self._scale,
        )

    def _read(self, index: int) -> Picture | None:
        try:
            picture = self._grey(self._frames.read(index, at_least=ENOUGH))
        except UserError as error:
            self._errors[index] = error
            return None
        digest = hashlib.blake2b(picture.tobytes(), digest_size=8).digest()
        self._digests[index] = max(1, int.from_bytes(digest))
        patch = _patch(picture, self._at(index, 0))
        if patch is not None:
            self._patches[index] = patch
        return picture

    def _grey(self, picture: Picture) -> Picture:
        import cv2

        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        shrink = min(grey.shape[1] // ENOUGH[0], grey.shape[0] // ENOUGH[1])
        if shrink > 1:  # a store that cannot decode at a smaller size
            size = grey.shape[1] // shrink, grey.shape[0] // shrink
            grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
        self._scale = grey.shape[1] / self._frames.size[0]
        return np.asarray(grey, dtype=np.uint8)

    def _compare(self, index: int, before: Picture, now: Picture, after: Picture) -> None:
        for place in range(self._places.shape[1]):
            patches = [_patch(picture, self._at(index, place)) for picture in (before, now, after)]
            first, middle, last = patches
            if first is not None and middle is not None and last is not None:
                self._transience[index, place] = transience(first, middle, last)

    def _at(self, index: int, place: int) -> NDArray[np.float64]:
        """A place in px of the picture as it is looked at."""
        size = self._frames.size
        to = (round(size[0] * self._scale), round(size[1] * self._scale))
        place_xy: NDArray[np.float64] = self._places[index, place]
        return rescale(place_xy + 0.5, size, to) - 0.5


def _patch(picture: Picture, at: NDArray[np.float64]) -> NDArray[np.float32] | None:
    if not np.isfinite(at).all():
        return None
    x, y = np.rint(at).astype(np.int64).tolist()
    height, width = picture.shape
    if not (REACH <= x < width - REACH and REACH <= y < height - REACH):
        return None
    return picture[y - REACH : y + REACH + 1, x - REACH : x + REACH + 1].astype(np.float32)
