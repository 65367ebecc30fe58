"""What transformers' Trainer is told, and what it is told to leave alone."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.model.arithmetic import run_device

if TYPE_CHECKING:
    from transformers import TrainingArguments


def require_one_process() -> None:
    """Refuse what nobody has measured yet.

    Raises:
        UserError: torchrun or accelerate started several processes.
    """
    processes = os.environ.get("WORLD_SIZE", "1")
    if processes != "1":
        raise UserError(
            f"WORLD_SIZE: {processes} processes were started, but a run is one process so far. "
            "Start it without torchrun or accelerate launch."
        )


def training_device(plan: Plan) -> torch.device:
    """Tell where to train.

    Raises:
        UserError: CUDA was asked for and is not there, or fp16 without it.
    """
    training = plan.training
    if training.device == "cuda" and not torch.cuda.is_available():
        raise UserError("training.device: cuda, but torch finds no GPU. Set it to auto or cpu.")
    device = run_device(plan)
    if training.precision == "fp16" and device.type != "cuda":
        raise UserError("training.precision: fp16 needs a GPU. Set it to bf16 or fp32.")
    return device


def loader_workers(plan: Plan, device: torch.device) -> int:
    """Tell how many processes read windows: as configured, else by device and cores.

    On the CPU the model wants the cores itself, and one reader beside it keeps up with it; a GPU is
    fed by all cores but one, eight at most.
    """
    if plan.training.data_loader.num_workers is not None:
        return plan.training.data_loader.num_workers
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    if device.type == "cpu":
        return 1 if cores > 1 else 0
    return max(0, min(8, cores - 1))


def trainer_arguments(plan: Plan, run: Path, device: torch.device) -> "TrainingArguments":
    """Translate a plan for Trainer, with its printing, logging, saving and reporting turned off.

    Optimizer, schedule, data, validation, history and checkpoints are ours (see ``trainer.py``).
    """
    from transformers import TrainingArguments

    training, loader = plan.training, plan.training.data_loader
    workers = loader_workers(plan, device)
    pins = (device.type == "cuda") if loader.pin_memory is None else loader.pin_memory
    arguments = TrainingArguments(
        output_dir=str(run),
        seed=plan.seed,
        per_device_train_batch_size=training.batch_size,
        num_train_epochs=training.epochs,
        max_grad_norm=training.grad_clip_norm,
        bf16=training.precision == "bf16",
        fp16=training.precision == "fp16",
        use_cpu=device.type == "cpu",
        dataloader_num_workers=workers,
        dataloader_pin_memory=pins,
        accelerator_config={"non_blocking": pins},  # batches are copied while the GPU computes
        dataloader_persistent_workers=loader.persistent_workers and workers > 0,
        dataloader_prefetch_factor=loader.prefetch_factor if workers else None,
        dataloader_drop_last=loader.drop_last,
        ddp_find_unused_parameters=False,
        remove_unused_columns=False,
        logging_nan_inf_filter=False,
        logging_strategy="no",
        eval_strategy="no",
        save_strategy="no",
        report_to=[],
        disable_tqdm=True,
        log_level="error",
    )
    if arguments.n_gpu > 1:
        arguments._n_gpu = 1  # or Trainer would wrap the model in DataParallel
    return arguments
