"""Predicting a source into its files."""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from itertools import chain

from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.inference.files import Files
from tracknet_core.inference.frames import FrameSource, SourceError
from tracknet_core.inference.overlay import Overlay
from tracknet_core.inference.predictor import Followed, Predictor
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
    with closing(predictor.follow(source, keep_images=files.overlay is not None)) as followed:
        first = next(followed, None)
        if first is None:
            raise UserError(f"{source.address}: no frame lies between --start and --end. Give a longer span.")
        files.table.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as stack:
            table = stack.enter_context(BallTable(files.table))
            overlay = (
                stack.enter_context(Overlay(files.overlay, source, begin=first[0].time))
                if files.overlay
                else None
            )
            return _record(chain([first], followed), source, table, overlay, progress)


def _record(
    followed: Iterable[Followed],
    source: FrameSource,
    table: BallTable,
    overlay: Overlay | None,
    progress: Progress,
) -> Prediction:
    visible, fault = 0, None
    try:
        with progress.task(source.name, total=source.length) as task:
            for point, image in followed:
                table.add(point)
                visible += point.xy is not None
                if overlay is not None and image is not None:
                    overlay.add(point, image)
                task.advance()
    except SourceError as error:
        fault = str(error)
    except KeyboardInterrupt:
        if not source.live:
            progress.say(f"{table.part}: holds the {table.rows} frames until the interruption")
            raise
        _finish(table, overlay)
        progress.say(f"{table.file}: holds all {table.rows} frames")
        raise
    _finish(table, overlay)
    if overlay is not None and overlay.note:
        progress.say(f"{overlay.file}: {overlay.note}")
    files = Files(table=table.file, overlay=overlay.file if overlay else None)
    return Prediction(source=source.address, files=files, frames=table.rows, visible=visible, fault=fault)


def _finish(table: BallTable, overlay: Overlay | None) -> None:
    table.finish()
    if overlay is not None:
        overlay.finish()
