"""Choosing and drawing ``RUN/examples``: what the model found and what it did not."""

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.plan import Plan
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.splits import split_clips
from tracknet_core.data.synthetic.manifest import NAME as SYNTHETIC
from tracknet_core.evaluation.evaluate import positions
from tracknet_core.evaluation.matching import Outcome, distances, outcomes
from tracknet_core.evaluation.protocols import protocol_named
from tracknet_core.inference.drawing import draw_ball
from tracknet_core.inference.points import BallPoint
from tracknet_core.model.arithmetic import run_device
from tracknet_core.model.checkpoint import LoadedRun, load_for_prediction
from tracknet_core.model.detection import Detector, detect_clips
from tracknet_core.progress import Progress, Silent
from tracknet_core.reporting.examples import FOLDER, Example, Examples, write_index
from tracknet_core.tracking.track import TrackPoint, track_clip

NAMES = {
    Outcome.TP: "hit",
    Outcome.FN: "missed",
    Outcome.FP1: "misplaced",
    Outcome.FP2: "made up",
}
"""What the outcomes are called, in the order of the pictures; frames without a ball are not shown."""

EACH = 3
"""Pictures of each outcome."""

MOST_FRAMES = 300
"""Frames to look through: whole clips until there are so many."""

WIDTH = 480
"""Width of a picture, px."""

RING = WIDTH / 24
"""Radius of the ring around the prediction, px; that around the label is half as large again."""


@frozen(kw_only=True, eq=False)
class Judged:
    """One frame to be shown.

    Attributes:
        clip: Its clip.
        point: What was predicted in it.
        outcome: What became of it.
        distance: From prediction to label, px of the protocol; nan where either is missing.
    """

    clip: Clip
    point: TrackPoint
    outcome: Outcome
    distance: float


def write_examples(run: Path, progress: Progress | None = None) -> None:
    """Look at some of the clips that a run was measured on, and keep pictures of hits and misses.

    Args:
        run: Folder of a finished run.
        progress: Where the bar goes.
    """
    loaded = load_for_prediction(run)
    plan = loaded.plan
    split = split_clips(load_clips(plan.data, progress or Silent()), plan.data.split)
    judged = list(_judged(loaded, _some(split.test or split.val), progress or Silent()))
    folder = run / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    pictures = [_write(frame, number, folder) for number, frame in enumerate(choose(judged))]
    write_index(run, Examples(synthetic=_synthetic(plan), pictures=tuple(pictures)))


def choose(judged: Sequence[Judged]) -> list[Judged]:
    """Take ``EACH`` frames of each outcome, spread evenly over those that there are."""
    chosen = []
    for outcome in NAMES:
        frames = [frame for frame in judged if frame.outcome is outcome]
        places = np.linspace(0, len(frames) - 1, min(EACH, len(frames)))
        chosen += [frames[round(place)] for place in places]
    return chosen


def _some(clips: Sequence[Clip]) -> list[Clip]:
    taken: list[Clip] = []
    for clip in clips:
        if taken and sum(map(len, taken)) + len(clip) > MOST_FRAMES:
            break
        taken.append(clip)
    return taken


def _judged(run: LoadedRun, clips: Sequence[Clip], progress: Progress) -> Iterator[Judged]:
    plan = run.plan
    protocol = protocol_named(plan.evaluation.protocol)
    device = run_device(plan)
    # one window at a time: pictures of a few frames are no reason to run out of memory
    detector = Detector.of(run.model.to(device), plan, device=device, batch_size=1)
    detections = detect_clips(detector, clips, FrameReader(clips, plan.data, progress), progress=progress)
    for clip, found in zip(clips, detections, strict=True):
        size = clip.frames.size
        points = track_clip(found, plan.tracking, threshold=run.threshold, size=size, fps=clip.fps)
        track = positions(points)
        outcome = outcomes(track, clip.xy, clip.visibility, size, protocol)
        distance = distances(track, clip.xy, size, protocol)
        for point, kind, far in zip(points, outcome.tolist(), distance.tolist(), strict=True):
            yield Judged(clip=clip, point=point, outcome=Outcome(kind), distance=far)


def _write(judged: Judged, number: int, folder: Path) -> Example:
    file = folder / f"{number:02d}.jpg"
    picture = draw(judged)
    cv2.imwrite(str(file), cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, 88])
    off = "" if np.isnan(judged.distance) else f", {judged.distance:.1f} px off"
    return Example(
        file=f"{FOLDER}/{file.name}",
        outcome=NAMES[judged.outcome],
        caption=f"{judged.clip.name}, frame {judged.point.frame}{off}",
    )


def draw(judged: Judged) -> NDArray[np.uint8]:
    """Cut out what matters of a frame, at ``WIDTH``: the label ringed white, the prediction in colour."""
    frame, point = judged.point.frame, judged.point
    label = judged.clip.xy[frame]
    image = judged.clip.frames.read(frame)
    shown = [xy for xy in (label, np.array(point.xy or (np.nan, np.nan))) if np.isfinite(xy).all()]
    part, corner = _cut(image, np.array(shown))
    scale = WIDTH / part.shape[1]
    large = np.asarray(cv2.resize(part, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC), np.uint8)

    def inside(xy: NDArray[np.float64]) -> tuple[float, float]:
        x, y = (xy - corner + 0.5) * scale - 0.5
        return float(x), float(y)

    if np.isfinite(label).all():
        x, y = inside(label)
        cv2.circle(large, (round(x), round(y)), round(1.5 * RING), (255, 255, 255), 2, cv2.LINE_AA)
    if point.xy is None:
        return large
    ball = BallPoint(
        frame=frame, time=0.0, xy=inside(np.array(point.xy)), score=point.score, source=point.source
    )
    return draw_ball(large, [ball], radius=RING)


def _cut(image: NDArray[np.uint8], shown: NDArray[np.float64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Cut a 4:3 part around the points out of a picture; return it and its upper left corner."""
    height, width = image.shape[:2]
    centre, reach = (shown.min(axis=0) + shown.max(axis=0)) / 2, np.ptp(shown, axis=0).max()
    part = np.minimum(np.array([4, 3]) * max(width / 16, reach / 2), (width, height)).astype(np.int64)
    corner = np.clip((centre - part / 2).astype(np.int64), 0, np.array([width, height]) - part)
    return image[corner[1] : corner[1] + part[1], corner[0] : corner[0] + part[0]], corner


def _synthetic(plan: Plan) -> bool:
    return any((Path(root).expanduser() / SYNTHETIC).is_file() for root in plan.data.root)
