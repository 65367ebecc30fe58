"""The CSV: what TrackNetV3's tools read, and no half rows."""

import csv
from pathlib import Path

import pytest

from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.table import BallTable, row

SEEN = BallPoint(frame=7, time=0.28, xy=(12.3456, 40.0), score=0.87654321, source="tracked")
UNSEEN = BallPoint(frame=8, time=1 / 3, xy=None, score=0.0, source=None)


def test_a_visible_ball() -> None:
    assert row(SEEN) == ("7", "1", "12.346", "40.000", "0.876543", "tracked", "0.280000")


def test_no_visible_ball_has_no_position() -> None:
    assert row(UNSEEN) == ("8", "0", "", "", "0.000000", "", "0.333333")


def test_the_file_appears_when_it_is_complete(tmp_path: Path) -> None:
    file = tmp_path / "clip_ball.csv"
    with BallTable(file) as table:
        table.add(SEEN)
        table.add(UNSEEN)
        assert not file.exists()
        table.finish()
    with file.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["Frame", "Visibility", "X", "Y", "Score", "Source", "Time"]
    assert [entry["Frame"] for entry in rows] == ["7", "8"]
    assert list(tmp_path.iterdir()) == [file]


def test_an_interrupted_table_stays_a_part_with_whole_rows(tmp_path: Path) -> None:
    file = tmp_path / "clip_ball.csv"
    table = BallTable(file)
    with pytest.raises(KeyboardInterrupt):
        interrupted_in(table)
    assert not file.exists()
    assert table.part.read_text().count("\n") == 1001
    assert table.part.read_text().endswith("\n")


def interrupted_in(table: BallTable) -> None:
    with table:
        for _ in range(1000):
            table.add(SEEN)
        raise KeyboardInterrupt
