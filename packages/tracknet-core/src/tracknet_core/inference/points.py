"""Where the ball is, frame by frame: what prediction gives."""

from typing import Literal

from attrs import frozen


@frozen(kw_only=True)
class BallPoint:
    """Where the ball is in one frame of a source.

    Attributes:
        frame: Number of the frame in the source, from 0.
        time: When the frame is shown, seconds.
        xy: Position in source pixel indices, inside the picture; None where no ball is seen.
        score: Score of the detection; 0 where there is none, in interpolated points too.
        source: ``detected``, ``tracked`` or ``interpolated`` (see ``TrackPoint``); None where no
            ball is seen.
    """

    frame: int
    time: float
    xy: tuple[float, float] | None
    score: float
    source: Literal["detected", "tracked", "interpolated"] | None
