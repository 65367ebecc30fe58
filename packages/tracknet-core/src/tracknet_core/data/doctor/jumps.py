"""Labels that leave the ball's track and come back.

A ball bounces, is hit and turns at once, so a sharp turn is no fault. But at a turn, one step belongs
to the flight before it, the next to the flight after it, and each is about as long as its neighbour
in the same flight. A label that leapt has two long steps, there and back, between short ones. So 1 to 3
labels in a row leapt when both of their steps, there and back, are longer by the factor ``TIMES`` than
the ball's own step close by: the longest of the step before, the step after, and the way past them
divided by its frames. A ball that is hit twice within three frames does not do that either: between two
strokes it is no faster than before and after both.

Where one of the two labels before or after is missing (the ball is hidden, or the clip begins or
ends), a label is not judged.

One long step and no way back is no fault by itself: after a point, the next ball is at the server at
once. But a ball in flight does not turn into another one in flight: a step across a third of the
picture between two steps of moving balls is reported too.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind, frame_names

LONGEST = 3
"""Labels that may be off together."""

TIMES = 1.25
"""How many times the ball's own step close by both steps must be."""

LEAST = 0.015
"""And at least this share of the picture's diagonal: a slow ball's labels tremble."""

FASTEST = 0.3
"""Share of the diagonal that no ball covers from one frame to the next: a tennis serve, the fastest
ball across the widest view, takes less than half of it at 25 frames a second."""


def jumping_labels(clip: Clip) -> Iterator[Finding]:
    """Find 1 to 3 labels in a row that are off a track which goes on without them, and steps too long."""
    xy = clip.ball_xy
    diagonal = float(np.hypot(*clip.frames.size))
    index = 1
    while index < len(xy):
        away = next((n for n in range(1, LONGEST + 1) if _leaps(xy, index, n, LEAST * diagonal)), 0)
        frames = tuple(range(index, index + max(1, away)))
        step = _length(xy[index] - xy[index - 1])
        if away:
            far = _length(xy[index] - (xy[index - 1] + xy[index + away]) / 2)
            yield _finding(clip, frames, f"the label leaps {far:.0f} px away from its track and back")
        elif step > FASTEST * diagonal and _in_flight(xy, index, LEAST * diagonal):
            yield _finding(
                clip, frames, f"the label leaps {step:.0f} px in one frame, out of flight into flight"
            )
        index += away + 1 if away else 1  # the step back is of the same leap


def _finding(clip: Clip, frames: tuple[int, ...], message: str) -> Finding:
    return Finding(
        kind=Kind.JUMP,
        severity=Severity.WARNING,
        clip=clip.name,
        frames=frames,
        message=f"{frame_names(clip, frames)}: {message}",
        remedy="Correct it, or call the ball invisible.",
    )


def _leaps(xy: NDArray[np.float64], index: int, away: int, least: float) -> bool:
    """Whether ``away`` labels from ``index`` are off; False where a label that would tell is missing."""
    around = xy[max(0, index - 2) : index + away + 2]
    if index < 2 or len(around) < away + 4 or not np.isfinite(around).all():
        return False
    earlier, before, first = around[:3]
    last, after, later = around[-3:]
    own = max(_length(before - earlier), _length(later - after), _length(after - before) / (away + 1))
    return min(_length(first - before), _length(after - last)) > max(TIMES * own, least)


def _in_flight(xy: NDArray[np.float64], index: int, least: float) -> bool:
    """Whether the ball moves both just before and just after the step to ``index``."""
    if not 2 <= index < len(xy) - 1:
        return False
    return _length(xy[index - 1] - xy[index - 2]) > least and _length(xy[index + 1] - xy[index]) > least


def _length(step: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(step))
