"""How far metrics would move with other clips: the bootstrap over clips.

Frames of a clip resemble one another, so whole clips are drawn, with replacement, as many as there
are. The interval is that of percentiles (Efron and Tibshirani, An Introduction to the Bootstrap,
1993, chapter 13). A clip that is drawn w times weighs w times; nothing is judged anew.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from tracknet_core.evaluation.counts import quotients
from tracknet_core.evaluation.matching import Judgement, Outcome, visible_balls
from tracknet_core.evaluation.protocols import Protocol

RESAMPLES = 2000
LEVEL = 0.95
LEAST_CLIPS = 5
"""Clips below which an interval would say nothing."""

MOST_RANKS = 2000
"""Groups of neighbouring scores that average precisions of resamples tell apart."""

AT_ONCE = 250
"""Resamples whose average precision is computed at once: 4 MB an array."""

SEED = 20_231_104

Interval = tuple[float, float]
Figures = Mapping[str, NDArray[np.float64]]


def intervals(judgements: Sequence[Judgement], protocol: Protocol) -> Mapping[str, Interval]:
    """Give the 95 % intervals of F1, precision, recall, accuracy, PCK and average precision.

    Args:
        judgements: The clips, judged under ``protocol``.
        protocol: What counted as found.

    Returns:
        Lower and upper end by name; empty with fewer than :data:`LEAST_CLIPS` clips. ``ap`` is
        missing without scores or without a visible ball.
    """
    if len(judgements) < LEAST_CLIPS:
        return {}
    figures = resample(judgements, protocol, draws(len(judgements)))
    return {name: interval(values) for name, values in figures.items()}


def draws(clips: int) -> NDArray[np.float64]:
    """Draw clips again and again: how often each was drawn, ``[RESAMPLES, clips]``; always the same."""
    random = np.random.default_rng(SEED)
    return random.multinomial(clips, np.full(clips, 1 / clips), RESAMPLES).astype(np.float64)


def resample(judgements: Sequence[Judgement], protocol: Protocol, drawn: NDArray[np.float64]) -> Figures:
    """Compute the metrics of resampled clips.

    Args:
        judgements: C clips.
        protocol: What counted as found.
        drawn: How often each was drawn, ``[B, C]``.

    Returns:
        ``[B]`` values by name. ``ap`` is missing without scores or without a visible ball; it is nan
        in resamples without one.
    """
    counts = np.array([[np.sum(judged.outcome == kind) for kind in Outcome] for judged in judgements])
    tallies = dict(zip((kind.name.lower() for kind in Outcome), (drawn @ counts).T, strict=True))
    figures = {name: _ratios(*quotient) for name, quotient in quotients(**tallies).items()}
    ap = _average_precisions(judgements, protocol, drawn)
    return figures if ap is None else {**figures, "ap": ap}


def interval(values: NDArray[np.float64]) -> Interval:
    """Cut the tails off ``[B]`` resampled values: the middle 95 % of those that are not nan."""
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(values, [tail, 1 - tail])
    return float(low), float(high)


def _ratios(part: NDArray[np.float64], whole: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.divide(part, whole, out=np.zeros_like(part), where=whole > 0)


def _average_precisions(
    judgements: Sequence[Judgement], protocol: Protocol, drawn: NDArray[np.float64]
) -> NDArray[np.float64] | None:
    """Average precision of each resample.

    Scores are sorted once. The detections of one rank enter together, as equal scores do in
    ``average_precision``; up to :data:`MOST_RANKS` different scores, each has its own rank.
    """
    scores = [judged.score for judged in judgements if judged.score is not None]
    balls = np.array([np.sum(visible_balls(judged.visibility, protocol)) for judged in judgements])
    if len(scores) < len(judgements) or not balls.any():
        return None
    score = np.concatenate(scores)
    given = ~np.isnan(score)
    rank = _ranks(score[given])
    clip = np.repeat(np.arange(len(scores)), [len(each) for each in scores])[given]
    hit = np.concatenate([judged.hit for judged in judgements])[given]
    shape = (len(scores), int(rank.max(initial=-1)) + 1)
    cell = clip * shape[1] + rank
    found = np.bincount(cell, weights=hit, minlength=shape[0] * shape[1]).reshape(shape)
    seen = np.bincount(cell, minlength=shape[0] * shape[1]).reshape(shape)
    area = np.concatenate(list(_areas(drawn, found.astype(np.float32), seen.astype(np.float32))))
    wanted = drawn @ balls
    precision = np.full(len(drawn), np.nan)
    np.divide(area, wanted, out=precision, where=wanted > 0)
    return precision


def _ranks(score: NDArray[np.float64]) -> NDArray[np.int64]:
    """Number scores from the highest down, equal ones alike, in at most MOST_RANKS groups."""
    distinct, place = np.unique(-score, return_inverse=True)
    if len(distinct) <= MOST_RANKS:
        return np.asarray(place, np.int64)
    above = np.cumsum(np.bincount(place))  # detections of at least each score
    return np.asarray((above[place] - 1) * MOST_RANKS // len(score), np.int64)


def _areas(
    drawn: NDArray[np.float64], found: NDArray[np.float32], seen: NDArray[np.float32]
) -> Iterator[NDArray[np.float64]]:
    """Sum of precision times hits gained over the ranks ``[C, R]``, for a few resamples at a time."""
    for start in range(0, len(drawn), AT_ONCE):
        weights = drawn[start : start + AT_ONCE].astype(np.float32)
        gained = weights @ found
        hits, detections = np.cumsum(gained, axis=1), np.cumsum(weights @ seen, axis=1)
        precision = np.divide(hits, detections, out=np.zeros_like(hits), where=detections > 0)
        yield np.sum(precision * gained, axis=1, dtype=np.float64)
