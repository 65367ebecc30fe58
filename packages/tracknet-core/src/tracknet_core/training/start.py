"""From a plan to all that a session of training needs; nothing has been trained yet."""

import shutil
from pathlib import Path

import torch
from attrs import evolve, frozen
from torch import nn

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.data.cache.lease import Lease
from tracknet_core.data.cache.open import reserve
from tracknet_core.data.dataset import WindowDataset
from tracknet_core.data.load import load_clips
from tracknet_core.data.splits import Split, split_clips
from tracknet_core.data.windows import common_rate, rate_notes, sliding
from tracknet_core.evaluation.matching import require_positions
from tracknet_core.evaluation.protocols import protocol_named
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Progress
from tracknet_core.training.arguments import require_one_process, training_device
from tracknet_core.training.balance import Stratum, sampling_note, strata_of
from tracknet_core.training.checkpoint import TRAINER, Checkpoints
from tracknet_core.training.equip import equip
from tracknet_core.training.sampling import EpochSampler, batches_of
from tracknet_core.training.savings import micro_batch_size
from tracknet_core.training.schedule import warmup_is_cut
from tracknet_core.training.state import RunState, load_state, trained_steps
from tracknet_core.training.weights import take_weights

BASE = "base"
"""Folder in a run with base weights that were random."""


@frozen(kw_only=True, eq=False)
class Start:
    """Where a session begins.

    Attributes:
        plan: The run; ``data.sequence.fps`` is filled in where the training clips know it.
        folder: The run's folder.
        device: Where to train.
        split: The clips.
        windows: What to train on.
        sampler: In which order.
        model: Assembled, or as the checkpoint holds it.
        state: Where the run stands.
        recomputing: Layers that recompute activations.
        step: Optimizer steps done.
        checkpoint: The checkpoint to go on from; None for a new run.
        frames_lease: Keeps the cached frames of all clips on disk while this lives; None without such.
    """

    plan: Plan
    folder: Path
    device: torch.device
    split: Split
    windows: WindowDataset
    sampler: EpochSampler
    model: HeatmapModel
    state: RunState
    recomputing: tuple[nn.Module, ...] = ()
    step: int = 0
    checkpoint: Path | None = None
    frames_lease: Lease | None = None


def prepare(plan: Plan, folder: Path, *, resume: bool, progress: Progress) -> Start:
    """Load data and model, and find where to go on.

    Args:
        plan: The run.
        folder: The run's folder.
        resume: Whether to go on from its last checkpoint; without one the run begins anew.
        progress: Where lines and bars go.

    Raises:
        UserError: Something is missing or does not fit; at most ``folder/base`` was written.
    """
    require_one_process()
    device = training_device(plan)
    split = split_clips(load_clips(plan.data, progress), plan.data.split)
    for note in split.notes:
        progress.say(note)
    plan = _at_rate_of_training(plan, split)
    for note in rate_notes(
        plan.data.sequence, (clip.fps for clip in (*split.train, *split.val, *split.test))
    ):
        progress.say(note)
    protocol = protocol_named(plan.evaluation.protocol)
    for clip in (*split.val, *split.test):
        require_positions(clip.name, clip.xy, clip.visibility, protocol)
    if warmup_is_cut(plan.training.scheduler, epochs=plan.training.epochs):
        progress.say(
            "training.scheduler.warmup_epochs: more than half of this run, so a tenth of it warms up"
        )
    frames_lease = reserve((*split.train, *split.val, *split.test), plan.data, progress)
    windows = _windows(plan, split)
    strata = _strata(plan, split, windows, progress)
    batches = _batches(plan, len(windows))
    checkpoints = Checkpoints(folder, keep=plan.training.keep_checkpoints)
    if resume:
        checkpoints.recover()
    checkpoint = checkpoints.last if resume and checkpoints.last.is_dir() else None
    configured_size = micro_batch_size(plan, device.type)
    if checkpoint is None:
        shutil.rmtree(folder / BASE, ignore_errors=True)  # of a session that died before its first checkpoint
        model = assemble(plan, base=folder / BASE)
        if plan.init_from is not None:
            take_weights(model, Path(plan.init_from), base=folder / BASE)
        state = RunState(windows=len(windows), steps_per_epoch=batches, micro_batch_size=configured_size)
    else:
        loaded = load_checkpoint(checkpoint)
        model, state = loaded.model, load_state(checkpoint / TRAINER)
        if loaded.plan.training.micro_batch_size != plan.training.micro_batch_size:
            state.micro_batch_size = configured_size  # asked for anew: what fitted before counts no longer
        _require_same_data(state, len(windows), batches, folder)
    return Start(
        plan=plan,
        folder=folder,
        device=device,
        split=split,
        windows=windows,
        sampler=EpochSampler(
            len(windows),
            taken=min(len(windows), batches * plan.training.batch_size),
            seed=plan.seed,
            strata=strata,
        ),
        model=model,
        state=state,
        recomputing=equip(model, plan, device),
        step=trained_steps(checkpoint / TRAINER) if checkpoint else 0,
        checkpoint=checkpoint,
        frames_lease=frames_lease,
    )


def _at_rate_of_training(plan: Plan, split: Split) -> Plan:
    """Note in the plan at how many frames a second the model learns, so that it can serve other footage."""
    sequence = plan.data.sequence
    if not sequence.enabled or sequence.fps is not None:
        return plan
    sequence = evolve(sequence, fps=common_rate(clip.fps for clip in split.train))
    return evolve(plan, data=evolve(plan.data, sequence=sequence))


def _windows(plan: Plan, split: Split) -> WindowDataset:
    for name, clips in (("train", split.train), ("validate", split.val)):
        if not clips:
            raise UserError(
                f"data.split: no clips to {name} on. Name games for it, or leave data.split out, "
                "so that games are shared out."
            )
    return WindowDataset(split.train, sliding, plan.data, seed=plan.seed, training=True)


def _strata(plan: Plan, split: Split, windows: WindowDataset, progress: Progress) -> tuple[Stratum, ...]:
    sampling, has_ball = plan.data.sampling, windows.has_ball()
    games = [split.train[clip].game for clip in windows.clip.tolist()]
    strata = strata_of(sampling, games, has_ball)
    if note := sampling_note(strata, sampling, games, has_ball):
        progress.say(note)
    return strata


def _batches(plan: Plan, windows: int) -> int:
    training = plan.training
    full, rest = divmod(windows, training.batch_size)
    batches = full if training.data_loader.drop_last or not rest else full + 1
    if batches == 0:
        raise UserError(
            f"training.data_loader.drop_last: {windows} windows are less than one batch of "
            f"{training.batch_size}, and nothing is left. Set it to false, or lower training.batch_size."
        )
    return batches_of(batches, training.limit_train_batches)


def _require_same_data(state: RunState, windows: int, batches: int, folder: Path) -> None:
    if (state.windows, state.steps_per_epoch) != (windows, batches):
        raise UserError(
            f"{folder}: began with {state.windows} training windows, now there are {windows}. "
            "Resume with the same data, or start a new run with init_from."
        )
