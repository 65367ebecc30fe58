"""Where a run stands, beyond what Trainer remembers itself."""

import json
from pathlib import Path
from typing import Any

import cattrs
from attrs import asdict, define

from tracknet_core.config.problems import UserError

FILE_NAME = "run_state.json"


@define(kw_only=True)
class RunState:
    """All that a resumed run must know to go on as if it had never stopped.

    Attributes:
        windows: Training windows in the data; another number means that the data changed.
        steps_per_epoch: Optimizer steps in an epoch.
        micro_batch_size: The micro-batch that fits into memory, in windows.
        last_row: Step of the last row of history.
        loss_sum: Sum of the losses of the steps since the last row of history.
        loss_steps: How many steps that are.
        row_frames: Frames trained since the last row.
        row_seconds: Seconds that took, validation and checkpoints left out.
        frames: Frames trained in the whole run.
        seconds: Seconds that took.
        validated_step: Step of the last validation; 0 before the first.
        threshold: What the last validation chose as the smallest score of a ball.
        best_value: Best value of the monitored figure so far; None when it had none.
        best_step: Step of the best checkpoint; 0 before the first validation.
        patience_value: Value at which early stopping last began to wait.
        bad_epochs: Validations since then.
        peak_memory_bytes: Most memory used so far, over all sessions.
        finished: Whether training is over and only the final evaluation is left.
    """

    windows: int
    steps_per_epoch: int
    micro_batch_size: int
    last_row: int = 0
    loss_sum: float = 0.0
    loss_steps: int = 0
    row_frames: int = 0
    row_seconds: float = 0.0
    frames: int = 0
    seconds: float = 0.0
    validated_step: int = 0
    threshold: float | None = None
    best_value: float | None = None
    best_step: int = 0
    patience_value: float | None = None
    bad_epochs: int = 0
    peak_memory_bytes: int = 0
    finished: bool = False

    def save(self, directory: Path) -> None:
        """Write the state as JSON into a checkpoint's ``trainer/``."""
        text = json.dumps(asdict(self), indent=2) + "\n"
        (directory / FILE_NAME).write_text(text, encoding="utf-8")


def load_state(directory: Path) -> RunState:
    """Read the state from a checkpoint's ``trainer/``.

    Raises:
        UserError: There is none, or it is not one.
    """
    try:
        return cattrs.structure(_read(directory / FILE_NAME), RunState)
    except cattrs.BaseValidationError as error:
        raise UserError(_damaged(directory / FILE_NAME)) from error


def trained_steps(directory: Path) -> int:
    """Read how many optimizer steps Trainer had done, from a checkpoint's ``trainer/``.

    Raises:
        UserError: It does not say so.
    """
    file = directory / "trainer_state.json"
    try:
        return int(_read(file)["global_step"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(_damaged(file)) from error


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{file}: missing; this checkpoint cannot be resumed. Start a new run.") from None
    except ValueError as error:
        raise UserError(_damaged(file)) from error


def _damaged(file: Path) -> str:
    return f"{file}: is damaged. Put another checkpoint in the place of this one, or start a new run."
