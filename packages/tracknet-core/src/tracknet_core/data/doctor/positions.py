"""Labels that contradict themselves or the picture's size, in clips of any format."""

from collections.abc import Iterator

import numpy as np

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind, frame_names
from tracknet_core.data.geometry import off_picture


def outside(clip: Clip) -> Iterator[Finding]:
    """Find positions off the picture."""
    width, height = clip.frames.size
    known = np.isfinite(clip.xy).all(axis=1) & (clip.visibility > 0)
    for index in np.flatnonzero(off_picture(clip.xy, clip.frames.size) & known).tolist():
        x, y = clip.xy[index]
        yield Finding(
            kind=Kind.OUTSIDE,
            severity=Severity.ERROR,
            clip=clip.name,
            frames=(index,),
            message=f"{frame_names(clip, [index])}: ({x:g}, {y:g}) lies outside the picture of "
            f"{width}×{height} px",
            remedy="Correct it, or call the ball invisible.",
        )


def without_position(clip: Clip) -> Iterator[Finding]:
    """Find balls that are called visible and have no position."""
    for index in np.flatnonzero(clip.ball & ~np.isfinite(clip.xy).all(axis=1)).tolist():
        yield Finding(
            kind=Kind.NO_POSITION,
            severity=Severity.ERROR,
            clip=clip.name,
            frames=(index,),
            message=f"{frame_names(clip, [index])}: visibility is {clip.visibility[index]}, "
            "but there is no position",
            remedy="Write the position, or call the ball invisible.",
        )
