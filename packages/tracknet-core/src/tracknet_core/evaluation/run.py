"""Measure a trained run on labelled clips."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.splits import split_clips
from tracknet_core.evaluation.evaluate import judge_tracks, track_clips
from tracknet_core.evaluation.metrics import Measured, Metrics
from tracknet_core.evaluation.protocols import Protocol, protocol_named
from tracknet_core.evaluation.run_plan import plan_over
from tracknet_core.model.checkpoint import CONFIG, find_checkpoint
from tracknet_core.model.detection import ClipDetections, Detector, detect_clips
from tracknet_core.model.engines.engine import batch_size_on
from tracknet_core.model.engines.ready import ReadyRun, make_ready
from tracknet_core.progress import Progress

SplitName = Literal["train", "val", "test", "all"]


@frozen(kw_only=True, eq=False)
class RunMetrics:
    """What one run did on some clips.

    Attributes:
        run: The run and what ran it.
        plan: What it was measured by.
        threshold: Smallest score that counted as a ball.
        clips: The clips.
        detections: The candidates found in them, in the same order.
        measured: One entry a protocol.
        frames_per_second: Frames read, detected and located in a second.
    """

    run: ReadyRun
    plan: Plan
    threshold: float
    clips: Sequence[Clip]
    detections: Sequence[ClipDetections]
    measured: tuple[Measured, ...]
    frames_per_second: float

    @property
    def metrics(self) -> tuple[Metrics, ...]:
        """The metrics under each protocol."""
        return tuple(measured.metrics for measured in self.measured)


def evaluate_run(
    run: Path,
    *,
    paths: Sequence[Path] = (),
    overrides: Sequence[str] = (),
    protocols: Sequence[Protocol] | None = None,
    split: SplitName | None = None,
    engine: str | None = None,
    progress: Progress,
) -> RunMetrics:
    """Measure a run on its test clips, or on any other labelled ones.

    It is loaded as for a prediction, so that what is measured is what predicts.

    Args:
        run: Folder of a run or of a checkpoint.
        paths: YAML files laid over the run's config; only data, evaluation and tracking.
        overrides: ``key.sub=value``, likewise.
        protocols: What counts as found; None takes the configured one.
        split: Which clips; None takes the test clips (the validation clips of a run that has
            none), and all clips where ``data.root`` is not the run's own.
        engine: What runs the model, as in ``make_ready``.
        progress: Where notes and bars go.

    Raises:
        UserError: The run, its data or an override is wrong.
    """
    trained, plan = plan_over(find_checkpoint(run) / CONFIG, paths, overrides)
    others = plan.data.root != trained.data.root
    named, clips = clips_to_measure(plan, split, others=others, progress=progress)
    return measure(
        _load(run, plan, engine), plan, clips, protocols=protocols or [], split=named, progress=progress
    )


def evaluate_pair(
    runs: tuple[Path, Path],
    *,
    paths: Sequence[Path] = (),
    overrides: Sequence[str] = (),
    protocols: Sequence[Protocol] | None = None,
    split: SplitName | None = None,
    progress: Progress,
) -> tuple[RunMetrics, RunMetrics]:
    """Measure two runs on the same clips: those that the first would be measured on alone.

    Each reads them its own way and has its own threshold. Where a run was trained on some of the
    clips, that is said aloud.

    Args:
        runs: Folders of runs or checkpoints.
        paths: YAML files laid over both configs; only data, evaluation and tracking.
        overrides: ``key.sub=value``, likewise.
        protocols: What counts as found; None takes what is configured in the first.
        split: As in :func:`evaluate_run`, of the first run.
        progress: Where notes and bars go.

    Raises:
        UserError: A run, the data or an override is wrong.
    """
    plans = [plan_over(find_checkpoint(run) / CONFIG, paths, overrides) for run in runs]
    trained, plan = plans[0]
    named, clips = clips_to_measure(
        plan, split, others=plan.data.root != trained.data.root, progress=progress
    )
    for run, (before, _) in zip(runs, plans, strict=True):
        _tell_what_it_knows(run, before, clips, progress)
    protocols = protocols or [protocol_named(plan.evaluation.protocol)]
    first, second = (
        measure(_load(run, after, None), after, clips, protocols=protocols, split=named, progress=progress)
        for run, (_, after) in zip(runs, plans, strict=True)
    )
    return first, second


def measure(
    run: ReadyRun,
    plan: Plan,
    clips: Sequence[Clip],
    *,
    protocols: Sequence[Protocol],
    split: str,
    progress: Progress,
) -> RunMetrics:
    """Measure a run on clips.

    Args:
        run: The run and what runs it.
        plan: What to measure by; its threshold, unless ``auto``, wins over the run's.
        clips: What to measure on.
        protocols: What counts as found; empty takes the configured one.
        split: Which clips these are, for the record.
        progress: Where bars go.
    """
    detector = Detector.over(
        run.engine, plan, batch_size=batch_size_on(run.engine.device), in_flight=run.engine.concurrent + 1
    )
    reader = FrameReader(clips, plan.data, progress)
    began = time.perf_counter()
    detections = detect_clips(detector, clips, reader, progress=progress)
    seconds = time.perf_counter() - began
    threshold = run.threshold if plan.evaluation.threshold == "auto" else plan.evaluation.threshold
    tracks = track_clips(detections, clips, threshold=threshold, tracking=plan.tracking)
    measured = [
        Measured.of(
            judge_tracks(tracks, detections, clips, protocol),
            split=split,
            protocol=protocol,
            threshold=threshold,
            tracking=plan.tracking,
        )
        for protocol in protocols or [protocol_named(plan.evaluation.protocol)]
    ]
    return RunMetrics(
        run=run,
        plan=plan,
        threshold=threshold,
        clips=clips,
        detections=detections,
        measured=tuple(measured),
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


def _load(run: Path, plan: Plan, engine: str | None) -> ReadyRun:
    return make_ready(run, engine=engine, device="cpu" if plan.training.device == "cpu" else "auto")


def _tell_what_it_knows(run: Path, trained: Plan, clips: Sequence[Clip], progress: Progress) -> None:
    """Say how many of the clips a run was trained on, if its training clips are still there."""
    try:
        seen = split_clips(load_clips(trained.data), trained.data.split).train
    except UserError:
        progress.say(f"{run}: its training data is not there, so it may have been trained on these clips")
        return
    known = {clip.frames.fingerprint() for clip in seen} & {clip.frames.fingerprint() for clip in clips}
    if known:
        progress.say(f"{run}: was trained on {len(known)} of these {len(clips)} clips; that favours it")
