"""Frames that show the same picture as the frame before: a video that froze, or was stretched.

Two frames of a camera never agree in every pixel; its noise alone sees to that. So equal pictures
are copies. A copy that was compressed anew differs a little: it counts when it differs by less
than a tenth of what frames of this clip usually differ by, while its label says that the ball
moved. (Without that label a still camera over a still court, in a video whose encoder repeats
what does not move, would count.)
"""

from collections.abc import Iterator

import numpy as np

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind, frame_names
from tracknet_core.data.doctor.footage import Footage

LITTLE = 0.1
"""Share of the clip's median change below which a frame with a moving ball is a copy."""

MOVED = 2.0
"""Source px by which a label moves when its ball surely did."""


def repeated(clip: Clip, footage: Footage) -> Iterator[Finding]:
    """Find copies of the frame before; a row of them is one finding."""
    same = np.zeros(len(clip), dtype=np.bool_)
    same[1:] = footage.seen[1:] & (footage.digests[1:] == footage.digests[:-1])
    if np.isfinite(footage.change).any():
        ball = clip.ball
        moved = np.linalg.norm(np.diff(clip.xy, axis=0), axis=1) >= MOVED
        little = footage.change[1:] < LITTLE * np.nanmedian(footage.change)
        same[1:] |= little & moved & ball[1:] & ball[:-1]
    for frames in runs(same):
        yield Finding(
            kind=Kind.REPEATED,
            severity=Severity.WARNING,
            clip=clip.name,
            frames=frames,
            message=f"{frame_names(clip, frames)} "
            f"{'repeats' if len(frames) == 1 else 'repeat'} the picture of frame {frames[0] - 1}",
            remedy="Take repeated frames out, with their rows, or extract the frames anew.",
        )


def runs(flags: "np.ndarray[tuple[int], np.dtype[np.bool_]]") -> Iterator[tuple[int, ...]]:
    """Yield the places of each unbroken row of True."""
    places = np.flatnonzero(flags)
    for run in np.split(places, np.flatnonzero(np.diff(places) > 1) + 1):
        if len(run):
            yield tuple(run.tolist())
