"""transformers' Trainer, taught heatmap windows."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LambdaLR, LRScheduler
from torch.utils.data import DataLoader
from transformers import PrinterCallback, Trainer, TrainerCallback, TrainingArguments
from transformers.trainer import TRAINER_STATE_NAME

from tracknet_core.config.plan import Plan
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.losses import build_loss
from tracknet_core.training.failures import reading_trainer_files
from tracknet_core.training.memory import MicroBatches
from tracknet_core.training.optimizer import build_optimizer
from tracknet_core.training.restore import RestorePoint
from tracknet_core.training.sampling import EpochDataset, EpochSampler
from tracknet_core.training.schedule import learning_rate_share
from tracknet_core.training.signals import ignore_interrupts
from tracknet_core.training.step import total_loss

if TYPE_CHECKING:
    from tracknet_core.data.dataset import WindowDataset


class HeatmapTrainer(Trainer):
    """Trainer's loop, resumption, precision and clipping with our data, optimizer and step.

    Args:
        model: The assembled model.
        plan: The run.
        arguments: See :func:`~tracknet_core.training.arguments.trainer_arguments`.
        windows: What to train on.
        sampler: In which order; it decides how long an epoch is.
        steps_per_epoch: Optimizer steps in an epoch.
        micro_batches: How much goes through the model at once.
        recomputing: Layers that recompute activations.
        callback: Accompanies the run; see :class:`~tracknet_core.training.loop.Loop`.
        count: Called after each step with its loss (a scalar on the device) and its frames.
        save: Called to write a checkpoint, with this trainer.
    """

    def __init__(
        self,
        *,
        model: HeatmapModel,
        plan: Plan,
        arguments: TrainingArguments,
        windows: "WindowDataset",
        sampler: EpochSampler,
        steps_per_epoch: int,
        micro_batches: MicroBatches,
        recomputing: tuple[nn.Module, ...],
        callback: TrainerCallback,
        count: Callable[[Tensor, int], None],
        save: "Callable[[HeatmapTrainer], None]",
    ) -> None:
        self._windows = EpochDataset(windows)
        super().__init__(model=model, args=arguments, train_dataset=self._windows, callbacks=[callback])
        self.remove_callback(PrinterCallback)
        self.heatmap_model = model
        self._plan = plan
        self._sampler = sampler
        self._steps_per_epoch = steps_per_epoch
        self._micro_batches = micro_batches
        self._recomputing = recomputing
        self._count = count
        self._write = save
        self._heatmap_loss = build_loss(plan.training.loss)

    def get_train_dataloader(self) -> DataLoader[Any]:
        """Load batches of windows in the sampler's order, without a draw from the global random numbers.

        How often a loader seeds its workers depends on whether they live on and on resuming; drawn
        from the global numbers, that would change the dropout that follows.
        """
        arguments = self.args
        loader: DataLoader[Any] = DataLoader(
            self._windows,
            batch_size=arguments.per_device_train_batch_size,
            sampler=self._sampler,
            num_workers=arguments.dataloader_num_workers,
            pin_memory=arguments.dataloader_pin_memory,
            persistent_workers=arguments.dataloader_persistent_workers,
            prefetch_factor=arguments.dataloader_prefetch_factor,
            drop_last=arguments.dataloader_drop_last,
            generator=torch.Generator().manual_seed(self._plan.seed),
            worker_init_fn=ignore_interrupts,
        )
        prepared: DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared

    def create_optimizer(self, model: nn.Module | None = None) -> Optimizer:  # noqa: ARG002 - Trainer's signature
        """Make the plan's optimizer."""
        if self.optimizer is None:
            self.optimizer = build_optimizer(self.heatmap_model, self._plan)
        return self.optimizer

    def create_scheduler(self, num_training_steps: int, optimizer: Optimizer | None = None) -> LRScheduler:  # noqa: ARG002
        """Make the plan's schedule."""
        if self.lr_scheduler is None:
            training = self._plan.training
            share = learning_rate_share(
                training.scheduler, epochs=training.epochs, steps_per_epoch=self._steps_per_epoch
            )
            self.lr_scheduler = LambdaLR(optimizer or self.create_optimizer(), share)
        return self.lr_scheduler

    def training_step(
        self,
        model: nn.Module,
        inputs: dict[str, Tensor],
        num_items_in_batch: Tensor | int | None = None,  # noqa: ARG002 - Trainer's signature
    ) -> Tensor:
        """Add up the batch's gradients over micro-batches that fit into memory.

        Each micro-batch's loss is divided by the number of items of the whole batch, so that the
        gradients are those of the whole batch, to rounding, however it is split.
        """
        model.train()
        if self.heatmap_model.adapted:
            for layer in self._recomputing:
                layer.training = True  # alone: they recompute in no other mode, and their parts stay in eval
        batch = self._prepare_inputs(inputs)
        before = RestorePoint(self.heatmap_model)

        def take_back() -> None:
            model.zero_grad()
            before.restore()

        loss = self._micro_batches.run(lambda size: self._accumulate(model, batch, size), take_back)
        self._count(loss, batch["ball"].numel())
        return loss

    def write_state(self, directory: Path) -> None:
        """Write what resuming needs besides weights: optimizer, schedule, scaler, random numbers, step."""
        self._save_optimizer_and_scheduler(str(directory))
        self._save_scaler(str(directory))
        self._save_rng_state(str(directory))
        self.state.save_to_json(str(directory / TRAINER_STATE_NAME))

    def _accumulate(self, model: nn.Module, batch: dict[str, Tensor], size: int) -> Tensor:
        items = self._items(batch["ball"])
        loss = torch.zeros((), device=self.args.device)
        windows = len(batch["frames"])
        for start in range(0, windows, size):
            part = slice(start, start + size)
            is_last = start + size >= windows
            with nullcontext() if is_last else self.accelerator.no_sync(model):
                share = self._total(model, {name: values[part] for name, values in batch.items()}) / items
                self.accelerator.backward(share)
            loss += share.detach()
            del share  # it holds the graph, whose nodes would lie between the tensors of the next micro-batch
        return loss

    def _total(self, model: nn.Module, batch: dict[str, Tensor]) -> Tensor:
        return total_loss(
            model,
            batch,
            model=self.heatmap_model,
            loss=self._heatmap_loss,
            sigma=self._plan.heatmap.sigma,
            autocast=self.compute_loss_context_manager(),
        )

    def _items(self, ball: Tensor) -> Tensor:
        # Gradients are averaged over processes: dividing by the mean count makes that a global mean.
        items = self._heatmap_loss.items(ball, self.heatmap_model.heatmap_size)
        mean: Tensor = self.accelerator.reduce(torch.tensor(items, device=self.args.device), reduction="mean")
        return mean

    def _save_checkpoint(self, model: nn.Module, trial: Any) -> None:  # noqa: ARG002 - Trainer's signature
        self._write(self)

    def _load_from_checkpoint(self, resume_from_checkpoint: str, model: nn.Module | None = None) -> None:
        """Do nothing: a resumed run is given the model that the checkpoint holds."""

    def _load_optimizer_and_scheduler(self, checkpoint: str | None) -> None:
        with reading_trainer_files(checkpoint):
            super()._load_optimizer_and_scheduler(checkpoint)

    def _load_rng_state(self, checkpoint: str | None) -> None:
        with reading_trainer_files(checkpoint):
            super()._load_rng_state(checkpoint)
