"""history.csv as columns over steps."""

from pathlib import Path

from tracknet_core.reporting.history import read_history


def test_columns_hold_what_was_measured(run: Path) -> None:
    history = read_history(run)
    assert history["loss"].steps == [10, 20, 30, 40]
    assert history["loss"].values == [0.2, 0.1, 0.05, 0.02]
    assert (history["f1"].steps, history["f1"].values) == ([20, 40], [0.5, 0.8])
    assert len(history["val_loss"]) == 0


def test_a_line_cut_short_is_left_out(run: Path) -> None:
    with (run / "history.csv").open("a") as stream:
        stream.write("50,2.5,0.0")
    assert read_history(run)["loss"].steps == [10, 20, 30, 40]


def test_what_is_not_finite_is_not_drawn(run: Path) -> None:
    with (run / "history.csv").open("a") as stream:
        stream.write("50,2.5,nan,0,30,,,,,,,,\n")
    assert read_history(run)["loss"].steps == [10, 20, 30, 40]


def test_no_history(tmp_path: Path) -> None:
    assert read_history(tmp_path) == {}
