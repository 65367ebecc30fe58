"""Mean loss and speed between two rows of history."""

import math
import time

import torch
from attrs import frozen
from torch import Tensor

from tracknet_core.config.problems import RunError
from tracknet_core.training.state import RunState


@frozen(kw_only=True)
class Reading:
    """What the meter shows.

    Attributes:
        loss: Mean loss of the steps since the last reading.
        frames_per_second: Frames trained in a second of training.
    """

    loss: float
    frames_per_second: float


class Meter:
    """Adds up losses on the device, without waiting for it, and seconds of training alone.

    Args:
        state: Holds the sums between sessions; :meth:`settle` brings it up to date.
        device: Where losses are.
    """

    def __init__(self, state: RunState, device: torch.device) -> None:
        self._state = state
        self._loss = torch.tensor(state.loss_sum, dtype=torch.float64, device=device)
        self._started: float | None = None

    def start(self) -> None:
        """Let time count as training from now on."""
        self._started = time.perf_counter()

    def add(self, loss: Tensor, frames: int) -> None:
        """Count one optimizer step with its loss (a scalar) and its frames."""
        self._loss += loss
        self._state.loss_steps += 1
        self._state.row_frames += frames
        self._state.frames += frames

    def settle(self) -> None:
        """Bring the sums in the state up to now, waiting for the device."""
        self._state.loss_sum = self._loss.item()
        now = time.perf_counter()
        if self._started is not None:
            self._state.row_seconds += now - self._started
            self._state.seconds += now - self._started
            self._started = now

    def pause(self) -> None:
        """Let time no longer count as training, until the next :meth:`start`."""
        self.settle()
        self._started = None

    def peek(self) -> Reading:
        """Show loss and speed since the last reading.

        Raises:
            RunError: The loss is not a finite number.
        """
        self.settle()
        state = self._state
        loss = state.loss_sum / max(1, state.loss_steps)
        if not math.isfinite(loss):
            raise RunError(
                f"The loss became {loss}. Lower training.optimizer.lr, or use precision bf16 or fp32 "
                "where it was fp16; then start again, or resume from the last checkpoint."
            )
        return Reading(loss=loss, frames_per_second=state.row_frames / max(state.row_seconds, 1e-9))

    def read(self) -> Reading:
        """Show loss and speed since the last reading and begin anew."""
        reading = self.peek()
        self._loss.zero_()
        self._state.loss_sum = 0.0
        self._state.loss_steps = 0
        self._state.row_frames = 0
        self._state.row_seconds = 0.0
        return reading
