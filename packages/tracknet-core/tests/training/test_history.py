import csv

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from tracknet_core.config.problems import UserError
from tracknet_core.training.history import COLUMNS, History, Row


def row(step, **validation):
    return Row(
        step=step, epoch=step / 10, loss=1 / step, lr=0.1, frames_per_second=7.25, validation=validation
    )


def read(run):
    with (run / "history.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_rows_hold_every_column_and_blanks_where_nothing_was_measured(tmp_path):
    history = History(tmp_path)
    history.add(row(1))
    history.add(row(2, f1=0.5, rmse_px=None, val_loss=0.25))
    history.close()
    first, second = read(tmp_path)
    assert tuple(first) == COLUMNS
    assert first["f1"] == ""
    assert (second["step"], second["epoch"], second["loss"], second["f1"]) == ("2", "0.2", "0.5", "0.5")
    assert (second["rmse_px"], second["val_loss"]) == ("", "0.25")


def test_resuming_cuts_what_the_checkpoint_does_not_know(tmp_path):
    history = History(tmp_path)
    for step in (1, 2, 3):
        history.add(row(step))
    history.close()
    resumed = History(tmp_path, last_row=1)
    resumed.add(row(2, f1=1.0))
    resumed.close()
    assert [(line["step"], line["f1"]) for line in read(tmp_path)] == [("1", ""), ("2", "1.0")]


def test_a_line_cut_short_by_a_crash_is_dropped(tmp_path):
    history = History(tmp_path)
    history.add(row(1))
    history.close()
    with (tmp_path / "history.csv").open("a") as stream:
        stream.write("2,0.2,0.")
    History(tmp_path, last_row=1).close()
    assert [line["step"] for line in read(tmp_path)] == ["1"]


def test_another_file_of_that_name_is_not_overwritten(tmp_path):
    (tmp_path / "history.csv").write_text("a,b\n1,2\n")
    with pytest.raises(UserError, match="Move it away"):
        History(tmp_path, last_row=1)


def test_tensorboard_shows_the_same_figures(tmp_path):
    history = History(tmp_path)
    history.add(row(2, f1=0.5))
    history.close()
    events = EventAccumulator(str(tmp_path))
    events.Reload()
    assert [event.value for event in events.Scalars("train/loss")] == [0.5]
    assert [(event.step, event.value) for event in events.Scalars("val/f1")] == [(2, 0.5)]
