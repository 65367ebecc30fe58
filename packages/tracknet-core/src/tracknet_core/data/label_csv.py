"""``Label.csv``: where the ball is in each picture of a folder.

One row a frame, in any order, columns in any order::

    file name,visibility,x-coordinate,y-coordinate,status
    0000.jpg,1,599,423,0
    0001.jpg,0,,,

Visibility is 0 (no ball in the picture), 1 (clear), 2 (hard to see) or 3 (occluded). Coordinates
are pixel indices, so the picture spans -0.5 to width - 0.5; they must be there for 1 and 2, may be
for 3, and are blank, or ignored, for 0. ``status`` (0 flying, 1 hit, 2 bouncing) may be missing:
nothing here depends on it. A column ``diameter``, the ball's in source px, may be added; blank where
unknown.
"""

import csv
import io
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path, PureWindowsPath

from attrs import evolve, frozen

from tracknet_core.data.numbers import finite, shortest

COLUMNS = ("file name", "visibility", "x-coordinate", "y-coordinate", "status")
DIAMETER = "diameter"
_REQUIRED = COLUMNS[:4]
_NAME, _VISIBILITY, _X, _Y, _STATUS = COLUMNS
_VISIBLE = (1, 2)
_VISIBILITIES = (0, 1, 2, 3)


@frozen(kw_only=True)
class Label:
    """One row.

    Attributes:
        name: File name of the picture.
        visibility: 0 to 3.
        xy: Ball centre in source pixel indices; None where there is none.
        status: As written; empty where unknown.
        diameter: Of the ball, source px; None where unknown.
    """

    name: str
    visibility: int
    xy: tuple[float, float] | None
    status: str = ""
    diameter: float | None = None


def read_labels(
    file: Path, pictures: Collection[str], size: tuple[int, int]
) -> tuple[list[Label], list[str]]:
    """Read and check a label file.

    Args:
        file: The file; UTF-8, with or without a byte order mark.
        pictures: Names of the pictures beside it.
        size: Width and height of the pictures, in px.

    Returns:
        The labels, and what is wrong: one line a fault, with place and remedy. The labels are
        complete if there is no fault.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        return [], [f"{file}:{line}: is not UTF-8. Save the file as UTF-8."]
    except OSError as error:
        return [], [f"{file}: cannot be read ({error.strerror}). Restore it."]
    return _Reading(file, frozenset(pictures), size).read(text)


def write_labels(file: Path, labels: Iterable[Label]) -> None:
    """Write a label file; numbers keep their exact value. Diameters are a column where any is known."""
    labels = list(labels)
    sized = any(label.diameter is not None for label in labels)
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow((*COLUMNS, DIAMETER) if sized else COLUMNS)
        for label in labels:
            x, y = map(shortest, label.xy) if label.xy else ("", "")
            row = (label.name, label.visibility, x, y, label.status)
            diameter = "" if label.diameter is None else shortest(label.diameter)
            writer.writerow((*row, diameter) if sized else row)


class _RowError(Exception):
    """What is wrong with one row."""


class _Reading:
    """Reads one file, gathering faults instead of stopping at the first."""

    def __init__(self, file: Path, pictures: frozenset[str], size: tuple[int, int]) -> None:
        self._file = file
        self._pictures = pictures
        self._size = size
        self._faults: list[str] = []
        self._line_of: dict[str, int] = {}

    def read(self, text: str) -> tuple[list[Label], list[str]]:
        rows = csv.reader(io.StringIO(text, newline=""), strict=True)
        labels: list[Label] = []
        try:
            if header := self._header(next(rows, [])):
                for row in rows:
                    if any(cell.strip() for cell in row):
                        labels += self._row(header, row, rows.line_num)
                self._check_coverage(rows.line_num)
        except csv.Error as error:
            self._fault(rows.line_num, f"is not a CSV ({error}). Look for an unclosed quotation mark")
        return labels, self._faults

    def _fault(self, line: int, what: str) -> None:
        self._faults.append(f"{self._file}:{line}: {what}.")

    def _header(self, row: Sequence[str]) -> list[str] | None:
        names = [cell.strip().lower() for cell in row]
        missing = [name for name in _REQUIRED if name not in names]
        repeated = sorted({name for name in names if name in (*COLUMNS, DIAMETER) and names.count(name) > 1})
        expected = f"The first line must be: {','.join(COLUMNS)}"
        if not any(names):
            self._fault(1, f"is empty. {expected}")
        elif missing:
            self._fault(1, f"has no column {_listed(missing)}. {expected}")
        elif repeated:
            self._fault(1, f"has the column {_listed(repeated)} twice. {expected}")
        else:
            return names
        return None

    def _row(self, header: Sequence[str], row: Sequence[str], line: int) -> list[Label]:
        try:
            if len(row) != len(header):
                raise _RowError(
                    f"has {len(row)} values for {len(header)} columns. Leave unknown values empty, "
                    "but keep their commas"
                )
            cells = {name: cell.strip() for name, cell in zip(header, row, strict=True)}
            self._note_name(cells[_NAME], line)
            return [self._label(cells)]
        except _RowError as fault:
            self._fault(line, str(fault))
            return []

    def _note_name(self, name: str, line: int) -> None:
        if name not in self._pictures:
            raise self._no_picture(name)
        if (first := self._line_of.setdefault(name, line)) != line:
            raise _RowError(f"{name} was already in line {first}. Keep one row a frame")

    def _no_picture(self, name: str) -> _RowError:
        if not name:
            return _RowError("names no file. Write the picture's file name")
        if name in (".", "..") or PureWindowsPath(name).name != name:  # Windows' rules include POSIX'
            return _RowError(
                f"{name!r} points out of the clip's folder. Write the bare file name of a picture in it"
            )
        return _RowError(
            f"{name} does not exist in {self._file.parent}. Restore the picture, or delete the row"
        )

    def _label(self, cells: Mapping[str, str]) -> Label:
        visibility, x, y = (_number(column, cells[column]) for column in (_VISIBILITY, _X, _Y))
        if visibility not in _VISIBILITIES:
            given = cells[_VISIBILITY] or "empty"
            raise _RowError(
                f"visibility is {given}. Write 0 (none), 1 (clear), 2 (hard to see) or 3 (occluded)"
            )
        label = Label(name=cells[_NAME], visibility=int(visibility), xy=None, status=cells.get(_STATUS, ""))
        if visibility == 0:
            return label
        if x is None or y is None:
            if visibility in _VISIBLE or (x is None) != (y is None):
                raise _RowError(
                    f"visibility is {int(visibility)}, but a coordinate is missing. "
                    "Write both coordinates, or visibility 0"
                )
            return label
        width, height = self._size
        if not (-0.5 <= x < width - 0.5 and -0.5 <= y < height - 0.5):
            raise _RowError(
                f"({cells[_X]}, {cells[_Y]}) lies outside the picture of {width}×{height} px. "
                "Correct it, or write visibility 0"
            )
        return evolve(label, xy=(x, y), diameter=_diameter(cells))

    def _check_coverage(self, last_line: int) -> None:
        if not self._line_of and not self._faults:
            self._fault(last_line, "has no rows. Write one for each picture")
            return
        if unnamed := sorted(self._pictures - self._line_of.keys()):
            some = "1 picture has" if len(unnamed) == 1 else f"{len(unnamed)} pictures have"
            self._fault(
                last_line,
                f"{some} no row here, first {unnamed[0]}. Add a row (visibility 0 if there is no ball), "
                "or move the picture away",
            )


def _diameter(cells: Mapping[str, str]) -> float | None:
    value = _number(DIAMETER, cells.get(DIAMETER, ""))
    if value is not None and value <= 0:
        raise _RowError(f"diameter is {cells[DIAMETER]}. Write the ball's in px, or leave it empty")
    return value


def _number(column: str, cell: str) -> float | None:
    if not cell:
        return None
    value = finite(cell)
    if value is None:
        raise _RowError(f"{column} is {cell!r}, not a number. Write a number, or leave it empty")
    return value


def _listed(names: Sequence[str]) -> str:
    return ", ".join(repr(name) for name in names)
