"""Predicting a source into its files."""

import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, nullcontext, suppress
from itertools import chain
from types import TracebackType
from typing import Self

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import RunError, UserError
from tracknet_core.data.windows import rate_notes
from tracknet_core.inference.files import Files
from tracknet_core.inference.focus import Focus
from tracknet_core.inference.frames import Frame, FrameSource, SourceError
from tracknet_core.inference.overlay import Overlay
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.predictor import WHOLE, Predictor
from tracknet_core.inference.record import Record
from tracknet_core.inference.resume import record_of
from tracknet_core.inference.table import BallTable, count_rows
from tracknet_core.inference.writing import WriteError, writing
from tracknet_core.progress import Progress


@frozen(kw_only=True)
class Prediction:
    """What became of one source.

    Attributes:
        source: Its address.
        files: What was written.
        frames: Rows in the table.
        visible: Those with a ball.
        frames_per_second: How fast frames were read, searched and written; None where none were,
            since an earlier prediction had finished.
        fault: Why the source ended early; None if it did not.
    """

    source: str
    files: Files
    frames: int
    visible: int
    frames_per_second: float | None
    fault: str | None

    def to_json(self) -> dict[str, object]:
        """Return this as ``tracknet predict --json`` prints it."""
        return {
            "source": self.source,
            "csv": str(self.files.table),
            "overlay": str(self.files.overlay) if self.files.overlay else None,
            "frames": self.frames,
            "visible": self.visible,
            "frames_per_second": self.frames_per_second,
            "fault": self.fault,
        }


def predict(
    predictor: Predictor,
    source: FrameSource,
    files: Files,
    progress: Progress,
    *,
    focus: Focus = WHOLE,
    resume: bool = False,
) -> Prediction:
    """Follow the ball through a source and write one row a frame, and the overlay.

    A source that ends early has its files completed with what it gave. Interrupted files stay as
    parts, beside a record to go on from; only for a live source is the interruption its end.

    Args:
        predictor: What follows the ball.
        source: Where.
        files: What to write.
        progress: Where the bar goes.
        focus: Which part of the picture to look at.
        resume: Go on from the record of an interrupted prediction; leave complete files alone.

    Raises:
        UserError: No frame lies in the span, or the record is of another prediction.
        SourceError: The source broke before the first frame of the span.
        RunError: The files cannot be written.
        KeyboardInterrupt: After the files were taken care of.
    """
    if resume and files.complete:
        frames, visible = count_rows(files.table)
        return Prediction(
            source=source.address,
            files=files,
            frames=frames,
            visible=visible,
            frames_per_second=None,
            fault=None,
        )
    record = record_of(files.record, source, focus, predictor)
    if record is not None and resume:
        record.recover()
    try:
        return _written(predictor, source, files, progress, focus=focus, record=record)
    except WriteError as error:
        remedy = "Make room there" if record is None else "Make room there and go on with --resume"
        raise RunError(f"{error} {remedy}; what was written is kept.") from None


def _written(
    predictor: Predictor,
    source: FrameSource,
    files: Files,
    progress: Progress,
    *,
    focus: Focus,
    record: Record | None,
) -> Prediction:
    known = record.frames if record else 0
    rest = None if source.length is None else max(0, source.length - known)
    keep_images = files.overlay is not None and source.live
    started = time.perf_counter()
    with (
        closing(record) if record else nullcontext(),
        progress.task(source.name, total=rest) as task,
        closing(predictor.follow(source, focus=focus, keep_images=keep_images, record=record)) as followed,
    ):
        first = next(followed, None)
        if first is None:
            raise UserError(f"{source.address}: no frame lies between --start and --end. Give a longer span.")
        with _Outputs(files, source, begin=first[0].time) as outputs:
            fault = None
            try:
                for point, image in chain([first], followed):
                    outputs.add(point, image)
                    if outputs.table.rows > known:
                        task.advance()
            except SourceError as error:
                fault = str(error)
            except KeyboardInterrupt:
                progress.say(outputs.interrupted(live=source.live, recorded=record is not None))
                raise
            outputs.finish()
    if record is not None:
        record.remove()
    for note in (*rate_notes(predictor.run.plan.data.sequence, [source.fps]), *outputs.notes):
        progress.say(note)
    return Prediction(
        source=source.address,
        files=files,
        frames=outputs.table.rows,
        visible=outputs.visible,
        frames_per_second=(outputs.table.rows - known) / (time.perf_counter() - started),
        fault=fault,
    )


class _Outputs:
    """The table and, where one is wanted, the overlay; both stay parts until they are finished.

    The pictures of a source that lies on disk are read a second time, in step with the points, so
    that none of them has to wait for its point; those of a live one come with the points.
    """

    def __init__(self, files: Files, source: FrameSource, *, begin: float) -> None:
        self.visible = 0
        self._source = source
        self._open = ExitStack()
        with writing(files.table):
            files.table.parent.mkdir(parents=True, exist_ok=True)
        self.table = self._open.enter_context(BallTable(files.table))
        self.overlay: Overlay | None = None
        self._again: Iterator[Frame] = iter(())
        if files.overlay is not None:
            self.overlay = self._open.enter_context(Overlay(files.overlay, source, begin=begin))
            if not source.live:
                self._again = iter(source)

    def add(self, point: BallPoint, image: NDArray[np.uint8] | None) -> None:
        self.table.add(point)
        self.visible += point.xy is not None
        if self.overlay is not None:
            self.overlay.add(point, image if self._source.live else self._picture(point.frame))

    def _picture(self, index: int) -> NDArray[np.uint8] | None:
        with suppress(SourceError):
            frame = next(self._again, None)
            if frame is not None and frame.index == index:
                return frame.image
        raise RunError(f"{self._source.address}: changed while it was read. Predict it again with --force.")

    def finish(self) -> None:
        self.table.finish()
        if self.overlay is not None:
            self.overlay.finish()

    def interrupted(self, *, live: bool, recorded: bool) -> str:
        # Rows are counted in the files: the interruption may have come between a row and its count.
        if not live:
            self.table.flush()
            frames, _ = count_rows(self.table.part)
            remedy = "; go on with --resume" if recorded else ""
            return f"{self.table.part}: holds the {frames} frames until the interruption{remedy}"
        self.finish()
        frames, _ = count_rows(self.table.file)
        return f"{self.table.file}: holds all {frames} frames"

    @property
    def notes(self) -> list[str]:
        return [f"{self.overlay.file}: {self.overlay.note}"] if self.overlay and self.overlay.note else []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)
