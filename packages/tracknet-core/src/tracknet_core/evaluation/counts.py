"""How many frames had which outcome, and the ratios that follow."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.evaluation.matching import Outcome

Number = TypeVar("Number", int, NDArray[np.float64])


def quotients(
    *, tp: Number, tn: Number, fp1: Number, fp2: Number, fn: Number
) -> Mapping[str, tuple[Number, Number]]:
    """Give the numerator and denominator of every ratio, for one set of counts or for arrays of them.

    F1 is the harmonic mean of precision and recall. A ball predicted elsewhere (FP1) lowers
    precision, F1 and PCK but, as published, not recall.
    """
    return {
        "f1": (2 * tp, 2 * tp + fp1 + fp2 + fn),
        "precision": (tp, tp + fp1 + fp2),
        "recall": (tp, tp + fn),
        "accuracy": (tp + tn, tp + tn + fp1 + fp2 + fn),
        "pck": (tp, tp + fp1 + fn),
    }


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
        return Counts(**tally(outcome))

    @property
    def frames(self) -> int:
        """All frames."""
        return self.tp + self.tn + self.fp1 + self.fp2 + self.fn

    @property
    def predicted(self) -> int:
        """Frames in which a ball was predicted; without any, precision is no more than a convention."""
        return self.tp + self.fp1 + self.fp2

    @property
    def accuracy(self) -> float:
        """(TP + TN) / all."""
        return self._ratio("accuracy")

    @property
    def precision(self) -> float:
        """TP / (TP + FP1 + FP2)."""
        return self._ratio("precision")

    @property
    def recall(self) -> float:
        """TP / (TP + FN); a ball predicted elsewhere is not in it."""
        return self._ratio("recall")

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall: 2 TP / (2 TP + FP1 + FP2 + FN)."""
        return self._ratio("f1")

    @property
    def pck(self) -> float:
        """Share of visible balls found: TP / (TP + FP1 + FN)."""
        return self._ratio("pck")

    def _ratio(self, name: str) -> float:
        part, whole = quotients(tp=self.tp, tn=self.tn, fp1=self.fp1, fp2=self.fp2, fn=self.fn)[name]
        return part / whole if whole else 0.0

    def to_json(self) -> dict[str, object]:
        """Return the counts and the accuracy, ready for ``json.dump``."""
        return {
            "frames": self.frames,
            "tp": self.tp,
            "tn": self.tn,
            "fp1": self.fp1,
            "fp2": self.fp2,
            "fn": self.fn,
            "accuracy": self.accuracy,
        }


def tally(outcome: NDArray[np.uint8]) -> dict[str, int]:
    """Count the outcomes of ``[N]`` frames by their names in small letters."""
    return {kind.name.lower(): int(np.sum(outcome == kind)) for kind in Outcome}
