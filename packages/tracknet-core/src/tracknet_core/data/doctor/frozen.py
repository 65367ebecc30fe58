"""Labels that stand still while the ball leaves.

A tool that was not told of a new position repeats the last one; so does a tracker that lost its
ball. But a ball can lie still, hang at the top of a toss, or fly straight at the camera, and then
equal labels are right. The picture tells the two apart: a ball that is still there looks the same.
So at least three equal labels in a row are a finding when, in most frames after the first, what
stands at the label differs from what stood there in the first by far more than frames of this
clip differ anyway.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind, frame_names
from tracknet_core.data.doctor.footage import Footage
from tracknet_core.data.doctor.repeated import runs

SHORTEST = 3
"""Equal labels in a row. Two are common: labels are often whole px, and balls slow down."""

CORE = slice(1, 4)
"""The middle 3 px of a patch's 5: a small ball, and hardly anything else."""

LEFT = 1.6
"""How many times the clip's median change the place must change by for its ball to have left. Measured
on synthetic clips: a still place changes by 0.9 times it, a place that a ball has left by 2 to 20."""

LEAST = 4.0
"""And at least so many grey levels, in clips that hardly change."""

MOST = 0.5
"""Share of the frames after the first in which it must have."""


def frozen_labels(clip: Clip, footage: Footage) -> Iterator[Finding]:
    """Find rows of equal labels that the picture contradicts."""
    if not np.isfinite(footage.change).any():
        return
    enough = max(LEAST, LEFT * float(np.nanmedian(footage.change)))
    for frames in equal_labels(clip):
        differs = _difference(footage.patches[list(frames)])
        if len(differs) and (differs > enough).mean() >= MOST:
            x, y = clip.xy[frames[0]]
            yield Finding(
                kind=Kind.FROZEN,
                severity=Severity.WARNING,
                clip=clip.name,
                frames=frames,
                message=f"{frame_names(clip, frames)}: the label stays at ({x:g}, {y:g}) while the "
                "picture changes there",
                remedy="Correct the labels, or call the ball invisible.",
            )


def equal_labels(clip: Clip) -> Iterator[tuple[int, ...]]:
    """Yield rows of at least ``SHORTEST`` frames whose visible balls have one position."""
    ball = clip.ball
    as_before = np.zeros(len(clip), dtype=np.bool_)
    as_before[1:] = (clip.xy[1:] == clip.xy[:-1]).all(axis=1) & ball[1:] & ball[:-1]
    for run in runs(as_before):
        if len(run) + 1 >= SHORTEST:
            yield (run[0] - 1, *run)


def _difference(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean absolute difference of each later patch from the first, where both were seen."""
    cores = patches[:, CORE, CORE]
    differs = np.abs(cores[1:] - cores[0]).mean(axis=(1, 2))
    return np.asarray(differs[np.isfinite(differs)], dtype=np.float32)
