"""Labels that leave the ball's track and come back.

A ball bounces, is hit and changes direction at once, so a sharp turn is no fault. What no ball
does is to cover a long way, and be back on its old course a frame or three later. Around 1 to 3
labels in question there are three lengths: the step out to the first, the step back from the last,
and the longest step that the track takes close by, just before and just after, together with
what it would take to go directly from the label before to the label after. Both steps out and
back must be longer than four times the latter. At a hit, one of the two steps belongs to the
flight before, or after, whose neighbouring steps are as long: that is never four times.

Where the track has no step before or after (its ball is hidden, or the clip begins or ends), a
label is not judged so. But a single step across a third of the picture is no ball's, whatever
stands around it.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import BALL_CLASSES, Clip
from tracknet_core.data.doctor.findings import Finding, Kind, frame_names

LONGEST = 3
"""Labels that may be off together."""

TIMES = 4.0
"""How many times as long as the track's own steps both steps must be."""

LEAST = 0.015
"""Both steps are at least this share of the picture's diagonal: a slow ball's labels tremble."""

FASTEST = 0.3
"""Share of the diagonal that no ball covers from one frame to the next: a tennis serve, the fastest
ball across the widest view, takes less than half of it at 25 frames a second."""


def jumping_labels(clip: Clip) -> Iterator[Finding]:
    """Find 1 to 3 labels in a row that are off a track which goes on without them, and steps too long."""
    xy = np.where(np.isin(clip.visibility, BALL_CLASSES)[:, None], clip.xy, np.nan)
    diagonal = float(np.hypot(*clip.frames.size))
    index = 1
    while index < len(xy):
        away = next((n for n in range(1, LONGEST + 1) if _leaps(xy, index, n, LEAST * diagonal)), 0)
        step = _length(xy[index] - xy[index - 1])
        frames = tuple(range(index, index + max(1, away)))
        if away:
            far = _length(xy[index] - (xy[index - 1] + xy[index + away]) / 2)
            yield _finding(clip, frames, f"the label leaps {far:.0f} px away from its track and back")
        elif step > FASTEST * diagonal:
            yield _finding(clip, frames, f"the label leaps {step:.0f} px in one frame")
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
    out, back = _length(first - before), _length(after - last)
    direct = _length(after - before) / (away + 1)
    usual = max(_length(before - earlier), _length(later - after), direct)
    return min(out, back) > max(TIMES * usual, least)


def _length(step: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(step))
