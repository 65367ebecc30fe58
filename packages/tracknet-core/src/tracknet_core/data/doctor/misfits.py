"""Labels that would fit better elsewhere: a neighbouring frame, or another place of the picture.

What moves shows where the ball is: at its place the picture differs both from the frame before and
from the frame after (:func:`footage.transience`), which holds for hardly any other place. So the
labels of a clip are tried as they are, and as each usual mistake would have made them: one or two
frames early or late (an extraction that lost its first frame, counting from 1), and with x and y
exchanged, or mirrored. Another reading is reported when it beats the labels as they are in at least
80 % of the frames, and shows at least 1.25 times as much that is there in one frame alone.

Frames count where both places lie in the picture and at least ``APART`` px from one another, and at
least ``FEWEST`` must: where the ball rests, all readings are the same. Where labels
are right, another reading wins hardly any frame (in synthetic clips at most three in ten, and those
only where the ball cannot be seen); where they are wrong in no particular way, half of them.

In small pictures a place of 5 px is much more than the ball, and holds players and whatever else
moves: there another reading must show more, and in tiny ones nothing is judged.
"""

from collections.abc import Iterator, Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.doctor.footage import ENOUGH, Footage
from tracknet_core.wording import counted

SHIFTS = (-2, -1, 1, 2)
"""Frames by which labels may be early or late."""

APART = 3.0
"""Px, at the size pictures are looked at, between two readings that can be told apart."""

FEWEST = 6
"""Frames that must tell two readings apart."""

WINS = 0.8
"""Share of them in which the other reading must be better."""

MORE = 1.25
"""How many times as much, on average, must be there in one frame alone. Noise is there in one frame alone
too, so in dark and noisy clips not even the right place shows twice as much as the wrong ones."""

MORE_IF_SMALL = 2.25
"""The same in pictures smaller than ``ENOUGH``. In synthetic ones of 320×180 px a wrong place showed up to
2.1 times as much as the right one."""

SMALLEST = (320, 180)
"""Width and height of pictures, px, below which nothing is judged: in synthetic ones of 128×96 px a wrong
place beat the right one in all frames, showing up to 2.8 times as much."""

_PLACES: Mapping[str, str] = {
    "with x and y exchanged": "Exchange the two columns.",
    "mirrored left to right": "Subtract x from the pictures' width - 1.",
    "counted from the lower edge": "Subtract y from the pictures' height - 1.",
}


@frozen
class _Reading:
    kind: Kind
    finds: str
    remedy: str


def readings(clip: Clip) -> NDArray[np.float64]:
    """Where the ball would be in each frame: ``[N, 8, 2]``, source px.

    The first reading is the labels as they are, then those of each of ``SHIFTS``, then each other
    place; nan where a reading says nothing.
    """
    xy = clip.ball_xy
    right, lower = clip.frames.size[0] - 1, clip.frames.size[1] - 1
    places = [xy[:, ::-1], (right, 0) + xy * (-1, 1), (0, lower) + xy * (1, -1)]
    return np.stack([xy, *(_shifted(xy, shift) for shift in SHIFTS), *places], axis=1)


def misfits(clip: Clip, footage: Footage, tried: NDArray[np.float64]) -> Iterator[Finding]:
    """Find the one reading, if any, that fits the pictures clearly better than the labels as they are.

    Args:
        clip: The clip.
        footage: What was seen at the readings' places.
        tried: What :func:`readings` gave.
    """
    if not _at_least(clip, SMALLEST):
        return
    more = MORE if _at_least(clip, ENOUGH) else MORE_IF_SMALL
    shown = footage.transience
    apart = np.linalg.norm(tried - tried[:, :1], axis=2) * footage.scale >= APART
    best: tuple[float, _Reading] | None = None
    for number, reading in enumerate(_all_readings(), start=1):
        both = apart[:, number] & np.isfinite(shown[:, number]) & np.isfinite(shown[:, 0])
        here, there = shown[both, 0], shown[both, number]
        if len(here) < FEWEST:
            continue
        clear = (there > here).mean() >= WINS and there.mean() >= more * here.mean()
        if clear and (best is None or there.mean() > best[0]):
            best = float(there.mean()), reading
    if best:
        _, reading = best
        yield Finding(
            kind=reading.kind,
            severity=Severity.ERROR,
            clip=clip.name,
            message=f"the labels {reading.finds}",
            remedy=reading.remedy,
        )


def _at_least(clip: Clip, size: tuple[int, int]) -> bool:
    width, height = clip.frames.size
    return width >= size[0] and height >= size[1]


def _all_readings() -> Iterator[_Reading]:
    for shift in SHIFTS:
        count = counted(abs(shift), "frame")
        late = "earlier" if shift > 0 else "later"
        yield _Reading(
            Kind.SHIFTED,
            f"fit the pictures {count} {late} better",
            f"Move the labels by {count}, or extract the pictures anew.",
        )
    for how, remedy in _PLACES.items():
        yield _Reading(Kind.MISPLACED, f"fit the pictures better {how}", remedy)


def _shifted(xy: NDArray[np.float64], shift: int) -> NDArray[np.float64]:
    """Give frame i the label of frame i + shift."""
    moved = np.full_like(xy, np.nan)
    if shift > 0:
        moved[:-shift] = xy[shift:]
    else:
        moved[-shift:] = xy[:shift]
    return moved
