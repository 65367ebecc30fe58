"""The rows of a ball CSV as the labels of a clip."""

from typing import TYPE_CHECKING

from attrs import evolve, frozen

from tracknet_core.config.problems import UserError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from tracknet_core.data.video.frames import VideoFrames


@frozen(kw_only=True, eq=False)
class Rows:
    """What a CSV says of N consecutive frames.

    Attributes:
        file: The CSV.
        start: Number of the first frame.
        visibility: ``[N]``.
        xy: ``[N, 2]``, source pixel indices; nan where there is no ball or no known place.
        diameter: Of the ball in source px, ``[N]``, nan where unknown; None where it has none.
        line: ``[N]``, line of the CSV that each frame stands in.
    """

    file: "Path"
    start: int
    visibility: "NDArray[np.uint8]"
    xy: "NDArray[np.float64]"
    diameter: "NDArray[np.float64] | None"
    line: "NDArray[np.int64]"

    def __len__(self) -> int:
        return len(self.visibility)


def read_rows(file: "Path") -> Rows:
    """Read ``Frame,Visibility,X,Y``; the frames from the first row's to the last one's are the clip.

    Raises:
        UserError: It cannot be read, or leaves out a frame in between: whether that shows a ball is
            unknown, and taking it out would tear a hole in time.
    """
    import numpy as np

    from tracknet_core.data.ball_csv import read_ball_csv

    table = read_ball_csv(file)
    named = np.flatnonzero(table.line)
    start = int(named[0])
    if len(named) < len(table) - start:
        left_out = start + int(np.flatnonzero(table.line[start:] == 0)[0])
        raise UserError(
            f"{file}:{table.line[left_out - 1]}: leaves out frame {left_out}. "
            "Add its row (visibility 0 if there is no ball)."
        )
    return Rows(
        file=file,
        start=start,
        visibility=table.visibility[start:],
        xy=table.xy[start:],
        diameter=None if table.diameter is None else table.diameter[start:],
        line=table.line[start:],
    )


def frames_of(rows: Rows, video: "VideoFrames") -> "VideoFrames":
    """Take the frames of a whole video that the rows are about.

    Raises:
        UserError: A row is about a frame that the video does not have; the message names its line.
    """
    if rows.start + len(rows) > len(video):
        line = rows.line[max(0, len(video) - rows.start)]
        raise UserError(
            f"{rows.file}:{line}: is about frame {max(rows.start, len(video))}, but {video.file} has frames "
            f"0 to {len(video) - 1}. Delete the row, or restore the video."
        )
    return evolve(video, start=rows.start, count=len(rows))


def require_inside(
    file: "Path", line: "NDArray[np.int64]", xy: "NDArray[np.float64]", size: tuple[int, int]
) -> None:
    """Refuse a position outside the picture.

    Args:
        file: Where the labels stand.
        line: Line of each label, ``[N]``.
        xy: Source pixel indices, ``[N, 2]``; nan where there is none.
        size: Width and height of the pictures, px.

    Raises:
        UserError: There is one; the message names its line.
    """
    import numpy as np

    from tracknet_core.data.geometry import off_picture

    outside = off_picture(xy, size)
    if outside.any():
        first = int(np.argmax(outside))
        x, y = xy[first].tolist()
        raise UserError(
            f"{file}:{line[first]}: ({x:g}, {y:g}) lies outside the picture of {size[0]}×{size[1]} px. "
            "Correct it, or write that there is no ball."
        )
