"""``<stem>_ball.csv``: one row a frame."""

import csv
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.writing import writing

COLUMNS = ("Frame", "Visibility", "X", "Y", "Score", "Source", "Time")
"""The first four as TrackNetV3's tools read them; X and Y are empty where no ball is visible."""


def part_of(file: Path) -> Path:
    """Name a table while it is not complete."""
    return file.with_name(f"{file.name}.part")


class BallTable:
    """Writes points as they come to a ``.part`` file, which :meth:`finish` puts in its place.

    If the work is interrupted, the part stays, with whole rows only.

    Args:
        file: Where the finished table is to stand.
    """

    def __init__(self, file: Path) -> None:
        self.file = file
        self.part = part_of(file)
        self.rows = 0
        with writing(self.part):
            self._stream = self.part.open("w", newline="", encoding="utf-8")
        self._writer = csv.writer(self._stream, lineterminator="\n")
        self._writer.writerow(COLUMNS)

    def add(self, point: BallPoint) -> None:
        """Append the row of the next frame."""
        with writing(self.part):
            self._writer.writerow(row(point))
        self.rows += 1

    def flush(self) -> None:
        """Hand all rows to the operating system."""
        with writing(self.part):
            self._stream.flush()

    def finish(self) -> None:
        """Put the complete table in its place."""
        with writing(self.part):
            self._stream.flush()
            os.fsync(self._stream.fileno())
            self._stream.close()
            self.part.replace(self.file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._stream.close()
        except OSError:  # the disk is full: the last row may be torn
            _cut_to_whole_rows(self.part)
            if error is None:
                raise


def count_rows(file: Path) -> tuple[int, int]:
    """Count the rows of a table, and those of them with a ball."""
    with file.open(newline="", encoding="utf-8") as stream:
        visible = [row["Visibility"] == "1" for row in csv.DictReader(stream)]
    return len(visible), sum(visible)


def _cut_to_whole_rows(file: Path) -> None:
    with file.open("r+b") as stream:
        stream.truncate(stream.read().rfind(b"\n") + 1)


def row(point: BallPoint) -> tuple[str, ...]:
    """Return a point as the table has it: thousandths of a pixel, millionths of score and second."""
    time = f"{point.time:.6f}"
    if point.xy is None:
        return str(point.frame), "0", "", "", f"{point.score:.6f}", "", time
    x, y = (f"{value:.3f}" for value in point.xy)
    return str(point.frame), "1", x, y, f"{point.score:.6f}", point.source or "", time
