"""Ball positions in CSV files that anybody wrote: predictions, and labels beside videos.

Two headers are understood, in any order of columns and with further ones beside them::

    Frame,Visibility,X,Y,Score,Diameter      as TrackNetV3's tools and tracknet predict write
    file name,visibility,x-coordinate,y-coordinate      Label.csv of the tennis data set

Score and Diameter, the ball's in source px, may be absent or empty.
"""

import csv
import itertools
import math
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.numbers import finite, shortest
from tracknet_core.data.order import natural

BALL_COLUMNS = ("frame", "visibility", "x", "y")
LABEL_COLUMNS = ("file name", "visibility", "x-coordinate", "y-coordinate")
VISIBILITIES = (0, 1, 2, 3)
ALWAYS_PLACED = (1, 2)
"""Classes that must have coordinates; a hidden ball may have them."""
MOST_FRAMES = 10**7
"""A larger frame number is taken for a slip of the pen; at 30 fps it is the 92nd hour."""


@frozen(kw_only=True, eq=False)
class BallCsv:
    """What one file says of the N frames from 0 to the last it names.

    Attributes:
        file: Where it was read.
        visibility: ``[N]``, 0 to 3; 0 too where the file leaves a frame out.
        xy: Source pixel indices, ``[N, 2]``; nan where the file has no ball.
        score: ``[N]``, nan where the file has no ball; None when it has no scores.
        diameter: Of the ball in source px, ``[N]``, nan where unknown; None when it has none.
        line: ``[N]``, line of the file that a frame stands in, from 1; 0 where it leaves it out.
    """

    file: Path
    visibility: NDArray[np.uint8]
    xy: NDArray[np.float64]
    score: NDArray[np.float64] | None
    diameter: NDArray[np.float64] | None
    line: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.visibility)


def read_ball_csv(file: Path) -> BallCsv:
    """Read a file with either header; pictures of a ``Label.csv`` count from 0 in the order of names.

    Raises:
        UserError: The file is missing or no such CSV; the message names the line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            header = {(name or "").strip().lower(): name for name in rows.fieldnames or ()}
            table = [(rows.line_num, row) for row in rows]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(
            f"{file}: cannot be read as CSV ({error}). Restore it, or save it as UTF-8."
        ) from None
    for columns in (BALL_COLUMNS, LABEL_COLUMNS):
        if set(columns) <= header.keys():
            break
    else:
        raise UserError(
            f"{file}:1: has columns {', '.join(header) or 'none'}. Needed are Frame,Visibility,X,Y "
            f"(or {','.join(LABEL_COLUMNS)})."
        )
    if not table:
        raise UserError(f"{file}: has no rows. Write one a frame.")
    cells = [(line, {key: (row[name] or "").strip() for key, name in header.items()}) for line, row in table]
    if columns is LABEL_COLUMNS:
        cells = _numbered(cells, file)
    return _collected(cells, columns, file, header)


def write_ball_csv(
    file: Path,
    *,
    start: int,
    visibility: NDArray[np.uint8],
    xy: NDArray[np.float64],
    diameter: NDArray[np.float64] | None = None,
    absent: str = "",
) -> None:
    """Write ``Frame,Visibility,X,Y`` for N frames; numbers keep their exact value.

    Args:
        file: Where to write.
        start: Number of the first frame.
        visibility: ``[N]``, 0 to 3.
        xy: Source pixel indices, ``[N, 2]``; nan where there is none.
        diameter: Of the ball in source px, ``[N]``, nan where unknown; a column where any is known.
        absent: What stands for the coordinates of no ball; a hidden ball without a place has none.
    """
    sized = diameter is not None and not np.isnan(diameter).all()
    columns = (*BALL_COLUMNS, "diameter") if sized else BALL_COLUMNS
    values = xy if diameter is None or not sized else np.column_stack([xy, diameter])
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow([column.capitalize() for column in columns])
        for frame, (seen, numbers) in enumerate(
            zip(visibility.tolist(), values.tolist(), strict=True), start
        ):
            cells = [shortest(value) if seen and not math.isnan(value) else "" for value in numbers]
            writer.writerow((frame, seen, *(cells if seen else [absent, absent, *cells[2:]])))


Cells = list[tuple[int, dict[str, str]]]


def _numbered(cells: Cells, file: Path) -> Cells:
    """Number pictures from 0 in the order of their names."""
    ordered = sorted(cells, key=lambda cell: natural(cell[1]["file name"]))
    for (_, before), (line, row) in itertools.pairwise(ordered):
        if before["file name"] == row["file name"]:
            raise UserError(f"{file}:{line}: {row['file name']} is in two rows. Keep one.")
    return [(line, row | {"frame": str(frame)}) for frame, (line, row) in enumerate(ordered)]


def _collected(cells: Cells, columns: tuple[str, ...], file: Path, header: Collection[str]) -> BallCsv:
    _, visible_column, x, y = columns
    frames = [_whole(row, "frame", f"{file}:{line}") for line, row in cells]
    count = max(frames, default=-1) + 1
    visibility = np.zeros(count, dtype=np.uint8)
    xy = np.full((count, 2), np.nan)
    score, diameter = np.full((2, count), np.nan)
    seen = np.zeros(count, dtype=np.int64)
    for frame, (line, row) in zip(frames, cells, strict=True):
        place = f"{file}:{line}"
        if seen[frame]:
            raise UserError(
                f"{place}: frame {frame} was already in line {seen[frame]}. Keep one row a frame."
            )
        seen[frame] = line
        visibility[frame] = _visibility(row, visible_column, place)
        if visibility[frame] in ALWAYS_PLACED or (visibility[frame] and (row[x] or row[y])):
            if not (row[x] and row[y]):
                raise UserError(
                    f"{place}: visibility is {visibility[frame]}, but a coordinate is missing. "
                    "Write both coordinates, or visibility 0."
                )
            xy[frame] = _number(row, x, place), _number(row, y, place)
            score[frame] = _number(row, "score", place) if row.get("score") else 0.0
            diameter[frame] = _diameter(row, place)
    return BallCsv(
        file=file,
        visibility=visibility,
        xy=xy,
        score=score if "score" in header else None,
        diameter=None if np.isnan(diameter).all() else diameter,
        line=seen,
    )


def _whole(row: Mapping[str, str], column: str, place: str) -> int:
    value = _number(row, column, place)
    if not 0 <= value < MOST_FRAMES or value != int(value):
        raise UserError(f"{place}: {column} is {row[column]!r}. Frames count 0, 1, 2 and so on.")
    return int(value)


def _visibility(row: Mapping[str, str], column: str, place: str) -> int:
    value = _whole(row, column, place)
    if value not in VISIBILITIES:
        raise UserError(
            f"{place}: {column} is {value}. Write 0 (none), 1 (clear), 2 (hard to see) or 3 (hidden)."
        )
    return value


def _number(row: Mapping[str, str], column: str, place: str) -> float:
    value = finite(row[column])
    if value is None:
        raise UserError(f"{place}: {column} is {row[column]!r}, not a number. Correct it.")
    return value


def _diameter(row: Mapping[str, str], place: str) -> float:
    """Of the ball in px; nan where it is not told."""
    if not row.get("diameter"):
        return math.nan
    value = _number(row, "diameter", place)
    if value <= 0:
        raise UserError(f"{place}: diameter is {row['diameter']}. Write the ball's in px, or leave it empty.")
    return value
