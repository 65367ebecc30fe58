"""What accompanies training: rows of history, validation, checkpoints, early and asked-for stops."""

# ruff: noqa: ARG002 - the callbacks' signatures are Trainer's

from collections.abc import Callable
from typing import Any

from attrs import frozen
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tracknet_core.config.plan import Plan
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Task
from tracknet_core.training.history import History, Row
from tracknet_core.training.meter import Meter
from tracknet_core.training.optimizer import unfreezes
from tracknet_core.training.sampling import EpochSampler
from tracknet_core.training.schedule import learning_rate_share
from tracknet_core.training.signals import StoppedError, StopRequest
from tracknet_core.training.state import RunState
from tracknet_core.training.stopping import patience_is_over, record
from tracknet_core.training.validation import Validated


@frozen(kw_only=True, eq=False)
class Companions:
    """What the loop works with.

    Attributes:
        state: Where the run stands.
        meter: Loss and speed.
        history: Where rows go.
        sampler: Told the true epoch.
        stop: Whether somebody asked to stop.
        task: The bar over all steps that are left.
        say: Where lines go.
        validate: Measures the model on the validation clips.
        save_best: Writes the ``best`` checkpoint of this validation.
    """

    state: RunState
    meter: Meter
    history: History
    sampler: EpochSampler
    stop: StopRequest
    task: Task
    say: Callable[[str], None]
    validate: Callable[[], Validated]
    save_best: Callable[[Validated, int], None]


class Loop(TrainerCallback):
    """Grants Trainer's loop what it has no notion of.

    Validation, row, best and last checkpoint of an epoch belong together and to its end; a stop
    that comes in between leaves the validation to the resumed run (:meth:`validate_if_due`).

    Args:
        plan: The run.
        model: Unfrozen when its time has come.
        companions: What to work with.
    """

    def __init__(self, plan: Plan, model: HeatmapModel, companions: Companions) -> None:
        self._plan = plan
        self._model = model
        self._with = companions
        self._steps_per_epoch = companions.state.steps_per_epoch
        self._unfreezes = unfreezes(plan, model)
        self._share = learning_rate_share(
            plan.training.scheduler, epochs=plan.training.epochs, steps_per_epoch=self._steps_per_epoch
        )

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Start the clock."""
        self._with.meter.start()

    def on_epoch_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Tell the sampler the epoch, and unfreeze the backbone when it is due."""
        epoch = state.global_step // self._steps_per_epoch
        self._with.sampler.set_epoch(epoch)
        self._unfreeze_if_due(epoch)

    def on_step_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Show progress, write a row and ask for a checkpoint where they are due."""
        training, step = self._plan.training, state.global_step
        ends_epoch = step % self._steps_per_epoch == 0
        if step % training.log_every == 0 and not ends_epoch:
            self._write_row(step, {})
        elif step == 1:
            self._show()
        self._with.task.advance(1)
        if self._with.stop:
            control.should_save = control.should_training_stop = True
        elif training.checkpoint_every and step % training.checkpoint_every == 0 and not ends_epoch:
            control.should_save = True

    def on_epoch_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Validate, and end the epoch with a checkpoint."""
        if self._with.stop:
            return
        try:
            self.validate_if_due(state.global_step)
        except StoppedError:
            control.should_save = control.should_training_stop = True
            return
        if self._with.state.finished:
            control.should_training_stop = True
        every = self._plan.training.checkpoint_every
        control.should_save = self._with.state.finished or not every or state.global_step % every == 0
        self._with.meter.start()

    def on_save(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Let time count as training again."""
        self._with.meter.start()

    def validate_if_due(self, step: int) -> None:
        """End the epoch that ends with this step: validate, write the row, keep the best, decide.

        Raises:
            StoppedError: Somebody asked to stop meanwhile; nothing of it has happened then.
        """
        state, early = self._with.state, self._plan.training.early_stopping
        if step % self._steps_per_epoch or step in (0, state.validated_step):
            return
        # A resumed run may begin here: what trained in this epoch must train when `best` is written.
        self._unfreeze_if_due((step - 1) // self._steps_per_epoch)
        self._with.meter.peek()  # a loss that is no number must not become the best
        self._with.meter.pause()
        validated = self._with.validate()
        value = validated.figure(early.monitor)
        if record(value, step, early, state):
            self._with.save_best(validated, step)
        state.validated_step, state.threshold = step, validated.threshold
        epoch = step // self._steps_per_epoch
        loss = self._write_row(step, validated.figures)
        shown = "none" if value is None else f"{value:.4g}"
        mark = " (best so far)" if state.best_step == step else ""
        epochs = self._plan.training.epochs
        self._with.say(f"epoch {epoch}/{epochs}: loss {loss:.4g}, validation {early.monitor} {shown}{mark}")
        if patience_is_over(early, state) and epoch < epochs:
            self._with.say(f"{early.monitor} has not improved for {state.bad_epochs} epochs: stopping early")
        state.finished = patience_is_over(early, state) or epoch >= epochs

    def _unfreeze_if_due(self, epoch: int) -> None:
        due = self._unfreezes and epoch >= self._plan.training.backbone_freeze_epochs
        if due and not self._model.backbone_trains:
            self._model.unfreeze_backbone()
            self._with.say(f"epoch {epoch + 1}: the backbone trains from here on")

    def _write_row(self, step: int, validation: dict[str, float | None]) -> float:
        reading = self._with.meter.read()
        self._with.state.last_row = step
        self._with.history.add(
            Row(
                step=step,
                epoch=step / self._steps_per_epoch,
                loss=reading.loss,
                lr=self._plan.training.optimizer.lr * self._share(step - 1),
                frames_per_second=reading.frames_per_second,
                validation=validation,
            )
        )
        self._with.task.advance(0, loss=reading.loss, frames_per_second=reading.frames_per_second)
        return reading.loss

    def _show(self) -> None:
        reading = self._with.meter.peek()
        self._with.task.advance(0, loss=reading.loss, frames_per_second=reading.frames_per_second)
