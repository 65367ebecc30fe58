"""Going on with an interrupted prediction so that nothing differs from one that was not.

What was recorded is told to the tracker again. The model goes on at a frame from which it sees the
same windows in the same batches, since floating-point sums depend on them in their last bits.
"""

from collections.abc import Generator
from contextlib import closing
from math import lcm
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core import __version__
from tracknet_core.config.document import plain_section
from tracknet_core.data.windows import window_shape
from tracknet_core.inference.focus import Focus
from tracknet_core.inference.frames import FrameSource, SourceError, StoredSource
from tracknet_core.inference.record import Record
from tracknet_core.inference.search import Search
from tracknet_core.inference.sighting import Sighting
from tracknet_core.model.cuts import LATELY
from tracknet_core.model.detection import Detector

if TYPE_CHECKING:
    from tracknet_core.inference.predictor import Predictor


def record_of(file: Path, source: FrameSource, focus: Focus, predictor: "Predictor") -> Record | None:
    """Prepare to record a prediction; None for what cannot be read again, such as a camera.

    Args:
        file: Where the record is kept.
        source: What is predicted.
        focus: Which part of the picture is looked at.
        predictor: What predicts it.
    """
    if source.live or not isinstance(source, StoredSource):
        return None
    fingerprint = source.fingerprint()
    if fingerprint is None:
        return None
    facts = {
        "version of TrackNet": __version__,
        "source": fingerprint,
        "--start": source.span.start,
        "--end": source.span.end,
        "frame rate": source.fps,
        "model": predictor.checkpoint_digest,
        "threshold": predictor.run.threshold,
        "tracking": plain_section(predictor.run.plan.tracking),
        "engine": predictor.run.engine.name,
        "device": predictor.run.engine.device.type,
        "batch size": predictor.batch_size,
        "region": focus.region and list(focus.region),
        "tiles": list(focus.tiles),
    }
    return Record(file, facts)


def recorded(source: StoredSource, search: Search, record: Record) -> Generator[Sighting]:
    """Search a source, beginning with what is recorded already; record what is new.

    Raises:
        torch.OutOfMemoryError: A batch does not fit into the GPU's memory.
    """
    before, lost = record.frames, record.lost
    frames, last = iter(source), -1
    earlier = record.earlier
    restart = earlier + restart_after(before - lost - earlier, search.detector, search.fps)
    for sighting in record.replay():
        last = sighting.index
        restart -= not sighting.lost
        if restart == 0 and not sighting.lost:
            frames = source.after(sighting.index, sighting.time)
        yield sighting
    with closing(search.sightings(frames)) as sightings:
        for sighting in sightings:
            if sighting.index > last:
                record.add(sighting)
                yield sighting
    if lost and search.fault is None:
        search.fault = SourceError(
            f"{source.address}: {lost} damaged frames did not decode. All frames that did were kept."
        )


def restart_after(known: int, detector: Detector, fps: float | None) -> int:
    """Return how many frames of a shot need not be looked at again, of those whose candidates are known.

    Windows side by side stand in blocks, the last of which borrows frames from the block before
    it; overlapping windows vote on a frame together. Batches are counted from the first window of
    the shot, and a cut is told by what changed in the frames before it.

    Args:
        known: Frames of the shot whose candidates are known.
        detector: What looks for them.
        fps: Frames per second of the source; None when unknown.
    """
    length, stride = window_shape(detector.sequence, fps)
    side_by_side = detector.ensemble == "none"
    whole_batches = lcm(detector.batch_size, stride) * length if side_by_side else detector.batch_size
    again = max(length * stride, LATELY) + 1
    return max(0, known - again) // whole_batches * whole_batches
