"""Pictures of the labels, for a person to judge: a sheet of many frames, and one for each kind of finding."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import BALL_CLASSES, Clip
from tracknet_core.data.doctor.counts import SPEED_BINS, speeds_of
from tracknet_core.data.doctor.findings import Finding
from tracknet_core.data.geometry import PictureMap

CELL = (384, 216)
"""Width and height of a frame on a sheet, px; its caption is below it."""

CAPTION = 20
"""Height of a caption, px."""

COLUMNS = 5
ROWS = 8
"""Most rows of a sheet."""

CLOSE = 8
"""A crop around a label is this fraction of the picture's width."""

NEIGHBOURS = (-2, -1, 0, 1, 2)
"""Frames shown around the one that a finding is about."""

COLOURS = {1: (80, 255, 80), 2: (255, 225, 0), 3: (255, 120, 255)}
"""RGB of a label's ring by visibility: clear, hard to see, occluded."""

Picture = NDArray[np.uint8]
Frame = tuple[Clip, int]


def contact_sheet(clips: Sequence[Clip]) -> Picture:
    """Show frames of every game, visibility and speed, with their labels ringed.

    Returns:
        RGB ``[H, W, 3]``: ``COLUMNS`` frames a row, each with the clip and the frame's number.
    """
    return _grid([_whole(clip, index) for clip, index in spread(clips, COLUMNS * ROWS)])


def finding_sheet(clips: Sequence[Clip], findings: Sequence[Finding]) -> Picture | None:
    """Show what findings are about: a row each, the frames around it, cut out around the label.

    Args:
        clips: The clips that were looked at.
        findings: Of one kind; the first ``ROWS`` are shown.

    Returns:
        RGB ``[H, W, 3]``; None if none of the findings is about a clip that can be shown.
    """
    by_name = {clip.name: clip for clip in clips}
    shown = [found for found in findings if found.clip in by_name][:ROWS]
    cells = [cell for found in shown for cell in _around(by_name[found.clip], found)]
    return _grid(cells) if cells else None


def spread(clips: Sequence[Clip], most: int) -> list[Frame]:
    """Choose frames evenly over games, visibility classes and classes of speed.

    The groups take turns, each giving its middle frame, then those at a quarter and three
    quarters, and so on.
    """
    groups: Mapping[tuple[str, int, int], list[Frame]] = defaultdict(list)
    for clip in clips:
        speed = np.digitize(np.nan_to_num(speeds_of(clip)), SPEED_BINS)
        for index, (visibility, fast) in enumerate(
            zip(clip.visibility.tolist(), speed.tolist(), strict=True)
        ):
            groups[clip.game, visibility, fast].append((clip, index))
    turns: list[tuple[int, int, Frame]] = []
    for number, key in enumerate(sorted(groups)):
        turns += [(turn, number, frame) for turn, frame in enumerate(_middle_first(groups[key], most))]
    chosen = sorted(turns, key=lambda entry: entry[:2])[:most]
    return [frame for _, _, frame in sorted(chosen, key=lambda entry: entry[1])]


def _middle_first(frames: Sequence[Frame], most: int) -> Iterator[Frame]:
    given: set[int] = set()
    parts = 1
    while len(given) < min(most, len(frames)):
        for part in range(parts):
            place = (2 * part + 1) * len(frames) // (2 * parts)
            if place not in given:
                given.add(place)
                yield frames[place]
        parts *= 2


def _around(clip: Clip, found: Finding) -> Iterator[Picture]:
    middle = found.frames[0] if found.frames else _fastest(clip)
    at = _label_near(clip, middle)
    for index in range(middle + NEIGHBOURS[0], middle + NEIGHBOURS[-1] + 1):
        yield _close(clip, index, at) if 0 <= index < len(clip) else _captioned(_nothing(), "")


def _fastest(clip: Clip) -> int:
    speeds = np.nan_to_num(speeds_of(clip))
    return int(speeds.argmax())


def _label_near(clip: Clip, index: int) -> NDArray[np.float64]:
    """The label in the frames around, else the middle of the picture; source px."""
    for step in sorted(NEIGHBOURS, key=abs):
        if 0 <= index + step < len(clip) and np.isfinite(clip.xy[index + step]).all():
            return np.asarray(clip.xy[index + step], dtype=np.float64)
    return np.array(clip.frames.size, dtype=np.float64) / 2


def _whole(clip: Clip, index: int) -> Picture:
    way = PictureMap(clip.frames.size, CELL, "letterbox")
    try:
        picture = way.warp(clip.frames.read(index, at_least=way.content)).copy()
    except UserError:
        return _captioned(_nothing("cannot be read"), _caption(clip, index))
    _ring(picture, way.to_target(clip.xy[index]) - 0.5, int(clip.visibility[index]), radius=8)
    return _captioned(picture, _caption(clip, index))


def _close(clip: Clip, index: int, at: NDArray[np.float64]) -> Picture:
    try:
        picture = clip.frames.read(index)
    except UserError:
        return _captioned(_nothing("cannot be read"), _caption(clip, index))
    height, width = picture.shape[:2]
    part = min(width, max(32, width // CLOSE)), min(height, max(18, width // CLOSE * CELL[1] // CELL[0]))
    left, upper = np.clip(np.rint(at).astype(int) - np.array(part) // 2, 0, np.array([width, height]) - part)
    cut = picture[upper : upper + part[1], left : left + part[0]]
    way = PictureMap(part, CELL, "letterbox")
    large = way.warp(np.ascontiguousarray(cut)).copy()
    _ring(large, way.to_target(clip.xy[index] - (left, upper)) - 0.5, int(clip.visibility[index]), radius=24)
    return _captioned(large, _caption(clip, index))


def _ring(picture: Picture, at: NDArray[np.float64], visibility: int, *, radius: int) -> None:
    """Ring a label in place; ``at`` is in pixel indices of the picture."""
    if visibility in COLOURS and np.isfinite(at).all():
        x, y = np.rint(np.clip(at, -1e4, 1e4)).astype(int).tolist()
        cv2.circle(picture, (x, y), radius, (0, 0, 0), 3, cv2.LINE_AA)
        cv2.circle(picture, (x, y), radius, COLOURS[visibility], 1, cv2.LINE_AA)


def _caption(clip: Clip, index: int) -> str:
    ball = "" if clip.visibility[index] in BALL_CLASSES else f", visibility {clip.visibility[index]}"
    return f"{clip.name} {index}{ball}"


def _captioned(picture: Picture, text: str) -> Picture:
    cell = np.zeros((CELL[1] + CAPTION, CELL[0], 3), dtype=np.uint8)
    cell[: CELL[1]] = picture
    ascii_only = text.encode("ascii", "replace").decode()  # OpenCV's fonts have no other letters
    cv2.putText(
        cell, ascii_only[-50:], (4, CELL[1] + 14), cv2.FONT_HERSHEY_SIMPLEX, 0.42, (255,) * 3, 1, cv2.LINE_AA
    )
    return cell


def _nothing(text: str = "") -> Picture:
    picture = np.full((CELL[1], CELL[0], 3), 40, dtype=np.uint8)
    cv2.putText(
        picture, text, (20, CELL[1] // 2), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 120, 120), 1, cv2.LINE_AA
    )
    return picture


def _grid(cells: Sequence[Picture]) -> Picture:
    empty = np.zeros((CELL[1] + CAPTION, CELL[0], 3), dtype=np.uint8)
    rows = [
        [*cells[start : start + COLUMNS], *[empty] * max(0, start + COLUMNS - len(cells))]
        for start in range(0, max(1, len(cells)), COLUMNS)
    ]
    return np.vstack([np.hstack(row) for row in rows])
