"""One answer a frame from the windows that see it (``tracking.ensemble``)."""

from collections.abc import Iterable, Sequence
from typing import Any, Literal, Protocol

import torch
from attrs import define, field
from torch import Tensor

from tracknet_core.model.windows import Window


class Votes(Protocol):
    """Gathers the answers of windows and hands on those of frames that no later window sees."""

    def add(self, windows: Sequence[Window[Any]], answers: Tensor) -> list[tuple[int, Tensor]]:
        """Take what windows say of their frames, in the order of the stream.

        Args:
            windows: B windows.
            answers: ``[B, T, …]``; heatmaps, or anything else where each frame is seen once.

        Returns:
            Frames finished by now, in order: number and answer ``[…]``.
        """

    def rest(self) -> list[tuple[int, Tensor]]:
        """Return the frames still open, in order; the stream is over."""


def gather(ensemble: Literal["none", "average", "weighted"], length: int) -> Votes:
    """Choose how windows of ``length`` frames vote.

    ``weighted`` trusts the middle of a window most: weights grow by one from either end, as in
    TrackNetV3 (Chen and Wang, 2023, section 3.3).
    """
    if ensemble == "none":
        return SingleVote()
    places = torch.arange(length)
    rising = torch.minimum(places + 1, length - places).float()
    return Mean(weights=rising if ensemble == "weighted" else torch.ones(length))


@define
class SingleVote:
    """Each frame is scored by one window; only their order is to be restored."""

    _open: dict[int, Tensor] = field(factory=dict)
    _next: int = 0

    def add(self, windows: Sequence[Window[Any]], answers: Tensor) -> list[tuple[int, Tensor]]:
        """Keep the answers that count until those before them are there."""
        for window, frames in zip(windows, answers, strict=True):
            for number, scored, answer in zip(window.numbers.tolist(), window.scored, frames, strict=True):
                if scored:
                    self._open[number] = answer
        finished = []
        while self._next in self._open:
            finished.append((self._next, self._open.pop(self._next)))
            self._next += 1
        return finished

    def rest(self) -> list[tuple[int, Tensor]]:
        """Return nothing: every frame has been scored and handed on."""
        return []


@define
class Mean:
    """A weighted mean over all windows that see a frame; at most as many frames as one spans are open.

    Attributes:
        weights: ``[T]`` of the places in a window.
    """

    weights: Tensor
    _sums: dict[int, Tensor] = field(factory=dict)
    _totals: dict[int, float] = field(factory=dict)

    def add(self, windows: Sequence[Window[Any]], answers: Tensor) -> list[tuple[int, Tensor]]:
        """Add to the frames' sums; those before a window's first frame are finished."""
        finished: list[tuple[int, Tensor]] = []
        for window, maps in zip(windows, answers, strict=True):
            finished += self._take(sorted(seen for seen in self._sums if seen < window.numbers[0]))
            for place, number in enumerate(window.numbers.tolist()):
                if window.scored[place]:
                    weight = float(self.weights[place])
                    self._sums[number] = self._sums.get(number, 0.0) + weight * maps[place]
                    self._totals[number] = self._totals.get(number, 0.0) + weight
        return finished

    def rest(self) -> list[tuple[int, Tensor]]:
        """Return the frames of the last window."""
        return self._take(sorted(self._sums))

    def _take(self, numbers: Iterable[int]) -> list[tuple[int, Tensor]]:
        return [(number, self._sums.pop(number) / self._totals.pop(number)) for number in numbers]
