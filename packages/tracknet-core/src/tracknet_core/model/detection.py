"""Run an engine over frames: candidates for every one of them, in order.

Measuring labelled clips and following a video go through the same :class:`Detector`, so that
what is measured is what is predicted.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import groupby, islice
from operator import itemgetter
from typing import Literal

import numpy as np
import torch
from attrs import evolve, field, frozen
from numpy.typing import NDArray
from torch import Tensor

from tracknet_core.config.plan import Plan
from tracknet_core.config.schema import SequenceConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.geometry import rescale
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.windows import window_shape
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.cuts import mark_cuts
from tracknet_core.model.engines.engine import Engine, Windows
from tracknet_core.model.engines.pytorch import TorchEngine
from tracknet_core.model.ensemble import gather
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.peaks import MAX_PEAKS, candidates_of
from tracknet_core.model.windows import Window, overlapping, side_by_side
from tracknet_core.progress import Progress, Silent

Small = NDArray[np.uint8]
"""A frame at the size of the model's input, RGB ``[H, W, 3]``."""


@frozen(kw_only=True, eq=False)
class FrameCandidates:
    """Candidates for one frame of a stream, best first.

    Attributes:
        number: Of the frame, counted from the first of the stream.
        xy: float64 ``[K, 2]``, continuous input pixels; nan where there are fewer than K.
        score: float64 ``[K]`` in [0, 1]; 0 where there are fewer than K.
        cut: Whether another shot begins with the frame.
    """

    number: int
    xy: NDArray[np.float64]
    score: NDArray[np.float64]
    cut: bool = False


@frozen(kw_only=True, eq=False)
class ClipDetections:
    """Candidates for the N frames of a clip, best first.

    Attributes:
        xy: float64 ``[N, K, 2]``, source pixel indices; nan where there are fewer than K.
        score: float64 ``[N, K]`` in [0, 1]; 0 where there are fewer than K.
        cut: bool ``[N]``, whether another shot begins with the frame.
    """

    xy: NDArray[np.float64]
    score: NDArray[np.float64]
    cut: NDArray[np.bool_] = field()

    @cut.default
    def _one_shot(self) -> NDArray[np.bool_]:
        return np.zeros(len(self.xy), np.bool_)


@frozen(kw_only=True, eq=False)
class Detector:
    """Finds candidates in streams of frames, in memory that does not grow with their length.

    Attributes:
        engine: What runs the model.
        batch_size: Windows in one forward.
        sequence: How far apart the frames of a window are.
        ensemble: How overlapping windows vote on a frame; ``none`` lets each frame be seen once.
        in_flight: Batches of a stream that are on their way at the same time. With more than one,
            the engine works in threads of its own, while frames come in and candidates go out.
    """

    engine: Engine
    batch_size: int = 1
    sequence: SequenceConfig = field(factory=SequenceConfig)
    ensemble: Literal["none", "average", "weighted"] = "none"
    in_flight: int = 1
    _workers: ThreadPoolExecutor | None = field(init=False)

    @_workers.default
    def _threads(self) -> ThreadPoolExecutor | None:
        if self.in_flight == 1:
            return None
        return ThreadPoolExecutor(self.engine.concurrent, thread_name_prefix="tracknet-engine")

    @classmethod
    def of(cls, model: HeatmapModel, plan: Plan, *, device: torch.device, batch_size: int) -> "Detector":
        """Make the detector that a plan describes, over a model in eval mode on a device."""
        autocast = autocast_dtype(plan.training.precision, device)
        engine = TorchEngine(model=model, device=device, autocast=autocast)
        return cls.over(engine, plan, batch_size=batch_size)

    @classmethod
    def over(cls, engine: Engine, plan: Plan, *, batch_size: int, in_flight: int = 1) -> "Detector":
        """Make the detector that a plan describes, over an engine."""
        return cls(
            engine=engine,
            batch_size=batch_size,
            sequence=plan.data.sequence,
            ensemble=plan.tracking.ensemble,
            in_flight=in_flight,
        )

    def detect(
        self, frames: Iterable[tuple[Small, bool]], *, fps: float | None = None
    ) -> Iterator[FrameCandidates]:
        """Find candidates in every frame.

        Each shot goes through the model as if it were a video by itself: no window, vote or batch
        holds frames of two.

        Args:
            frames: Frames, and whether another shot begins with each; read as they are needed.
            fps: Frames per second on average; None when unknown.

        Yields:
            One entry for each frame, in order, as soon as no later window sees it and no more than
            ``in_flight`` batches are on their way.

        Raises:
            torch.OutOfMemoryError: A batch does not fit into the GPU's memory.
        """
        _, stride = window_shape(self.sequence, fps)
        for first, shot in groupby(_with_first_of_shot(frames), key=itemgetter(0)):
            for found in self._detect_shot((frame for _, frame in shot), stride):
                yield evolve(found, number=first + found.number, cut=first > 0 and found.number == 0)

    def _detect_shot(self, frames: Iterable[Small], stride: int) -> Iterator[FrameCandidates]:
        """Find candidates in the frames of one shot, counted from its first."""
        alone = self.ensemble == "none"
        votes = gather(self.ensemble, self.engine.frames)
        windows = (side_by_side if alone else overlapping)(frames, self.engine.frames, stride)
        ask = self.engine.candidates if alone else self.engine.heatmaps
        for batch, answers in self._answered(windows, ask):
            yield from self._located(votes.add(batch, answers))
        yield from self._located(votes.rest())

    def _answered(
        self, windows: Iterator[Window[Small]], ask: Callable[[Windows], Tensor]
    ) -> Iterator[tuple[list[Window[Small]], Tensor]]:
        """Give each batch of windows to the engine; batches come back in order."""
        flying: deque[tuple[list[Window[Small]], Future[Tensor]]] = deque()
        try:
            while batch := list(islice(windows, self.batch_size)):
                if self._workers is None:
                    yield batch, ask(_pixels(batch))
                    continue
                answers = self._workers.submit(ask, _pixels(batch))
                flying.append(([evolve(window, frames=()) for window in batch], answers))
                if len(flying) >= self.in_flight:
                    yield _landed(flying)
            while flying:
                yield _landed(flying)
        finally:
            for _, answers in flying:
                answers.cancel()

    def _located(self, finished: Sequence[tuple[int, Tensor]]) -> Iterator[FrameCandidates]:
        """Tell where the candidates of finished frames lie in the input."""
        if not finished:
            return
        answers = torch.stack([answer for _, answer in finished])
        rows = (answers if self.ensemble == "none" else candidates_of(answers)).double().cpu().numpy()
        xy = rescale(rows[..., :2], self.engine.heatmap_size, self.engine.input_size)
        for (number, _), at, score in zip(finished, xy, rows[..., 2], strict=True):
            yield FrameCandidates(number=number, xy=at, score=score)


def _pixels(windows: Sequence[Window[Small]]) -> Windows:
    pixels: Windows = np.stack([np.stack(window.frames) for window in windows])
    return pixels.transpose(0, 1, 4, 2, 3)


def _landed(
    flying: "deque[tuple[list[Window[Small]], Future[Tensor]]]",
) -> tuple[list[Window[Small]], Tensor]:
    """Wait for the batch that was given first."""
    batch, answers = flying.popleft()
    return batch, answers.result()


def _with_first_of_shot(frames: Iterable[tuple[Small, bool]]) -> Iterator[tuple[int, Small]]:
    """Give each frame the number of the first of its shot."""
    first = 0
    for number, (frame, cut) in enumerate(frames):
        first = number if cut else first
        yield first, frame


def detect_clips(
    detector: Detector, clips: Sequence[Clip], reader: FrameReader, *, progress: Progress | None = None
) -> list[ClipDetections]:
    """Find candidates in every frame of every clip; each frame is read once.

    Args:
        detector: What finds them.
        clips: The clips.
        reader: Made for these clips, in this order; it caches as ``data.cache`` says.
        progress: Where the bar goes.
    """
    found = []
    with (progress or Silent()).task("detect", total=sum(map(len, clips))) as bar:
        for number, clip in enumerate(clips):
            xy, score = np.full((len(clip), MAX_PEAKS, 2), np.nan), np.zeros((len(clip), MAX_PEAKS))
            cut = np.zeros(len(clip), np.bool_)
            frames = ((reader.read(number, frame),) for frame in range(len(clip)))
            marked = ((frame, begins) for (frame,), begins in mark_cuts(frames))
            for candidates in detector.detect(marked, fps=clip.fps):
                xy[candidates.number] = reader.maps[number].to_source(candidates.xy)
                score[candidates.number] = candidates.score
                cut[candidates.number] = candidates.cut
                bar.advance()
            found.append(ClipDetections(xy=xy, score=score, cut=cut))
    return found
