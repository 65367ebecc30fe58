"""RUN/history.csv and RUN/events…: the curves of a run."""

import csv
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen

from tracknet_core.atomic import replace_file
from tracknet_core.config.problems import UserError

FILE_NAME = "history.csv"
TRAINING_COLUMNS = ("step", "epoch", "loss", "lr", "frames_per_second")
VALIDATION_COLUMNS = ("val_loss", "f1", "precision", "recall", "accuracy", "ap", "rmse_px", "threshold")
COLUMNS = (*TRAINING_COLUMNS, *VALIDATION_COLUMNS)


@frozen(kw_only=True)
class Row:
    """One line of ``history.csv``.

    Attributes:
        step: Optimizer steps done, from 1.
        epoch: Epochs done, with fractions.
        loss: Mean training loss since the row before.
        lr: Learning rate of the new parts in the last step.
        frames_per_second: Frames trained in a second since the row before.
        validation: Figures by name, of :data:`VALIDATION_COLUMNS`; empty where none were measured.
    """

    step: int
    epoch: float
    loss: float
    lr: float
    frames_per_second: float
    validation: Mapping[str, float | None] = field(factory=dict)


class History:
    """Writes rows as they come, to the CSV and to TensorBoard.

    Rows after ``last_row`` belong to a future that a killed run had and its continuation has not:
    they are cut from the CSV, and hidden in TensorBoard.

    Args:
        run: The run's folder.
        last_row: Step of the last row to keep; 0 for a new run.
    """

    def __init__(self, run: Path, *, last_row: int = 0) -> None:
        from torch.utils.tensorboard import SummaryWriter

        self._file = run / FILE_NAME
        _keep_rows(self._file, up_to_step=last_row)
        purge = last_row + 1 if last_row else None
        self._board = SummaryWriter(str(run), purge_step=purge)

    def add(self, row: Row) -> None:
        """Append a row; it is in the file when this returns."""
        training = [
            row.step,
            f"{row.epoch:.6g}",
            repr(row.loss),
            repr(row.lr),
            f"{row.frames_per_second:.4g}",
        ]
        measured = [row.validation.get(name) for name in VALIDATION_COLUMNS]
        with self._file.open("a", newline="", encoding="utf-8") as stream:
            csv.writer(stream).writerow(
                [*training, *("" if value is None else repr(value) for value in measured)]
            )
        self._show(row)

    def close(self) -> None:
        """Finish the event file."""
        self._board.close()

    def _show(self, row: Row) -> None:
        curves = {
            "train/loss": row.loss,
            "train/lr": row.lr,
            "train/epoch": row.epoch,
            "train/frames_per_second": row.frames_per_second,
        } | {f"val/{name.removeprefix('val_')}": value for name, value in row.validation.items()}
        for name, value in curves.items():
            if value is not None:
                self._board.add_scalar(name, value, row.step)
        self._board.flush()


def _keep_rows(file: Path, *, up_to_step: int) -> None:
    rows: list[list[str]] = []
    if up_to_step and file.exists():
        with file.open(newline="", encoding="utf-8") as stream:
            header, *rows = list(csv.reader(stream)) or [[]]
        if tuple(header) != COLUMNS:
            raise UserError(
                f"{file}: not the history of this run (its first line differs). Move it away to resume."
            )
    # A line cut short by a crash is beyond the checkpoint, as every line is older than it.
    kept = [row for row in rows if len(row) == len(COLUMNS) and int(row[0]) <= up_to_step]
    with replace_file(file) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([COLUMNS, *kept])
