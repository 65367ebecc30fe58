"""How much there is of what: by side of the split and by game."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.clips import BALL_CLASSES, Clip
from tracknet_core.data.order import natural

SPEED_BINS = (0.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
"""Lower ends of the classes of speed, in source px a frame; the last has no upper end."""

QUANTILES = (0.1, 0.5, 0.9, 1.0)


@frozen(kw_only=True)
class Counts:
    """What some clips hold.

    Attributes:
        games: Number of games.
        clips: Number of clips.
        frames: Number of frames.
        by_visibility: Frames of each class, 0 to 3.
        speed: ``QUANTILES`` of the ball's speed, in source px a frame; empty if it never is visible
            in two frames in a row.
        speed_in_diagonals: The same as a share of the picture's diagonal.
        speed_histogram: Frames in each class of ``SPEED_BINS``.
        sizes: Frames of each width and height.
        fps: Clips of each rate; None where it is not known.
    """

    games: int
    clips: int
    frames: int
    by_visibility: tuple[int, int, int, int]
    speed: tuple[float, ...]
    speed_in_diagonals: tuple[float, ...]
    speed_histogram: tuple[int, ...]
    sizes: Mapping[tuple[int, int], int]
    fps: Mapping[float | None, int]

    @property
    def without_ball(self) -> float:
        """Share of frames whose ball is not to be found: not in the picture, or occluded."""
        return 1 - sum(self.by_visibility[c] for c in BALL_CLASSES) / max(1, self.frames)


def count(clips: Sequence[Clip]) -> Counts:
    """Count what clips hold."""
    visibility = np.concatenate([np.empty(0, np.uint8), *(clip.visibility for clip in clips)])
    classes = np.bincount(visibility, minlength=4).tolist()
    speeds = [speeds_of(clip) for clip in clips]
    relative = [
        of_clip / float(np.hypot(*clip.frames.size)) for of_clip, clip in zip(speeds, clips, strict=True)
    ]
    speed = _finite(speeds)
    histogram, _ = np.histogram(speed, bins=[*SPEED_BINS, np.inf])
    sizes: Counter[tuple[int, int]] = Counter()
    for clip in clips:
        sizes[clip.frames.size] += len(clip)
    return Counts(
        games=len({clip.game for clip in clips}),
        clips=len(clips),
        frames=len(visibility),
        by_visibility=(classes[0], classes[1], classes[2], classes[3]),
        speed=_quantiles(speed),
        speed_in_diagonals=_quantiles(_finite(relative)),
        speed_histogram=tuple(histogram.tolist()),
        sizes=dict(sizes),
        fps=dict(Counter(clip.fps for clip in clips)),
    )


def count_by(clips: Sequence[Clip], names: Iterable[str | None]) -> dict[str, Counts]:
    """Count groups of clips.

    Args:
        clips: The clips.
        names: Name of each clip's group; None for none.
    """
    groups: dict[str, list[Clip]] = {}
    for clip, name in zip(clips, names, strict=True):
        if name is not None:
            groups.setdefault(name, []).append(clip)
    return {name: count(groups[name]) for name in sorted(groups, key=natural)}


def speeds_of(clip: Clip) -> NDArray[np.float64]:
    """``[N]`` px from the frame before, at the source; nan unless the ball is visible in both."""
    xy = clip.ball_xy
    return np.concatenate([[np.nan], np.linalg.norm(np.diff(xy, axis=0), axis=1)])


def _finite(parts: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    everything = np.concatenate([np.empty(0), *parts])
    return np.asarray(everything[np.isfinite(everything)], dtype=np.float64)


def _quantiles(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(np.quantile(values, QUANTILES).tolist()) if len(values) else ()
