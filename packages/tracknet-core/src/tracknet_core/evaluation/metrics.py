"""The numbers of ``metrics.json``, from judged clips."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from attrs import asdict, frozen
from numpy.typing import NDArray

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.average_precision import average_precision, average_precision_wasb
from tracknet_core.evaluation.breakdown import SIZE_LIMITS, SPEED_LIMITS, by_bin
from tracknet_core.evaluation.counts import Counts, tally
from tracknet_core.evaluation.matching import Judgement, Outcome, visible_balls
from tracknet_core.evaluation.protocols import Protocol
from tracknet_core.evaluation.resampling import Interval, intervals

S = TypeVar("S", bound=np.generic)


@frozen(kw_only=True)
class Metrics(Counts):
    """How well a set of clips was tracked, and how that was measured.

    Attributes:
        split: Which clips: ``train``, ``val``, ``test`` or ``all``.
        clips: How many.
        intervals: 95 % bootstrap intervals over clips by the name of the figure: ``f1``,
            ``precision``, ``recall``, ``accuracy``, ``pck`` and ``ap``; empty with too few clips.
        ap: Average precision over each frame's best detection, with every visible ball in the
            denominator; None without a visible ball or without scores.
        ap_wasb: The same as published with WASB; None likewise.
        rmse_px: Root mean square distance over TP and FP1, px of the protocol's reference size;
            None when there are none.
        threshold: Smallest score that counted as a ball; None when it is not known.
        protocol: What counted as found.
        tracking: How detections became the track that was judged; None when it is not known.
        by_visibility: Counts for each labelled visibility class that occurs.
        by_speed: Counts of visible balls by their speed, percent of the diagonal a frame, such as
            ``0.5-1``; empty where the size of the pictures is not known.
        by_size: Counts of visible balls by their diameter, percent of the diagonal; empty where
            the labels do not know it.
    """

    split: str
    clips: int
    intervals: Mapping[str, Interval]
    ap: float | None
    ap_wasb: float | None
    rmse_px: float | None
    threshold: float | None
    protocol: Protocol
    tracking: TrackingConfig | None
    by_visibility: Mapping[int, Counts]
    by_speed: Mapping[str, Counts]
    by_size: Mapping[str, Counts]

    def to_json(self) -> dict[str, object]:
        """Return what ``metrics.json`` says of this, ready for ``json.dump``."""
        ratios = {name: getattr(self, name) for name in ("precision", "recall", "f1", "pck", "ap")}
        return {
            "split": self.split,
            "clips": self.clips,
            **Counts.to_json(self),
            **ratios,
            "ap_wasb": self.ap_wasb,
            "rmse_px": self.rmse_px,
            **{f"{name}_interval": self._interval(name) for name in ("accuracy", *ratios)},
            "threshold": self.threshold,
            "protocol": {
                "name": self.protocol.name,
                "distance_px": self.protocol.distance_px,
                "reference_size": list(self.protocol.reference_size)
                if self.protocol.reference_size
                else None,
                "visible_classes": list(self.protocol.visible_classes),
            },
            "tracking": asdict(self.tracking) if self.tracking else None,
            "by_visibility": _each_json(self.by_visibility),
            "by_speed": _each_json(self.by_speed),
            "by_size": _each_json(self.by_size),
        }

    def _interval(self, name: str) -> list[float] | None:
        return list(self.intervals[name]) if name in self.intervals else None


@frozen(kw_only=True, eq=False)
class Measured:
    """Judged clips and what they sum up to.

    Attributes:
        judgements: The clips, in order.
        metrics: Their sum.
    """

    judgements: Sequence[Judgement]
    metrics: Metrics

    @classmethod
    def of(
        cls,
        judgements: Sequence[Judgement],
        *,
        split: str,
        protocol: Protocol,
        threshold: float | None = None,
        tracking: TrackingConfig | None = None,
    ) -> "Measured":
        """Sum judged clips up; arguments are those of :func:`summarize`."""
        metrics = summarize(
            judgements, split=split, protocol=protocol, threshold=threshold, tracking=tracking
        )
        return cls(judgements=judgements, metrics=metrics)


def summarize(
    judgements: Sequence[Judgement],
    *,
    split: str,
    protocol: Protocol,
    threshold: float | None,
    tracking: TrackingConfig | None,
) -> Metrics:
    """Sum up judged clips; every frame weighs the same, whichever clip it is from.

    Args:
        judgements: The clips, judged under ``protocol``.
        split: Which clips these are.
        protocol: What counted as found.
        threshold: Smallest score that counted as a ball; None when it is not known.
        tracking: How detections became a track; None when it is not known.
    """
    outcome = _joined([judged.outcome for judged in judgements], np.uint8)
    visibility = _joined([judged.visibility for judged in judgements], np.uint8)
    distance = _joined([judged.distance for judged in judgements], np.float64)
    hit = _joined([judged.hit for judged in judgements], np.bool_)
    scores = [judged.score for judged in judgements if judged.score is not None]
    score = _joined(scores, np.float64) if len(scores) == len(judgements) else None
    speed = _joined([judged.speed for judged in judgements], np.float64)
    diameter = _joined([judged.diameter for judged in judgements], np.float64)
    visible = visible_balls(visibility, protocol)
    return Metrics(
        **tally(outcome),
        split=split,
        clips=len(judgements),
        intervals=intervals(judgements, protocol),
        ap=None if score is None else average_precision(score, hit, int(visible.sum())),
        ap_wasb=None if score is None else average_precision_wasb(score, hit, visible),
        rmse_px=_rmse(distance[(outcome == Outcome.TP) | (outcome == Outcome.FP1)]),
        threshold=threshold,
        protocol=protocol,
        tracking=tracking,
        by_visibility={
            int(label): Counts.of(outcome[visibility == label]) for label in np.unique(visibility)
        },
        by_speed=by_bin(speed, outcome, visible, SPEED_LIMITS),
        by_size=by_bin(diameter, outcome, visible, SIZE_LIMITS),
    )


def _each_json(parts: Mapping[int, Counts] | Mapping[str, Counts]) -> dict[str, object]:
    return {str(name): counts.to_json() for name, counts in parts.items()}


def _rmse(distance: NDArray[np.float64]) -> float | None:
    return float(np.sqrt(np.mean(distance**2))) if len(distance) else None


def _joined(parts: Sequence[NDArray[S]], dtype: type[S]) -> NDArray[S]:
    return np.concatenate(parts) if parts else np.empty(0, dtype)
