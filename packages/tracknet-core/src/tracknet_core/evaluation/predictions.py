"""Score anybody's CSV files of predictions, without a model."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.data.ball_csv import BallCsv, read_ball_csv
from tracknet_core.evaluation.matching import Judgement, judge
from tracknet_core.evaluation.metrics import Measured
from tracknet_core.evaluation.protocols import Protocol

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip


SUSPICIOUS = 0.25
"""Share of the distance at the frames' own numbers below which a neighbouring frame fits far better."""
ENOUGH_FRAMES = 10
"""Frames with a ball in both files that such a suspicion needs."""
OUTSIDE = 0.1
"""Share of a side by which a label may lie outside of the picture: a ball that leaves it, or a slip."""


@frozen(kw_only=True, eq=False)
class Labels:
    """The labels of one clip.

    Attributes:
        name: Name of the clip, or of the file.
        visibility: Classes 0 to 3, ``[N]``.
        xy: Source pixel indices, ``[N, 2]``; nan where not labelled.
        size: Width and height of the pictures, px; None when nobody said.
        diameter: Of the balls, source px, ``[N]``; None when not labelled.
    """

    name: str
    visibility: NDArray[np.uint8]
    xy: NDArray[np.float64]
    size: tuple[int, int] | None
    diameter: NDArray[np.float64] | None = None


def labels_of_file(file: Path, size: tuple[int, int] | None) -> Labels:
    """Read labels that are a file of their own.

    Args:
        file: A CSV.
        size: Width and height of the pictures, px; None when nobody said.

    Raises:
        UserError: As of ``read_ball_csv``, or labels lie too far outside of pictures of that size.
    """
    table = read_ball_csv(file)
    if size is not None:
        _refuse_outside(table, size)
    return Labels(
        name=str(file), visibility=table.visibility, xy=table.xy, size=size, diameter=table.diameter
    )


def _refuse_outside(table: BallCsv, size: tuple[int, int]) -> None:
    slack = OUTSIDE * np.array(size)
    outside = ((table.xy < -0.5 - slack) | (table.xy > np.array(size) - 0.5 + slack)).any(axis=1)
    if outside.any():
        first = int(outside.argmax())
        x, y = table.xy[first]
        raise UserError(
            f"{table.file}:{table.line[first]}: labels a ball at {x:g}, {y:g}, outside of pictures of "
            f"{size[0]}x{size[1]} px. Give --size as the labelled pictures are, or correct the label."
        )


def labels_of_clip(clip: "Clip") -> Labels:
    """Take the labels of a clip of a data set."""
    return Labels(
        name=clip.name,
        visibility=clip.visibility,
        xy=clip.xy,
        size=clip.frames.size,
        diameter=clip.diameter,
    )


def match_by_name(files: Sequence[Path], clips: "Sequence[Clip]") -> "list[Clip]":
    """Find the clip that each file of predictions belongs to.

    ``game1_Clip1.csv`` and ``game1_Clip1_ball.csv`` belong to the clip ``game1/Clip1``, and so does
    ``Clip1_ball.csv`` as long as no other clip is called ``Clip1``.

    Returns:
        One clip a file, in the order of the files.

    Raises:
        UserError: A file belongs to no clip or to several, or two files to the same.
    """
    matched: dict[str, Path] = {}
    found = []
    for file in files:
        stem = file.stem.removesuffix("_ball")
        exact = [clip for clip in clips if clip.name.replace("/", "_") == stem]
        candidates = exact or [clip for clip in clips if clip.name.rsplit("/", 1)[-1] == stem]
        if len(candidates) != 1:
            names = ", ".join(clip.name for clip in (candidates or clips)[:5])
            which = "could be of several clips" if candidates else "is of no clip there is"
            raise UserError(
                f"{file}: {which} ({names}{', …' if len(candidates or clips) > 5 else ''}). "
                "Name it after its clip, as in game1_Clip1_ball.csv."
            )
        clip = candidates[0]
        if clip.name in matched:
            raise UserError(f"{file}: is of clip {clip.name}, as is {matched[clip.name]}. Give one of them.")
        matched[clip.name] = file
        found.append(clip)
    return found


def shift_note(table: BallCsv, labels: Labels) -> str | None:
    """Notice predictions that fit the labels of a neighbouring frame far better than their own.

    Returns:
        What to tell the user, such as that frames seem to count from 1; None where nothing is odd.
    """
    apart = {shift: _median_distance(table.xy, labels.xy, shift) for shift in (0, 1, -1)}
    if apart[0] is None:
        return None
    for shift, whose in ((1, "its"), (-1, "the labels'")):
        distance = apart[shift]
        if distance is not None and distance < SUSPICIOUS * apart[0]:
            return (
                f"{table.file}: lies {apart[0]:.1f} px from its labels in the median, but {distance:.1f} px "
                f"from those a frame {'earlier' if shift > 0 else 'later'}. Do {whose} frames count from 1? "
                "They must count from 0."
            )
    return None


def _median_distance(
    predicted: NDArray[np.float64], labelled: NDArray[np.float64], shift: int
) -> float | None:
    """Median distance, px, of predictions from the labels ``shift`` frames earlier; None if they are few."""
    pair = (predicted[shift:], labelled) if shift >= 0 else (predicted, labelled[-shift:])
    frames = min(map(len, pair))
    distance = np.hypot(*(pair[0][:frames] - pair[1][:frames]).T)
    known = distance[np.isfinite(distance)]
    return float(np.median(known)) if len(known) >= ENOUGH_FRAMES else None


def score_predictions(
    predictions: Sequence[BallCsv], labels: Sequence[Labels], protocols: Sequence[Protocol]
) -> list[Measured]:
    """Measure predictions; what they were made with is not known, so threshold and tracking are None.

    Frames that a file leaves out are frames in which it sees no ball.

    Args:
        predictions: One file a clip.
        labels: The clips' labels, in the same order.
        protocols: What counts as found.

    Returns:
        The clips and their metrics under each protocol.

    Raises:
        UserError: Predictions go on after the labels end, or a protocol needs the pictures' size.
    """
    pairs = list(zip(predictions, labels, strict=True))
    return [
        Measured.of([_judge(*pair, protocol) for pair in pairs], split="all", protocol=protocol)
        for protocol in protocols
    ]


def _judge(table: BallCsv, labels: Labels, protocol: Protocol) -> Judgement:
    frames = len(labels.visibility)
    if len(table) > frames:
        raise UserError(
            f"{table.file}: goes on to frame {len(table) - 1}, but {labels.name} has {frames} frames. "
            "Frames count from 0. Give the labels of the same clip."
        )
    if protocol.reference_size is not None and labels.size is None:
        raise UserError(
            f"{labels.name}: protocol {protocol.name} measures at "
            f"{protocol.reference_size[0]}x{protocol.reference_size[1]} and so needs the pictures' size. "
            "Add --size, such as --size 1280x720."
        )
    output, score = np.full((frames, 2), np.nan), np.full(frames, np.nan)
    output[: len(table)] = table.xy
    if table.score is not None:
        score[: len(table)] = table.score
    return judge(
        labels.name,
        output=output,
        best=output,
        score=None if table.score is None else score,
        labelled=labels.xy,
        visibility=labels.visibility,
        size=labels.size,
        protocol=protocol,
        diameter=labels.diameter,
    )
