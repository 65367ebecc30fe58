"""The whole preflight of labelled data: one clip at a time, in flat memory."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import DataConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, in_order
from tracknet_core.data.doctor.footage import watch
from tracknet_core.data.doctor.frozen import frozen_labels
from tracknet_core.data.doctor.jumps import jumping_labels
from tracknet_core.data.doctor.misfits import misfits, readings
from tracknet_core.data.doctor.numbering import holes
from tracknet_core.data.doctor.pictures import unreadable
from tracknet_core.data.doctor.positions import outside, without_position
from tracknet_core.data.doctor.repeated import repeated
from tracknet_core.data.doctor.scan_faults import of_scan
from tracknet_core.data.doctor.twins import duplicates, games_on_two_sides
from tracknet_core.data.load import scan_roots
from tracknet_core.data.splits import SIDES, split_clips
from tracknet_core.progress import Progress, Task


@frozen(kw_only=True, eq=False)
class Examination:
    """What there is, and what is wrong with it.

    Attributes:
        formats: Name of each root's format.
        clips: The clips that the layout's reader accepted; only their pictures were looked at.
        sides: By name of a clip, its side of the split: ``train``, ``val`` or ``test``.
        notes: How the split came about, or why there is none.
        looked_at: Number of pictures that were decoded, or refused.
        findings: Everything found, by kind, clip and frame.
    """

    formats: tuple[str, ...]
    clips: tuple[Clip, ...]
    sides: Mapping[str, str]
    notes: tuple[str, ...]
    looked_at: int
    findings: tuple[Finding, ...]


def examine(data: DataConfig, progress: Progress, *, sample: int | None = None) -> Examination:
    """Look at labelled clips as a run would read them, and at everything that looks wrong.

    Args:
        data: ``format``, ``root`` and ``split`` count here.
        progress: Where bars go.
        sample: Pictures to decode of each clip, from its first; None decodes all, 0 judges labels
            alone.

    Raises:
        ConfigError: A root is absent, empty or of no known format; a named game does not exist.
        UserError: Clips of one root have one name.
    """
    scanned = scan_roots(data, progress)
    clips = tuple(scanned.clips)
    findings = [of_scan(clip, fault) for clip, fault in scanned.faults]
    sides, notes = _sides(clips, data)
    digests: list[NDArray[np.uint64]] = []
    counts = [len(clip) if sample is None else min(sample, len(clip)) for clip in clips]
    with progress.task("looking at pictures", total=sum(counts)) as task:
        for clip, count in zip(clips, counts, strict=True):
            found, of_clip = _of_clip(clip, count, task)
            findings += found
            digests.append(of_clip)
    findings += games_on_two_sides(clips)
    findings += duplicates(clips, digests, sides)
    return Examination(
        formats=tuple(dict.fromkeys(scanned.formats)),
        clips=clips,
        sides=sides,
        notes=notes,
        looked_at=sum(counts),
        findings=in_order(findings),
    )


def _of_clip(clip: Clip, frames: int, task: Task) -> tuple[list[Finding], NDArray[np.uint64]]:
    places = readings(clip)
    footage = watch(clip, places, frames, task)
    found = [
        *holes(clip),
        *outside(clip),
        *without_position(clip),
        *jumping_labels(clip),
        *unreadable(clip, footage),
        *repeated(clip, footage),
        *frozen_labels(clip, footage),
        *misfits(clip, footage, places),
    ]
    return found, footage.digests


def _sides(clips: Sequence[Clip], data: DataConfig) -> tuple[dict[str, str], tuple[str, ...]]:
    """Which clip is on which side; no sides, and why, if the clips cannot be split."""
    if not clips:
        return {}, ()
    try:
        split = split_clips(clips, data.split)
    except UserError as error:
        return {}, (f"no split: {error}",)
    return {clip.name: side for side in SIDES for clip in getattr(split, side)}, split.notes
