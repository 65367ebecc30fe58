"""Reading ``history.csv``."""

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

FILE_NAME = "history.csv"


@frozen
class Series:
    """One column over the steps at which it was measured.

    Attributes:
        steps: Optimizer steps.
        values: As many values; never nan.
    """

    steps: Sequence[int]
    values: Sequence[float]

    def __len__(self) -> int:
        return len(self.steps)


def read_history(run: Path) -> Mapping[str, Series]:
    """Read the columns of a run's history, except ``step``; empty where the run has none.

    Blank cells are steps at which nothing was measured. A line cut short by a crash is left out.
    """
    file = run / FILE_NAME
    if not file.is_file():
        return {}
    with file.open(newline="", encoding="utf-8") as stream:
        header, *lines = list(csv.reader(stream)) or [[]]
    rows = [dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)]
    return {name: _series(rows, name) for name in header if name != "step"}


def _series(rows: Sequence[Mapping[str, str]], name: str) -> Series:
    measured = [(int(row["step"]), float(row[name])) for row in rows if row[name].strip()]
    finite = [(step, value) for step, value in measured if math.isfinite(value)]
    return Series([step for step, _ in finite], [value for _, value in finite])
