"""Two ways of finding the ball, compared on the same clips."""

from collections.abc import Mapping, Sequence

from attrs import frozen

from tracknet_core.evaluation.counts import Counts
from tracknet_core.evaluation.matching import Judgement
from tracknet_core.evaluation.metrics import Measured, Metrics
from tracknet_core.evaluation.resampling import LEAST_CLIPS, Interval, draws, interval, resample

FIGURES = ("f1", "precision", "recall", "accuracy", "pck", "ap")


@frozen(kw_only=True)
class Difference:
    """One figure of both.

    Attributes:
        first: Of the first; None where it is not defined.
        second: Of the second; None likewise.
        interval: 95 % bootstrap interval of second - first, both resampled with the same clips;
            None with too few clips, or where either is not defined.
    """

    first: float | None
    second: float | None
    interval: Interval | None

    @property
    def value(self) -> float | None:
        """Second - first."""
        return None if self.first is None or self.second is None else self.second - self.first

    def to_json(self) -> dict[str, object]:
        """Return both figures, their difference and its interval, ready for ``json.dump``."""
        return {
            "first": self.first,
            "second": self.second,
            "difference": self.value,
            "interval": list(self.interval) if self.interval else None,
        }


@frozen(kw_only=True)
class ClipDifference:
    """One clip.

    Attributes:
        clip: Its name.
        first: Outcomes of the first.
        second: Outcomes of the second.
    """

    clip: str
    first: Counts
    second: Counts

    def to_json(self) -> dict[str, object]:
        """Return F1 and the counts of both, ready for ``json.dump``."""
        return {
            "clip": self.clip,
            "first": {"f1": self.first.f1, **self.first.to_json()},
            "second": {"f1": self.second.f1, **self.second.to_json()},
        }


@frozen(kw_only=True)
class Comparison:
    """Two measured alike, under one protocol.

    Attributes:
        first: Metrics of the first.
        second: Metrics of the second.
        differences: By the name of the figure.
        clips: All clips, those first whose F1 (and then accuracy) differs most.
    """

    first: Metrics
    second: Metrics
    differences: Mapping[str, Difference]
    clips: tuple[ClipDifference, ...]

    def verdict(self, names: tuple[str, str]) -> str:
        """Say in words what the difference in F1 is worth.

        Args:
            names: What to call the two.
        """
        f1 = self.differences["f1"]
        apart = f1.value or 0.0
        if f1.interval is None:
            return (
                f"F1 differs by {apart:+.4f}; whether by more than chance, fewer than {LEAST_CLIPS} clips "
                "cannot tell"
            )
        low, high = f1.interval
        if low > 0:
            return f"{names[1]} is better by {apart:.4f} F1 (95 %: {low:.4f} to {high:.4f})"
        if high < 0:
            return f"{names[0]} is better by {-apart:.4f} F1 (95 %: {-high:.4f} to {-low:.4f})"
        return f"no difference shown: F1 differs by {apart:+.4f} (95 %: {low:+.4f} to {high:+.4f})"

    def to_json(self, names: tuple[str, str]) -> dict[str, object]:
        """Return everything, ready for ``json.dump``."""
        return {
            "first": {"name": names[0], **self.first.to_json()},
            "second": {"name": names[1], **self.second.to_json()},
            "differences": {name: each.to_json() for name, each in self.differences.items()},
            "by_clip": [each.to_json() for each in self.clips],
            "verdict": self.verdict(names),
        }


def compare(first: Measured, second: Measured) -> Comparison:
    """Compare two that were judged on the same clips under the same protocol.

    Args:
        first: What to compare with.
        second: What to compare.

    Raises:
        ValueError: They were measured on different clips or frames, or under different protocols.
    """
    _require_same(first, second)
    intervals = _intervals(first, second)
    return Comparison(
        first=first.metrics,
        second=second.metrics,
        differences={
            name: Difference(
                first=getattr(first.metrics, name),
                second=getattr(second.metrics, name),
                interval=intervals.get(name),
            )
            for name in FIGURES
        },
        clips=_by_clip(first.judgements, second.judgements),
    )


def _require_same(first: Measured, second: Measured) -> None:
    if first.metrics.protocol != second.metrics.protocol:
        raise ValueError("measured under different protocols")
    clips, others = ([(each.clip, len(each.outcome)) for each in m.judgements] for m in (first, second))
    if clips != others:
        raise ValueError("measured on different clips")


def _intervals(first: Measured, second: Measured) -> Mapping[str, Interval]:
    if len(first.judgements) < LEAST_CLIPS:
        return {}
    drawn = draws(len(first.judgements))
    before = resample(first.judgements, first.metrics.protocol, drawn)
    after = resample(second.judgements, second.metrics.protocol, drawn)
    return {name: interval(after[name] - before[name]) for name in before.keys() & after.keys()}


def _by_clip(first: Sequence[Judgement], second: Sequence[Judgement]) -> tuple[ClipDifference, ...]:
    clips = [
        ClipDifference(clip=one.clip, first=Counts.of(one.outcome), second=Counts.of(other.outcome))
        for one, other in zip(first, second, strict=True)
    ]
    return tuple(sorted(clips, key=_apart, reverse=True))


def _apart(clip: ClipDifference) -> tuple[float, float]:
    return abs(clip.second.f1 - clip.first.f1), abs(clip.second.accuracy - clip.first.accuracy)
