"""Every metric equals a plain, frame-by-frame reading of its definition, on 1,000 random clips.

The clips hit every corner: equal scores, nothing labelled, nothing found, no frames at all,
predictions exactly on each protocol's limit, and hidden balls with or without a position.
"""

import math
from functools import cache

import numpy as np
import pytest
from attrs import evolve, frozen

from tracknet_core.evaluation.average_precision import average_precision, average_precision_wasb
from tracknet_core.evaluation.matching import Outcome, judge, outcomes, visible_balls
from tracknet_core.evaluation.metrics import summarize
from tracknet_core.evaluation.protocols import PROTOCOLS
from tracknet_core.evaluation.resampling import draws, resample
from tracknet_core.evaluation.sweep import sweep_detections
from tracknet_core.evaluation.threshold import UNDECIDED, best_threshold

SIZE = (1280, 720)

# Exactly on a limit: 4 px, 5 px, 10 px (4 at 512x288) and 15 px (3 at 256x144), straight and oblique.
OFFSETS = np.array(
    [
        (0, 0),
        (4, 0),
        (0, -4),
        (3.99, 0),
        (2.4, 1),
        (3, 4),
        (5, 0.01),
        (10, 0),
        (6, 8),
        (15, 0),
        (9, 12),
        (40, 7),
    ]
)


@frozen(kw_only=True, eq=False)
class Case:
    """One clip; output, best ``[N, 2]`` and score ``[N]`` are nan where there is none."""

    output: np.ndarray
    best: np.ndarray
    score: np.ndarray
    labelled: np.ndarray
    visibility: np.ndarray

    def judged(self, protocol):
        return judged_case(self, protocol)

    def metrics(self, protocol):
        return metrics_of_case(self, protocol)


@cache
def judged_case(case, protocol):
    return judge(
        "clip",
        output=case.output,
        best=case.best,
        score=case.score,
        labelled=case.labelled,
        visibility=case.visibility,
        size=SIZE,
        protocol=protocol,
    )


@cache
def metrics_of_case(case, protocol):
    judged = judged_case(case, protocol)
    return summarize([judged], split="test", protocol=protocol, threshold=0.5, tracking=None)


def random_case(seed):
    rng = np.random.default_rng(seed)
    frames = int(rng.integers(0, 14))
    visibility = rng.choice(4, frames, p=rng.dirichlet((1, 1, 1, 1))).astype(np.uint8)
    labelled = rng.integers(100, 600, (frames, 2)).astype(float)
    best = labelled + OFFSETS[rng.integers(0, len(OFFSETS), frames)]
    best[rng.random(frames) < rng.choice([0, 0.3, 1])] = np.nan
    score = rng.integers(1, rng.choice([3, 30]), frames) / 32
    score[np.isnan(best[:, 0])] = np.nan
    output = np.where(
        rng.random((frames, 1)) < 0.7, best, labelled + OFFSETS[rng.integers(0, len(OFFSETS), frames)]
    )
    output[rng.random(frames) < rng.choice([0, 0.3, 1])] = np.nan
    labelled[visibility == 0] = np.nan
    return Case(output=output, best=best, score=score, labelled=labelled, visibility=visibility)


CASES = [random_case(seed) for seed in range(1000)]


def without_some_positions(case, seed):
    """Half of the hidden balls lose their position, as labellers leave them."""
    lost = (case.visibility == 3) & (np.random.default_rng(seed).random(len(case.visibility)) < 0.5)
    return evolve(case, labelled=np.where(lost[:, None], np.nan, case.labelled))


UNPLACED = [without_some_positions(case, seed) for seed, case in enumerate(CASES)]


def cases(protocol):
    """1,000 clips; a hidden ball may lack its position where the protocol does not want it found."""
    return CASES if 3 in protocol.visible_classes else UNPLACED


# --- the plain reading ---


def apart(predicted, labelled, protocol):
    width, height = protocol.reference_size or SIZE
    dx = (predicted[0] - labelled[0]) * width / SIZE[0]
    dy = (predicted[1] - labelled[1]) * height / SIZE[1]
    return math.sqrt(dx * dx + dy * dy)


def within(predicted, labelled, protocol):
    distance = apart(predicted, labelled, protocol)
    return distance < protocol.distance_px or (protocol.inclusive and distance == protocol.distance_px)


def plain_outcome(predicted, labelled, visibility, protocol):
    predicted_any = not math.isnan(predicted[0])
    if visibility not in protocol.visible_classes:
        return "FP2" if predicted_any else "TN"
    if not predicted_any:
        return "FN"
    return "TP" if within(predicted, labelled, protocol) else "FP1"


def plain_frames(case, protocol):
    """Each frame as (score or None, whether it is a hit, whether a ball is visible)."""
    frames = []
    for best, score, labelled, visibility in zip(
        case.best, case.score, case.labelled, case.visibility, strict=True
    ):
        outcome = plain_outcome(best, labelled, visibility, protocol)
        frames.append(
            (None if math.isnan(score) else score, outcome == "TP", visibility in protocol.visible_classes)
        )
    return frames


def plain_f1(tp, fp1, fp2, fn):
    precision = tp / (tp + fp1 + fp2) if tp + fp1 + fp2 else 0.0
    recall = tp / (tp + fn) if tp + fn else 0.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def plain_average_precision(frames):
    """A sweep over every threshold, counting anew at each."""
    balls = sum(visible for _, _, visible in frames)
    if balls == 0:
        return None
    area, recall = 0.0, 0.0
    for threshold in sorted({score for score, _, _ in frames if score is not None}, reverse=True):
        kept = [hit for score, hit, _ in frames if score is not None and score >= threshold]
        area += (sum(kept) / balls - recall) * sum(kept) / len(kept)
        recall = sum(kept) / balls
    return area


def plain_average_precision_wasb(frames):
    """The best precision at each recall times the step in recall, over TP and FN alone."""
    if not any(visible for _, _, visible in frames):
        return None
    detected = sorted(
        [(score, hit) for score, hit, _ in frames if score is not None], key=lambda pair: -pair[0]
    )
    recallable = sum(hit for _, hit in detected) + sum(
        score is None and visible for score, _, visible in frames
    )
    if recallable == 0:
        return 0.0
    best_at, hits = {}, 0
    for rank, (_, hit) in enumerate(detected, start=1):
        hits += hit
        best_at[hits / recallable] = max(best_at.get(hits / recallable, 0.0), hits / rank)
    area, previous = 0.0, 0.0
    for recall, precision in best_at.items():
        area += (recall - previous) * precision
        previous = recall
    return area


def plain_f1_at(threshold, frames):
    tp = fp1 = fp2 = fn = 0
    for score, hit, visible in frames:
        predicted = score is not None and score >= threshold
        tp += predicted and hit
        fp1 += predicted and visible and not hit
        fp2 += predicted and not visible
        fn += visible and not predicted
    return plain_f1(tp, fp1, fp2, fn)


# --- no difference ---


@pytest.fixture(params=list(PROTOCOLS.values()), ids=list(PROTOCOLS))
def protocol(request):
    return request.param


def test_outcomes(protocol):
    for case in cases(protocol):
        expected = [
            plain_outcome(*frame, protocol)
            for frame in zip(case.output, case.labelled, case.visibility, strict=True)
        ]
        judged = outcomes(case.output, case.labelled, case.visibility, SIZE, protocol)
        assert [Outcome(outcome).name for outcome in judged] == expected


def test_every_outcome_and_every_limit_occurs(protocol):
    outcome = np.concatenate([case.judged(protocol).outcome for case in cases(protocol)])
    distance = np.concatenate([case.judged(protocol).distance for case in cases(protocol)])
    assert set(outcome) == set(Outcome)
    assert np.sum(distance == protocol.distance_px) > 100


def test_hidden_balls_occur_with_and_without_a_position():
    hidden = np.concatenate([case.labelled[case.visibility == 3] for case in UNPLACED])
    assert 100 < np.isnan(hidden[:, 0]).sum() < len(hidden) - 100


def test_counts_and_ratios(protocol):
    for case in cases(protocol):
        judged = case.judged(protocol)
        metrics = case.metrics(protocol)
        names = [Outcome(outcome).name for outcome in judged.outcome]
        tp, tn, fp1, fp2, fn = (names.count(name) for name in ("TP", "TN", "FP1", "FP2", "FN"))
        assert (metrics.tp, metrics.tn, metrics.fp1, metrics.fp2, metrics.fn) == (tp, tn, fp1, fp2, fn)
        assert metrics.frames == len(names)
        assert metrics.accuracy == ((tp + tn) / len(names) if names else 0)
        assert metrics.precision == (tp / (tp + fp1 + fp2) if tp + fp1 + fp2 else 0)
        assert metrics.recall == (tp / (tp + fn) if tp + fn else 0)
        assert metrics.f1 == pytest.approx(plain_f1(tp, fp1, fp2, fn))
        assert metrics.pck == (tp / (tp + fp1 + fn) if tp + fp1 + fn else 0)


def test_rmse(protocol):
    for case in cases(protocol):
        metrics = case.metrics(protocol)
        squares = [
            apart(predicted, labelled, protocol) ** 2
            for predicted, labelled, visibility in zip(
                case.output, case.labelled, case.visibility, strict=True
            )
            if plain_outcome(predicted, labelled, visibility, protocol) in {"TP", "FP1"}
        ]
        expected = math.sqrt(sum(squares) / len(squares)) if squares else None
        assert metrics.rmse_px == (None if expected is None else pytest.approx(expected))


def test_by_visibility(protocol):
    for case in cases(protocol):
        metrics = case.metrics(protocol)
        assert set(metrics.by_visibility) == set(case.visibility.tolist())
        for label, counts in metrics.by_visibility.items():
            chosen = case.visibility == label
            names = [
                plain_outcome(predicted, labelled, label, protocol)
                for predicted, labelled in zip(case.output[chosen], case.labelled[chosen], strict=True)
            ]
            assert [counts.tp, counts.tn, counts.fp1, counts.fp2, counts.fn] == [
                names.count(name) for name in ("TP", "TN", "FP1", "FP2", "FN")
            ]


def test_average_precision(protocol):
    for case in cases(protocol):
        judged = case.judged(protocol)
        visible = visible_balls(case.visibility, protocol)
        frames = plain_frames(case, protocol)
        ours = average_precision(judged.score, judged.hit, int(visible.sum()))
        expected = plain_average_precision(frames)
        assert ours == (None if expected is None else pytest.approx(expected))
        published = average_precision_wasb(judged.score, judged.hit, visible)
        expected = plain_average_precision_wasb(frames)
        assert published == (None if expected is None else pytest.approx(expected))


def plain_counts(threshold, frames):
    """Outcomes of the best detections of at least a threshold."""
    names = []
    for score, hit, visible in frames:
        predicted = score is not None and score >= threshold
        if visible:
            names.append(("TP" if hit else "FP1") if predicted else "FN")
        else:
            names.append("FP2" if predicted else "TN")
    return [names.count(name) for name in ("TP", "TN", "FP1", "FP2", "FN")]


def test_sweep(protocol):
    for case in cases(protocol):
        frames = plain_frames(case, protocol)
        sweep = sweep_detections([case.judged(protocol)], protocol)
        scores = {score for score, _, _ in frames if score is not None}
        assert [point.threshold for point in sweep.detections] == sorted(scores, reverse=True)
        for point in sweep.detections:
            counts = point.counts
            assert [counts.tp, counts.tn, counts.fp1, counts.fp2, counts.fn] == plain_counts(
                point.threshold, frames
            )


def plain_speed(labelled, frame):
    """Mean of the known steps before and after a frame, percent of the diagonal."""
    steps = []
    for before, after in ((frame - 1, frame), (frame, frame + 1)):
        if before >= 0 and after < len(labelled):
            x, y = labelled[after] - labelled[before]
            if not math.isnan(x):
                steps.append(math.sqrt(x * x + y * y))
    return 100 * sum(steps) / len(steps) / math.sqrt(SIZE[0] ** 2 + SIZE[1] ** 2) if steps else None


def plain_bin(speed):
    if speed is None:
        return "unknown"
    return "<0.5" if speed < 0.5 else "0.5-1" if speed < 1 else "1-2" if speed < 2 else ">=2"


def test_by_speed(protocol):
    for case in cases(protocol):
        slow = evolve(case, labelled=case.labelled / 20, output=case.output / 20)  # some in every bin
        expected = {}
        for frame, (predicted, labelled, visibility) in enumerate(
            zip(slow.output, slow.labelled, slow.visibility, strict=True)
        ):
            if visibility in protocol.visible_classes:
                part = expected.setdefault(plain_bin(plain_speed(slow.labelled, frame)), [])
                part.append(plain_outcome(predicted, labelled, visibility, protocol))
        metrics = slow.metrics(protocol)
        if set(expected) <= {"unknown"}:
            assert metrics.by_speed == {}
            continue
        assert set(metrics.by_speed) == set(expected)
        for name, counts in metrics.by_speed.items():
            assert [counts.tp, counts.fp1, counts.fn] == [
                expected[name].count(outcome) for outcome in ("TP", "FP1", "FN")
            ]


def test_metrics_of_resampled_clips(protocol):
    """What weights give is what the drawn clips, laid end to end, give."""
    for group in range(20):
        judged = [case.judged(protocol) for case in cases(protocol)[group * 50 : group * 50 + 8]]
        drawn = draws(8)[group : group + 1]
        figures = resample(judged, protocol, drawn)
        laid = [clip for clip, times in zip(judged, drawn[0], strict=True) for _ in range(int(times))]
        metrics = summarize(laid, split="test", protocol=protocol, threshold=0.5, tracking=None)
        for name in ("f1", "precision", "recall", "accuracy", "pck", "ap"):
            assert figures[name][0] == pytest.approx(getattr(metrics, name), rel=1e-6)


def test_best_threshold(protocol):
    for case in cases(protocol):
        judged = case.judged(protocol)
        frames = plain_frames(case, protocol)
        threshold = best_threshold(judged.score, judged.hit, visible_balls(case.visibility, protocol))
        scores = [score for score, _, _ in frames if score is not None]
        best = max((plain_f1_at(score, frames) for score in scores), default=0.0)
        assert plain_f1_at(threshold, frames) == pytest.approx(best)
        if best == 0.0:
            assert threshold == UNDECIDED
