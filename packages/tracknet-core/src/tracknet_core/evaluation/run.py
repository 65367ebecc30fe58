"""Measure a trained run on labelled clips."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import torch
from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.splits import split_clips
from tracknet_core.evaluation.evaluate import evaluate
from tracknet_core.evaluation.metrics import Metrics
from tracknet_core.evaluation.protocols import Protocol, protocol_named
from tracknet_core.evaluation.run_plan import plan_over
from tracknet_core.model.arithmetic import run_device
from tracknet_core.model.checkpoint import CONFIG, LoadedRun, find_checkpoint, load_checkpoint
from tracknet_core.model.detection import Detector, detect_clips
from tracknet_core.progress import Progress

SplitName = Literal["train", "val", "test", "all"]


@frozen(kw_only=True)
class RunMetrics:
    """What one run did on some clips.

    Attributes:
        run: The loaded run.
        metrics: One entry a protocol.
        device: Where it was measured.
        frames_per_second: Frames read, detected and located in a second.
    """

    run: LoadedRun
    metrics: tuple[Metrics, ...]
    device: torch.device
    frames_per_second: float


def evaluate_run(
    run: Path,
    *,
    paths: Sequence[Path] = (),
    overrides: Sequence[str] = (),
    protocols: Sequence[Protocol] | None = None,
    split: SplitName | None = None,
    progress: Progress,
) -> RunMetrics:
    """Measure a run on its test clips, or on any other labelled ones.

    Args:
        run: Folder of a run or of a checkpoint.
        paths: YAML files laid over the run's config; only data, evaluation and tracking.
        overrides: ``key.sub=value``, likewise.
        protocols: What counts as found; None takes the configured one.
        split: Which clips; None takes the test clips (the validation clips of a run that has
            none), and all clips where ``data.root`` is not the run's own.
        progress: Where notes and bars go.

    Raises:
        UserError: The run, its data or an override is wrong.
    """
    trained, plan = plan_over(find_checkpoint(run) / CONFIG, paths, overrides)
    others = plan.data.root != trained.data.root
    named, clips = clips_to_measure(plan, split, others=others, progress=progress)
    return measure(
        load_checkpoint(run), plan, clips, protocols=protocols or [], split=named, progress=progress
    )


def measure(
    loaded: LoadedRun,
    plan: Plan,
    clips: Sequence[Clip],
    *,
    protocols: Sequence[Protocol],
    split: str,
    progress: Progress,
) -> RunMetrics:
    """Measure a loaded run on clips.

    Args:
        loaded: The run.
        plan: What to measure by; its threshold, unless ``auto``, wins over the run's.
        clips: What to measure on.
        protocols: What counts as found; empty takes the configured one.
        split: Which clips these are, for the record.
        progress: Where bars go.
    """
    device = run_device(plan)
    model = loaded.model.to(device)
    detector = Detector.of(model, plan, device=device, batch_size=plan.training.batch_size)
    reader = FrameReader(clips, plan.data)
    began = time.perf_counter()
    detections = detect_clips(detector, clips, reader, progress=progress)
    seconds = time.perf_counter() - began
    threshold = loaded.threshold if plan.evaluation.threshold == "auto" else plan.evaluation.threshold
    return RunMetrics(
        run=loaded,
        metrics=tuple(
            evaluate(
                detections, clips, protocol=protocol, threshold=threshold, tracking=plan.tracking, split=split
            )
            for protocol in protocols or [protocol_named(plan.evaluation.protocol)]
        ),
        device=device,
        frames_per_second=sum(map(len, clips)) / max(seconds, 1e-9),
    )


def clips_to_measure(
    plan: Plan, split: SplitName | None, *, others: bool = False, progress: Progress
) -> tuple[SplitName, tuple[Clip, ...]]:
    """Load the clips that a plan measures on.

    Args:
        plan: Names the data and its split.
        split: Which clips; None as in :func:`evaluate_run`.
        others: Whether the data is other than what the run was trained on.
        progress: Where notes and bars go.

    Returns:
        The name of the split and its clips.

    Raises:
        UserError: The data is missing or faulty, or the split has no clips.
    """
    clips = load_clips(plan.data, progress)
    if split == "all" or (split is None and others):
        return "all", tuple(clips)
    parts = split_clips(clips, plan.data.split)
    for note in parts.notes:
        progress.say(note)
    if split is None:
        split = "test" if parts.test else "val"
    chosen = {"train": parts.train, "val": parts.val, "test": parts.test}[split]
    if not chosen:
        raise UserError(f"--split {split}: has no clips. Name games in data.split, or take another split.")
    return split, chosen
