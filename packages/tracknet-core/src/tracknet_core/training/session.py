"""One session of training: from the start, or from a checkpoint, to the end or to a stop."""

from contextlib import closing
from pathlib import Path

from tracknet_core.model.checkpoint import write_checkpoint
from tracknet_core.progress import Progress
from tracknet_core.training.arguments import trainer_arguments
from tracknet_core.training.checkpoint import TRAINER, Checkpoints
from tracknet_core.training.failures import failing_clearly
from tracknet_core.training.history import History
from tracknet_core.training.limit import limited_clips
from tracknet_core.training.loop import Companions, Loop
from tracknet_core.training.memory import MicroBatches, peak_memory_bytes
from tracknet_core.training.meter import Meter
from tracknet_core.training.signals import Stoppable, StopRequest
from tracknet_core.training.start import BASE, Start
from tracknet_core.training.trainer import HeatmapTrainer
from tracknet_core.training.validation import Validated, Validation, initial_threshold


def train(start: Start, *, progress: Progress, stop: StopRequest) -> None:
    """Train to the end of the run, or until somebody asks to stop.

    Afterwards ``checkpoints/last`` holds where the run stands, ``checkpoints/best`` its best model.

    Raises:
        StoppedError: Somebody asked to stop in a validation that the last session left undone.
        RunError: Memory ran out for good, the loss became nan, or a picture could not be read.
        UserError: The checkpoint to go on from is damaged.
    """
    plan, state = start.plan, start.state
    remaining = plan.training.epochs * state.steps_per_epoch - start.step
    meter = Meter(state, start.device)
    fits = min(state.micro_batch_size, plan.training.batch_size)
    micro_batches = MicroBatches(plan.training, progress.say, size=fits)
    keeper = _Keeper(start, meter=meter, micro_batches=micro_batches)
    validation = Validation(
        plan,
        limited_clips(start.split.val, plan),
        device=start.device,
        progress=Stoppable(progress, stop),
    )
    with (
        closing(History(start.folder, last_row=state.last_row)) as history,
        progress.task("train", total=remaining) as task,
    ):
        loop = Loop(
            plan,
            start.model,
            Companions(
                state=state,
                meter=meter,
                history=history,
                sampler=start.sampler,
                stop=stop,
                task=task,
                say=progress.say,
                validate=lambda: validation.measure(start.model, split="val"),
                save_best=keeper.save_best,
            ),
        )
        trainer = HeatmapTrainer(
            model=start.model,
            plan=plan,
            arguments=trainer_arguments(plan, start.folder, start.device),
            windows=start.windows,
            sampler=start.sampler,
            steps_per_epoch=state.steps_per_epoch,
            micro_batches=micro_batches,
            recomputing=start.recomputing,
            callback=loop,
            count=meter.add,
            save=keeper.save_last,
        )
        with failing_clearly():
            loop.validate_if_due(start.step)
            if not state.finished:
                trainer.train(str(start.checkpoint / TRAINER) if start.checkpoint else None)


class _Keeper:
    """Writes the two checkpoints of a session."""

    def __init__(self, start: Start, *, meter: Meter, micro_batches: MicroBatches) -> None:
        self._start = start
        self._meter = meter
        self._micro_batches = micro_batches
        self._checkpoints = Checkpoints(start.folder, keep=start.plan.training.keep_checkpoints)

    def save_best(self, validated: Validated, step: int) -> None:
        figures = {name: value for name, value in validated.figures.items() if value is not None}
        with self._checkpoints.replacing_best() as folder:
            self._write(folder, threshold=validated.threshold, metrics=figures, step=step)

    def save_last(self, trainer: HeatmapTrainer) -> None:
        self._meter.peek()  # never replace a good checkpoint by one whose loss is no number
        self._meter.pause()
        state, step = self._start.state, trainer.state.global_step
        state.micro_batch_size = self._micro_batches.size
        state.peak_memory_bytes = max(state.peak_memory_bytes, peak_memory_bytes(self._start.device))
        threshold = initial_threshold(self._start.plan) if state.threshold is None else state.threshold
        with self._checkpoints.replacing_last(step) as folder:
            self._write(folder, threshold=threshold, metrics={}, step=step)
            (folder / TRAINER).mkdir()
            trainer.write_state(folder / TRAINER)
            state.save(folder / TRAINER)

    def _write(self, folder: Path, *, threshold: float, metrics: dict[str, float], step: int) -> None:
        write_checkpoint(
            folder,
            self._start.model,
            self._start.plan,
            base=self._start.folder / BASE,
            threshold=threshold,
            metrics=metrics,
            step=step,
        )
