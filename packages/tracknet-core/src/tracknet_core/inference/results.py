"""Predicting a source into its files."""

from contextlib import ExitStack, closing
from itertools import chain
from types import TracebackType
from typing import Self

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.windows import rate_notes
from tracknet_core.inference.files import Files
from tracknet_core.inference.frames import FrameSource, SourceError
from tracknet_core.inference.overlay import Overlay
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.predictor import Predictor
from tracknet_core.inference.table import BallTable
from tracknet_core.progress import Progress


@frozen(kw_only=True)
class Prediction:
    """What became of one source.

    Attributes:
        source: Its address.
        files: What was written.
        frames: Rows in the table.
        visible: Those with a ball.
        fault: Why the source ended early; None if it did not.
    """

    source: str
    files: Files
    frames: int
    visible: int
    fault: str | None

    def to_json(self) -> dict[str, object]:
        """Return this as ``tracknet predict --json`` prints it."""
        return {
            "source": self.source,
            "csv": str(self.files.table),
            "overlay": str(self.files.overlay) if self.files.overlay else None,
            "frames": self.frames,
            "visible": self.visible,
            "fault": self.fault,
        }


def predict(predictor: Predictor, source: FrameSource, files: Files, progress: Progress) -> Prediction:
    """Follow the ball through a source and write one row a frame, and the overlay.

    A source that ends early has its files completed with what it gave. Interrupted files stay as
    parts; only for a live source is the interruption its end.

    Raises:
        UserError: No frame lies in the span.
        SourceError: The source broke before the first frame of the span.
        KeyboardInterrupt: After the files were taken care of.
    """
    with (
        progress.task(source.name, total=source.length) as task,
        closing(predictor.follow(source, keep_images=files.overlay is not None)) as followed,
    ):
        first = next(followed, None)
        if first is None:
            raise UserError(f"{source.address}: no frame lies between --start and --end. Give a longer span.")
        files.table.parent.mkdir(parents=True, exist_ok=True)
        with _Outputs(files, source, begin=first[0].time) as outputs:
            fault = None
            try:
                for point, image in chain([first], followed):
                    outputs.add(point, image)
                    task.advance()
            except SourceError as error:
                fault = str(error)
            except KeyboardInterrupt:
                progress.say(outputs.interrupted(live=source.live))
                raise
            outputs.finish()
    for note in (*rate_notes(predictor.run.plan.data.sequence, [source.fps]), *outputs.notes):
        progress.say(note)
    return Prediction(
        source=source.address, files=files, frames=outputs.table.rows, visible=outputs.visible, fault=fault
    )


class _Outputs:
    """The table and, where one is wanted, the overlay; both stay parts until they are finished."""

    def __init__(self, files: Files, source: FrameSource, *, begin: float) -> None:
        self.visible = 0
        self._open = ExitStack()
        self.table = self._open.enter_context(BallTable(files.table))
        self.overlay: Overlay | None = None
        if files.overlay is not None:
            self.overlay = self._open.enter_context(Overlay(files.overlay, source, begin=begin))

    def add(self, point: BallPoint, image: NDArray[np.uint8] | None) -> None:
        self.table.add(point)
        self.visible += point.xy is not None
        if self.overlay is not None and image is not None:
            self.overlay.add(point, image)

    def finish(self) -> None:
        self.table.finish()
        if self.overlay is not None:
            self.overlay.finish()

    def interrupted(self, *, live: bool) -> str:
        if not live:
            return f"{self.table.part}: holds the {self.table.rows} frames until the interruption"
        self.finish()
        return f"{self.table.file}: holds all {self.table.rows} frames"

    @property
    def notes(self) -> list[str]:
        return [f"{self.overlay.file}: {self.overlay.note}"] if self.overlay and self.overlay.note else []

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.close()
