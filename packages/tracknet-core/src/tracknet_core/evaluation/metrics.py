"""The numbers of ``metrics.json``, from judged clips."""

from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from attrs import asdict, frozen
from numpy.typing import NDArray

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.evaluation.average_precision import average_precision, average_precision_wasb
from tracknet_core.evaluation.matching import Judgement, Outcome, visible_balls
from tracknet_core.evaluation.protocols import Protocol

S = TypeVar("S", bound=np.generic)


@frozen(kw_only=True)
class Counts:
    """How many frames had which outcome, and the ratios that follow.

    A ratio whose denominator is zero is 0.0, as in the published evaluators.

    Attributes:
        tp: Visible ball, found.
        tn: No visible ball, none predicted.
        fp1: Visible ball, predicted elsewhere.
        fp2: No visible ball, but one predicted.
        fn: Visible ball, none predicted.
    """

    tp: int
    tn: int
    fp1: int
    fp2: int
    fn: int

    @classmethod
    def of(cls, outcome: NDArray[np.uint8]) -> "Counts":
        """Count the outcomes of ``[N]`` frames."""
        return Counts(**_tally(outcome))

    @property
    def frames(self) -> int:
        """All frames."""
        return self.tp + self.tn + self.fp1 + self.fp2 + self.fn

    @property
    def accuracy(self) -> float:
        """(TP + TN) / all."""
        return _ratio(self.tp + self.tn, self.frames)

    @property
    def precision(self) -> float:
        """TP / (TP + FP1 + FP2)."""
        return _ratio(self.tp, self.tp + self.fp1 + self.fp2)

    @property
    def recall(self) -> float:
        """TP / (TP + FN); a ball predicted elsewhere is not in it."""
        return _ratio(self.tp, self.tp + self.fn)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 TP / (2 TP + FP1 + FP2 + FN)."""
        return _ratio(2 * self.tp, 2 * self.tp + self.fp1 + self.fp2 + self.fn)

    @property
    def pck(self) -> float:
        """Share of visible balls found: TP / (TP + FP1 + FN)."""
        return _ratio(self.tp, self.tp + self.fp1 + self.fn)


@frozen(kw_only=True)
class Metrics(Counts):
    """How well a set of clips was tracked, and how that was measured.

    Attributes:
        split: Which clips: ``train``, ``val``, ``test`` or ``all``.
        ap: Average precision over each frame's best detection, with every visible ball in the
            denominator; None without a visible ball or without scores.
        ap_wasb: The same as published with WASB; None likewise.
        rmse_px: Root mean square distance over TP and FP1, px of the protocol's reference size;
            None when there are none.
        threshold: Smallest score that counted as a ball; None when it is not known.
        protocol: What counted as found.
        tracking: How detections became the track that was judged; None when it is not known.
        by_visibility: Counts for each labelled visibility class that occurs.
    """

    split: str
    ap: float | None
    ap_wasb: float | None
    rmse_px: float | None
    threshold: float | None
    protocol: Protocol
    tracking: TrackingConfig | None
    by_visibility: Mapping[int, Counts]

    def to_json(self) -> dict[str, object]:
        """Return what ``metrics.json`` says of this, ready for ``json.dump``."""
        return {
            "split": self.split,
            **_counts_json(self),
            "precision": self.precision,
            "recall": self.recall,
            "f1": self.f1,
            "pck": self.pck,
            "ap": self.ap,
            "ap_wasb": self.ap_wasb,
            "rmse_px": self.rmse_px,
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
            "by_visibility": {
                str(label): _counts_json(counts) for label, counts in self.by_visibility.items()
            },
        }


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
    visible = visible_balls(visibility, protocol)
    return Metrics(
        **_tally(outcome),
        split=split,
        ap=None if score is None else average_precision(score, hit, int(visible.sum())),
        ap_wasb=None if score is None else average_precision_wasb(score, hit, visible),
        rmse_px=_rmse(distance[(outcome == Outcome.TP) | (outcome == Outcome.FP1)]),
        threshold=threshold,
        protocol=protocol,
        tracking=tracking,
        by_visibility={
            int(label): Counts.of(outcome[visibility == label]) for label in np.unique(visibility)
        },
    )


def _tally(outcome: NDArray[np.uint8]) -> dict[str, int]:
    return {kind.name.lower(): int(np.sum(outcome == kind)) for kind in Outcome}


def _counts_json(counts: Counts) -> dict[str, object]:
    return {
        "frames": counts.frames,
        "tp": counts.tp,
        "tn": counts.tn,
        "fp1": counts.fp1,
        "fp2": counts.fp2,
        "fn": counts.fn,
        "accuracy": counts.accuracy,
    }


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _rmse(distance: NDArray[np.float64]) -> float | None:
    return float(np.sqrt(np.mean(distance**2))) if len(distance) else None


def _joined(parts: Sequence[NDArray[S]], dtype: type[S]) -> NDArray[S]:
    return np.concatenate(parts) if parts else np.empty(0, dtype)
