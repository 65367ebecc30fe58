"""Where the ball is in each frame, from CVAT's tracks and back to one.

A shape that is ``outside`` says that no ball is in the picture, until the next shape of its track.
Between two shapes of a track the ball moves in a straight line, as CVAT shows it; before the first
and after the last there is none. ``occluded`` is visibility 3; else the attribute ``visibility``
counts, and without it the ball is clear. An outside shape with visibility 3 is a ball that is
hidden, nobody knows where.
"""

import itertools
from collections.abc import Iterator

import numpy as np
from attrs import define, evolve
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.cvat_xml import Annotations, Shape, Track

BALL = "ball"
HIDDEN = 3


@define
class BallFrames:
    """Labels of N consecutive frames.

    Attributes:
        visibility: ``[N]``.
        xy: ``[N, 2]``, source pixel indices; nan where there is no ball or no known place.
        line: ``[N]``, line of the file that says so; 0 where none does.
    """

    visibility: NDArray[np.uint8]
    xy: NDArray[np.float64]
    line: NDArray[np.int64]


def ball_frames(annotations: Annotations, first: int, count: int) -> BallFrames:
    """Gather all tracks of the ball.

    Args:
        annotations: The file.
        first: Number of the first frame.
        count: How many frames.

    Raises:
        UserError: No track, or no one label, is the ball's; two balls are in one frame; or a ball is
            in a frame that is not among these.
    """
    found = BallFrames(
        visibility=np.zeros(count, np.uint8),
        xy=np.full((count, 2), np.nan),
        line=np.zeros(count, np.int64),
    )
    for track in _ball_tracks(annotations):
        for shape in _in_every_frame(track, annotations, first + count):
            _place(shape, found, annotations, first)
    return found


def ball_shapes(visibility: NDArray[np.uint8], xy: NDArray[np.float64], first: int) -> Iterator[Shape]:
    """The shapes of one track that read back as exactly these labels; at least one."""
    seen, latest = None, (0.0, 0.0)
    for frame, (now, place) in enumerate(zip(visibility.tolist(), xy.tolist(), strict=True), first):
        known = now > 0 and not np.isnan(place[0])
        latest = (place[0], place[1]) if known else latest
        if now or seen != 0:
            yield Shape(
                frame=frame,
                line=0,
                xy=latest,
                outside=not known,
                occluded=now == HIDDEN and known,
                visibility=now or 1,  # an outside shape's means nothing, unless it is 3
            )
        seen = now


def _ball_tracks(annotations: Annotations) -> list[Track]:
    labels = {track.label for track in annotations.tracks}
    called = {label for label in labels if label.casefold() == BALL} or labels
    if not called:
        raise UserError(f"{annotations.file}: has no track. Label the ball as a track, and export it again.")
    if len(called) > 1:
        raise UserError(
            f"{annotations.file}: has tracks of {', '.join(sorted(labels))}. Call the ball's label {BALL!r}."
        )
    tracks = [track for track in annotations.tracks if track.label in called]
    for track in tracks:
        if track.unreadable:
            tag, line = track.unreadable
            raise UserError(
                f"{annotations.file}:{line}: is a {tag}. Label the ball with a point or a rectangle."
            )
    return tracks


def _in_every_frame(track: Track, annotations: Annotations, end: int) -> Iterator[Shape]:
    """The shapes of a track, with those between them that CVAT would show."""
    ordered = sorted(track.shapes, key=lambda shape: shape.frame)
    for shape, following in itertools.pairwise(ordered):
        if shape.frame == following.frame:
            raise UserError(
                f"{annotations.file}:{following.line}: frame {shape.frame} was already in line {shape.line}. "
                "Keep one shape a frame in a track."
            )
        yield shape
        if not shape.outside:
            yield from _between(shape, following, end)
    yield from ordered[-1:]


def _between(shape: Shape, following: Shape, end: int) -> Iterator[Shape]:
    (x, y), (next_x, next_y) = shape.xy, following.xy
    for frame in range(shape.frame + 1, min(following.frame, end)):
        part = (frame - shape.frame) / (following.frame - shape.frame)
        yield evolve(shape, frame=frame, xy=(x + part * (next_x - x), y + part * (next_y - y)))


def _place(shape: Shape, found: BallFrames, annotations: Annotations, first: int) -> None:
    visibility = _visibility(shape)
    if not visibility:
        return
    index = shape.frame - first
    place = f"{annotations.file}:{shape.line}"
    if not 0 <= index < len(found.visibility):
        raise UserError(
            f"{place}: is about frame {shape.frame}, but there are frames {first} to "
            f"{first + len(found.visibility) - 1}. Delete it, or restore the frames."
        )
    if found.visibility[index]:
        raise UserError(
            f"{place}: is a second ball in frame {shape.frame}, after line {found.line[index]}. Keep one."
        )
    found.visibility[index] = visibility
    found.line[index] = shape.line
    if not shape.outside:
        found.xy[index] = shape.xy


def _visibility(shape: Shape) -> int:
    if shape.outside:
        return HIDDEN if shape.visibility == HIDDEN else 0
    if shape.occluded:
        return HIDDEN
    return 1 if shape.visibility is None else shape.visibility
