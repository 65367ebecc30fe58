"""Train a few steps, exactly as a run does."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import torch
from attrs import evolve, frozen
from torch import Tensor
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from tracknet_core.config.plan import Plan
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import write_checkpoint
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Progress
from tracknet_core.training.arguments import trainer_arguments, training_device
from tracknet_core.training.equip import equip
from tracknet_core.training.failures import failing_clearly
from tracknet_core.training.memory import MicroBatches, peak_memory_bytes, peak_memory_kind
from tracknet_core.training.optimizer import unfreezes
from tracknet_core.training.result import count_parameters
from tracknet_core.training.sampling import EpochSampler
from tracknet_core.training.savings import micro_batch_size
from tracknet_core.training.trainer import HeatmapTrainer
from tracknet_core.training.trial.held import gradient_bytes, optimizer_bytes, weights_bytes
from tracknet_core.training.trial.windows import RandomWindows
from tracknet_core.training.validation import initial_threshold

if TYPE_CHECKING:
    from tracknet_core.data.dataset import WindowDataset


@frozen(kw_only=True)
class TrainingTrial:
    """What a few steps of training took.

    Attributes:
        peak_memory_bytes: Most memory used, from the beginning of the process on.
        peak_memory_counts: What that counts on this device: CUDA's tensors, or the resident memory of
            the whole process.
        weights_bytes: Parameters, buffers and scales of packed weights, in tensor bytes.
        gradient_bytes: Gradients, likewise, when they are all there.
        optimizer_bytes: The optimizer's state, likewise.
        trainable_parameters: Parameters that train at some time of a run.
        total_parameters: All of them; a weight packed into 4 bits counts as many as it stands for.
        step_seconds: Time of each optimizer step, without reading its windows. The first steps also
            pay for what is done once.
        micro_batch_size: Windows that went through the model at once in the last step; fewer than
            configured where memory ran out.
        gradient_checkpointing: Whether activations were computed again instead of kept.
        checkpoint_bytes: Size of a checkpoint without the trainer's state.
        base_bytes: Size of the files of the base weights, which no checkpoint repeats unless they
            trained; 0 for random weights that were saved nowhere.
    """

    peak_memory_bytes: int
    peak_memory_counts: str
    weights_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    trainable_parameters: int
    total_parameters: int
    step_seconds: tuple[float, ...]
    micro_batch_size: int
    gradient_checkpointing: bool
    checkpoint_bytes: int
    base_bytes: int


def try_training(
    plan: Plan, folder: Path, *, base: Path | None = None, steps: int, progress: Progress
) -> TrainingTrial:
    """Train on random windows and write the checkpoint that a run would have written.

    The model is built, the batch split and the step taken as in a run; only windows come from no file
    and no worker process. A base that a run would unfreeze later trains from the first step on.

    Args:
        plan: The run.
        folder: Existing folder; afterwards ``folder/checkpoint`` is the checkpoint.
        base: Folder of base weights that were random: read when it exists, else written; None leaves
            random weights unsaved.
        steps: Optimizer steps.
        progress: Where notes go, such as that memory ran out and micro-batches are smaller.

    Raises:
        UserError: The plan does not fit together, or asks for what is not here.
        RunError: Memory ran out for good.
    """
    with failing_clearly():
        device = training_device(plan)
        plan = _of_one_epoch(plan)
        model = assemble(plan, base=base)
        if unfreezes(plan, model):
            model.unfreeze_backbone()
        recomputing = equip(model, plan, device)
        windows = RandomWindows(plan, steps * plan.training.batch_size)
        micro_batches = MicroBatches(plan.training, progress.say, size=micro_batch_size(plan, device.type))
        watch = _Watch(model, device)
        trainer = HeatmapTrainer(
            model=model,
            plan=plan,
            arguments=trainer_arguments(plan, folder, device),
            windows=cast("WindowDataset", windows),
            sampler=EpochSampler(len(windows), taken=len(windows), seed=plan.seed),
            steps_per_epoch=steps,
            micro_batches=micro_batches,
            recomputing=recomputing,
            callback=watch,
            count=_count_nothing,
            save=_save_nothing,
        )
        trainer.train()
    peak = peak_memory_bytes(device)  # before the checkpoint: writing it is not training
    trainable, total = count_parameters(model, plan)
    return TrainingTrial(
        peak_memory_bytes=peak,
        peak_memory_counts=peak_memory_kind(device),
        weights_bytes=weights_bytes(model),
        gradient_bytes=watch.gradient_bytes,
        optimizer_bytes=optimizer_bytes(trainer.create_optimizer()),
        trainable_parameters=trainable,
        total_parameters=total,
        step_seconds=tuple(watch.seconds),
        micro_batch_size=micro_batches.size,
        gradient_checkpointing=bool(recomputing) or model.recomputes,
        checkpoint_bytes=_write(model, plan, folder / "checkpoint", base=base or folder / "base", step=steps),
        base_bytes=sum(file.stat().st_size for file in _base_files(model, base)),
    )


def _of_one_epoch(plan: Plan) -> Plan:
    training = plan.training
    loader = evolve(training.data_loader, num_workers=0)
    return evolve(plan, training=evolve(training, epochs=1, data_loader=loader))


def _base_files(model: HeatmapModel, base: Path | None) -> list[Path]:
    own = sorted(base.glob("*.safetensors")) if base and base.is_dir() else []
    return own or list(model.description.weights_files)


def _write(model: HeatmapModel, plan: Plan, checkpoint: Path, *, base: Path, step: int) -> int:
    """Write a checkpoint and tell its size in bytes."""
    checkpoint.mkdir()
    threshold = initial_threshold(plan)
    write_checkpoint(checkpoint, model, plan, base=base, threshold=threshold, metrics={}, step=step)
    return sum(file.stat().st_size for file in checkpoint.rglob("*") if file.is_file())


def _count_nothing(loss: Tensor, frames: int) -> None:
    pass


def _save_nothing(trainer: HeatmapTrainer) -> None:
    pass


class _Watch(TrainerCallback):
    """Times each step, from its windows to the optimizer's end, and counts its gradients."""

    def __init__(self, model: HeatmapModel, device: torch.device) -> None:
        self.seconds: list[float] = []
        self.gradient_bytes = 0
        self._model = model
        self._device = device
        self._started = 0.0

    def on_step_begin(
        self,
        args: TrainingArguments,  # noqa: ARG002 - Trainer's signature, here and below
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Start the clock."""
        self._started = self._now()

    def on_pre_optimizer_step(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Count the gradients: all of them are there, and none has been taken away yet."""
        self.gradient_bytes = gradient_bytes(self._model)

    def on_step_end(
        self,
        args: TrainingArguments,  # noqa: ARG002
        state: TrainerState,  # noqa: ARG002
        control: TrainerControl,  # noqa: ARG002
        **_: Any,
    ) -> None:
        """Stop the clock."""
        self.seconds.append(self._now() - self._started)

    def _now(self) -> float:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()
