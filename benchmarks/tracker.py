"""What the tracker is worth, and what filling gaps costs.

Simulates tennis rallies (gravity, drag, bounces and hits, seen by a broadcast camera) and a detector
that misses, hesitates, shakes and sees things, and counts under `wasb`, where hidden balls are not to
be found, and under `tracknetv3`, where they are: each frame's best candidate alone, and the track for
several `tracking.max_gap` and both `tracking.fill`. The tracker's constants were chosen on seeds from
100 on, and are reported on those from 0 on. No network is involved: the figures say how gaps, misses
and false detections trade off, not how good a model is.

    python benchmarks/tracker.py --output tracker.json
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.counts import Counts
from tracknet_core.evaluation.evaluate import positions
from tracknet_core.evaluation.matching import outcomes
from tracknet_core.evaluation.protocols import protocol_named
from tracknet_core.model.detection import ClipDetections
from tracknet_core.tracking.track import track_clip

Array = NDArray[np.float64]

SIZE = (1280, 720)
THRESHOLD = 0.5
CANDIDATES = 5
WAYS = {
    "untracked": TrackingConfig(enabled=False),
    "max_gap 0": TrackingConfig(max_gap=0),
    "max_gap 2": TrackingConfig(max_gap=2),
    "max_gap 4": TrackingConfig(max_gap=4),
    "max_gap 8": TrackingConfig(),
    "2, all": TrackingConfig(max_gap=2, fill="all"),
    "4, all": TrackingConfig(max_gap=4, fill="all"),
    "8, all": TrackingConfig(max_gap=8, fill="all"),
}
"""Ways of tracking; `all` fills gaps in which the ball was probably hidden too."""

PROTOCOLS = ("wasb", "tracknetv3")


@frozen(kw_only=True)
class Detector:
    """How a detector fails; probabilities are for one frame.

    Attributes:
        miss: A visible ball has no confident candidate.
        again: The same right after a miss.
        weak: A missed ball still has a weak candidate.
        hidden: The ball becomes hidden, for 1 to 12 frames.
        weak_false: A weak candidate where no ball is.
        strong_false: A confident one.
        flashes: A thing at rest is taken for the ball, at any score from 0.2 to 0.9.
        noise: Standard deviation of positions, px.
        lost: The recording lacks the frame; timestamps tell.
        fps: Frames per second.
    """

    miss: float = 0.06
    again: float = 0.3
    weak: float = 0.6
    hidden: float = 0.01
    weak_false: float = 0.2
    strong_false: float = 0.01
    flashes: float = 0.0
    noise: float = 1.0
    lost: float = 0.0
    fps: float = 30.0


SETS = {
    "easy": Detector(miss=0.01, hidden=0.004, weak_false=0.05, strong_false=0.001, noise=0.6),
    "broadcast": Detector(),
    "adverse": Detector(miss=0.15, again=0.5, hidden=0.02, weak_false=0.4, strong_false=0.03, noise=1.3),
    "look-alike": Detector(flashes=0.3),
    "10 % blank": Detector(miss=0.1, again=0.1, weak=0.0, hidden=0.004, strong_false=0.005, noise=0.8),
    "10 % lost": Detector(lost=0.1),
    "often hidden": Detector(miss=0.03, hidden=0.04),
    "60 fps": Detector(fps=60.0),
}


@frozen(kw_only=True, eq=False)
class SimulatedClip:
    """A rally of N frames.

    Attributes:
        detections: What was detected.
        visibility: Classes, ``[N]``.
        labelled: The ball, source px, ``[N, 2]``.
        times: When each frame is shown, s, ``[N]``.
    """

    detections: ClipDetections
    visibility: NDArray[np.uint8]
    labelled: Array
    times: Array


def project(court: Array) -> Array:
    """Source px of court coordinates in metres (across, along, up), seen from behind a baseline."""
    offset = court - np.array([0.0, -14.0, 9.0])
    pitch = np.arctan2(8.5, 24.5)
    depth = offset[:, 1] * np.cos(pitch) - offset[:, 2] * np.sin(pitch)
    up = offset[:, 1] * np.sin(pitch) + offset[:, 2] * np.cos(pitch)
    return np.stack([SIZE[0] / 2 + 1500 * offset[:, 0] / depth, SIZE[1] / 2 - 1500 * up / depth], axis=1)


def rally(random: np.random.Generator, frames: int, fps: float) -> Array:
    """Fly a ball from side to side; px, ``[frames, 2]``."""
    substeps = 8
    path: list[Array] = []
    position, away = np.array([random.uniform(-3, 3), 0.5, 1.0]), True
    while len(path) < frames * substeps:
        target = np.array([random.uniform(-4, 4), random.uniform(14, 23) if away else random.uniform(1, 9)])
        across = target - position[:2]
        flight = 1.15 * np.linalg.norm(across) / random.uniform(18, 38)
        velocity = np.array([*(across / flight), (9.81 * flight**2 / 2 - position[2]) / flight])
        bounces = 0
        while bounces < 2 and not (bounces and not -0.7 < position[1] < 24.5):
            path.append(position)
            drag = 0.018 * np.linalg.norm(velocity) * velocity
            velocity = velocity + (np.array([0.0, 0.0, -9.81]) - drag) / (fps * substeps)
            position = position + velocity / (fps * substeps)
            if position[2] < 0 and velocity[2] < 0:
                velocity, bounces = velocity * np.array([0.72, 0.72, -0.75]), bounces + 1
        position, away = np.maximum(position, (-9, -9, 0.4)), not away
        if random.random() < 0.1:  # a cut to the next rally
            position, away = np.array([random.uniform(-3, 3), 0.5, 1.0]), True
    return project(np.array(path[: frames * substeps : substeps]))


def simulate(detector: Detector, seed: int, frames: int = 300) -> SimulatedClip:
    """Fly a rally and detect it."""
    random = np.random.default_rng(seed)
    ball = rally(random, frames, detector.fps)
    inside = np.asarray(np.all((ball >= 0) & (ball < np.array(SIZE)), axis=1))
    visibility: NDArray[np.uint8] = inside.astype(np.uint8)
    for begin in np.flatnonzero(random.random(frames) < detector.hidden).tolist():
        span = slice(begin, begin + random.integers(1, 13))
        visibility[span] = np.where(inside[span], 3, 0)
    xy, score = np.full((frames, CANDIDATES, 2), np.nan), np.zeros((frames, CANDIDATES))
    resting, missed = random.uniform((0, 0), SIZE), False
    for frame in range(frames):
        seen: list[tuple[float, Array]] = []
        missed = random.random() < (detector.again if missed else detector.miss)
        place = ball[frame] + random.normal(0, detector.noise, 2)
        if visibility[frame] == 1 and not missed:
            seen.append((THRESHOLD + (1 - THRESHOLD) * random.beta(8, 2), place))
        elif visibility[frame] == 1 and random.random() < detector.weak:
            seen.append((random.uniform(0.05, THRESHOLD), place))
        elif visibility[frame] == 3 and random.random() < 0.15:
            seen.append((random.uniform(0.05, THRESHOLD), place + random.normal(0, 3 * detector.noise, 2)))
        if random.random() < detector.weak_false:
            seen.append((random.uniform(0.05, THRESHOLD), random.uniform((0, 0), SIZE)))
        if random.random() < detector.strong_false:
            seen.append((random.uniform(THRESHOLD, 1), random.uniform((0, 0), SIZE)))
        if random.random() < detector.flashes:
            seen.append((random.uniform(0.2, 0.9), resting + random.normal(0, 0.5, 2)))
        for rank, (value, where) in enumerate(sorted(seen, key=lambda candidate: -candidate[0])[:CANDIDATES]):
            xy[frame, rank], score[frame, rank] = where, value
    kept = np.flatnonzero(random.random(frames) >= detector.lost)
    return SimulatedClip(
        detections=ClipDetections(xy=xy[kept], score=score[kept]),
        visibility=visibility[kept],
        labelled=ball[kept],
        times=kept / detector.fps,
    )


def count(clips: list[SimulatedClip], tracking: TrackingConfig, fps: float) -> dict[str, dict[str, float]]:
    """Count under each protocol what the tracker makes of all clips."""
    started = time.process_time()
    tracks = [
        track_clip(
            clip.detections, tracking, threshold=THRESHOLD, size=SIZE, fps=fps, times=clip.times.tolist()
        )
        for clip in clips
    ]
    seconds = time.process_time() - started
    frames = sum(map(len, tracks))
    figures = {}
    for name in PROTOCOLS:
        judged = [
            outcomes(positions(track), clip.labelled, clip.visibility, SIZE, protocol_named(name))
            for track, clip in zip(tracks, clips, strict=True)
        ]
        counts = Counts.of(np.concatenate(judged))
        figures[name] = {
            "f1": counts.f1,
            "precision": counts.precision,
            "recall": counts.recall,
            "microseconds_per_frame": 1e6 * seconds / frames,
        }
    return figures


def main() -> None:
    """Print F1 for each set and way of tracking."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=8, help="rallies of 300 frames in each set")
    parser.add_argument("--seed", type=int, default=0, help="of the first rally")
    parser.add_argument("--output", type=Path, default=Path("tracker.json"))
    arguments = parser.parse_args()
    rows = {}
    for name, detector in SETS.items():
        clips = [simulate(detector, seed) for seed in range(arguments.seed, arguments.seed + arguments.clips)]
        rows[name] = {way: count(clips, tracking, detector.fps) for way, tracking in WAYS.items()}
    for protocol in PROTOCOLS:
        print(f"F1, {protocol:12}" + "".join(f"{way:>11}" for way in WAYS))
        for name, row in rows.items():
            print(f"{name:16}" + "".join(f"{figures[protocol]['f1']:11.4f}" for figures in row.values()))
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
