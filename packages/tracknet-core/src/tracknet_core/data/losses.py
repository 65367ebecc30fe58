"""What a data set lost, or had to gain, on its way into another layout."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np

from tracknet_core.config.problems import RunError
from tracknet_core.data.clips import Clip, FrameStore
from tracknet_core.data.formats.writing import JPEG_QUALITY, NOMINAL_FPS, game_and_clip
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.video.frames import VideoFrames
from tracknet_core.wording import counted

Pair = tuple[Clip, Clip]
"""A clip before and after."""


def losses(before: Sequence[Clip], after: Sequence[Clip]) -> list[str]:
    """Compare clips with what was read back after writing them.

    Args:
        before: The clips that were written.
        after: The clips that the layout gives back, in any order.

    Returns:
        A sentence for each kind of difference, with how often it occurs; none if nothing was lost.

    Raises:
        RunError: A clip is not there any more.
    """
    pairs = _paired(before, after)
    return [
        *_names(pairs),
        *_sides(pairs),
        *_rates(pairs),
        *_labels(pairs),
        *_places(pairs),
        *_diameters(pairs),
        *_pixels(pairs),
    ]


def _paired(before: Sequence[Clip], after: Sequence[Clip]) -> list[Pair]:
    found = {game_and_clip(clip): clip for clip in after}
    missing = [clip.name for clip in before if game_and_clip(clip) not in found]
    missing += [clip.name for clip in before if len(clip) != len(found.get(game_and_clip(clip), clip))]
    if missing:
        raise RunError(f"{missing[0]}: was written, but does not read back whole. Please report this.")
    return [(clip, found[game_and_clip(clip)]) for clip in before]


def _names(pairs: Sequence[Pair]) -> Iterator[str]:
    renamed = [(one, other) for one, other in pairs if one.name != other.name]
    if renamed:
        one, other = renamed[0]
        yield f"{counted(len(renamed), 'clip')} called differently, such as {one.name}, now {other.name}"


def _sides(pairs: Sequence[Pair]) -> Iterator[str]:
    for (one, other), times in Counter((one.split, other.split) for one, other in pairs).items():
        if one != other and other is None:
            yield f"{counted(times, 'clip')} of the side {one} on no side: the layout has none"
        elif one != other:
            yield f"{counted(times, 'clip')} of {f'the side {one}' if one else 'no side'} on the side {other}"


def _rates(pairs: Sequence[Pair]) -> Iterator[str]:
    lost = [one for one, other in pairs if one.fps and not other.fps]
    if lost:
        yield f"the frame rate of {counted(len(lost), 'clip')}: pictures have none"
    gained = [one for one, other in pairs if other.fps and not one.fps]
    if gained:
        yield f"{counted(len(gained), 'clip')} without a frame rate: given one of {NOMINAL_FPS:g}"
    changed = [
        (one.fps, other.fps)
        for one, other in pairs
        if one.fps and other.fps and abs(one.fps - other.fps) > 1e-3 * one.fps
    ]
    if changed:
        was, now = changed[0]
        yield f"the frame rate of {counted(len(changed), 'clip')}, such as {was:g}, now {now:g}"


def _labels(pairs: Sequence[Pair]) -> Iterator[str]:
    changes: Counter[tuple[int, int]] = Counter()
    for one, other in pairs:
        differ = one.visibility != other.visibility
        changes.update(zip(one.visibility[differ].tolist(), other.visibility[differ].tolist(), strict=True))
    for (seen, now), times in sorted(changes.items()):
        yield f"{counted(times, 'label')} of visibility {seen}, now {now}"


def _places(pairs: Sequence[Pair]) -> Iterator[str]:
    labelled = [(one.xy, other.xy, one.visibility > 0) for one, other in pairs]
    lost = sum(int((seen & ~np.isnan(xy[:, 0]) & np.isnan(now[:, 0])).sum()) for xy, now, seen in labelled)
    if lost:
        yield f"{counted(lost, 'position')} of balls that the layout counts as not seen"
    moved = np.concatenate([np.hypot(*(now - xy)[seen].T) for xy, now, seen in labelled])
    if (moved > 0).any():
        yield f"{counted(int((moved > 0).sum()), 'position')} moved, by up to {np.nanmax(moved):.2g} px"


def _diameters(pairs: Sequence[Pair]) -> Iterator[str]:
    lost = sum(
        int(np.isfinite(one.diameter).sum())
        for one, other in pairs
        if one.diameter is not None and other.diameter is None
    )
    if lost:
        yield f"{counted(lost, 'diameter')} of balls"


def _pixels(pairs: Sequence[Pair]) -> Iterator[str]:
    frames: Counter[str] = Counter()
    for one, other in pairs:
        if encoding := _encoding(one.frames, other.frames):
            frames[encoding] += len(one)
    for encoding, times in frames.items():
        yield f"the exact pixels of {counted(times, 'frame')}, encoded as {encoding}"


def _encoding(before: FrameStore, after: FrameStore) -> str | None:
    """With what loss frames were encoded anew; None if they were copied, or encoded without any."""
    if isinstance(after, VideoFrames):
        return None if isinstance(before, VideoFrames) else "H.264"
    if not isinstance(after, PictureFolder) or after.path(0).suffix == ".png":
        return None
    copied = isinstance(before, PictureFolder) and before.path(0).suffix.lower() != ".png"
    return None if copied else f"JPEG of quality {JPEG_QUALITY}"
