"""One judgement a frame: was the ball found, missed, misplaced or made up?"""

from enum import IntEnum

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.evaluation.protocols import Protocol
from tracknet_core.evaluation.scale import percent_of_diagonal, speeds


class Outcome(IntEnum):
    """What became of one frame.

    Attributes:
        TN: No visible ball, none predicted.
        TP: A visible ball, predicted within the protocol's distance.
        FP1: A visible ball, predicted elsewhere.
        FP2: No visible ball, but one predicted.
        FN: A visible ball, none predicted.
    """

    TN = 0
    TP = 1
    FP1 = 2
    FP2 = 3
    FN = 4


def visible_balls(visibility: NDArray[np.uint8], protocol: Protocol) -> NDArray[np.bool_]:
    """Tell in which frames there is a ball to be found.

    Args:
        visibility: Labelled visibility classes, ``[N]``.
        protocol: Decides which classes count as visible.

    Returns:
        ``[N]``, true where the class is one of the protocol's visible ones.
    """
    return np.isin(visibility, protocol.visible_classes)


def distances(
    predicted: NDArray[np.float64],
    labelled: NDArray[np.float64],
    size: tuple[int, int] | None,
    protocol: Protocol,
) -> NDArray[np.float64]:
    """Measure how far predictions lie from labels.

    Args:
        predicted: Source px, ``[N, 2]``; nan where nothing is predicted.
        labelled: Source px, ``[N, 2]``; nan where no ball is labelled.
        size: Width and height of the source, px; only needed with a reference size.
        protocol: Decides the pixels that are counted in.

    Returns:
        ``[N]`` in px of the protocol's reference size; nan where either position is missing.

    Raises:
        ValueError: The protocol has a reference size and ``size`` is None.
    """
    offset = predicted - labelled
    if protocol.reference_size is not None:
        if size is None:
            raise ValueError(f"protocol {protocol.name} needs the picture's size")
        # Multiply before dividing: whole numbers on the limit then stay exactly on it.
        offset = offset * np.asarray(protocol.reference_size) / np.asarray(size)
    return np.asarray(np.hypot(offset[:, 0], offset[:, 1]))


def found(distance: NDArray[np.float64], protocol: Protocol) -> NDArray[np.bool_]:
    """Tell which distances (px of the reference size, ``[N]``) count as the ball; nan never does."""
    within = distance <= protocol.distance_px if protocol.inclusive else distance < protocol.distance_px
    return np.asarray(within)


def outcomes(
    predicted: NDArray[np.float64],
    labelled: NDArray[np.float64],
    visibility: NDArray[np.uint8],
    size: tuple[int, int] | None,
    protocol: Protocol,
) -> NDArray[np.uint8]:
    """Judge every frame.

    Args:
        predicted: Source px, ``[N, 2]``; nan where nothing is predicted.
        labelled: Source px, ``[N, 2]``; a position for every visible ball, others are not read.
        visibility: Labelled visibility classes, ``[N]``.
        size: Width and height of the source, px; only needed with a reference size.
        protocol: Decides which balls are visible and when one is found.

    Returns:
        The :class:`Outcome` of each frame, ``[N]``.
    """
    visible = visible_balls(visibility, protocol)
    given = np.isfinite(predicted).all(axis=1)
    hit = found(distances(predicted, labelled, size, protocol), protocol)
    with_ball = np.where(given, np.where(hit, Outcome.TP, Outcome.FP1), Outcome.FN)
    without = np.where(given, Outcome.FP2, Outcome.TN)
    return np.where(visible, with_ball, without).astype(np.uint8)


@frozen(kw_only=True, eq=False)
class Judgement:
    """One clip, judged frame by frame; everything that metrics are made of.

    Attributes:
        clip: Name of the clip.
        visibility: Labelled visibility classes, ``[N]``.
        outcome: :class:`Outcome` of each frame's output, ``[N]``.
        distance: From output to label in px of the protocol's reference size, ``[N]``; nan where
            either is missing.
        score: Of each frame's best single detection whatever the threshold, ``[N]``; nan where
            there is none. None as a whole when detections came without scores.
        hit: Whether that detection is a visible ball, ``[N]``.
        speed: Of the labelled ball, percent of the picture's diagonal a frame, ``[N]``; nan where
            unknown.
        diameter: Of the labelled ball, percent of the diagonal, ``[N]``; nan where unknown.
    """

    clip: str
    visibility: NDArray[np.uint8]
    outcome: NDArray[np.uint8]
    distance: NDArray[np.float64]
    score: NDArray[np.float64] | None
    hit: NDArray[np.bool_]
    speed: NDArray[np.float64]
    diameter: NDArray[np.float64]


def require_positions(
    clip: str, labelled: NDArray[np.float64], visibility: NDArray[np.uint8], protocol: Protocol
) -> None:
    """Refuse labels that a protocol cannot judge; a run asks before it trains.

    Args:
        clip: Its name.
        labelled: Labelled positions, ``[N, 2]``; nan where there is none.
        visibility: Labelled visibility classes, ``[N]``.
        protocol: Decides which balls are to be found.

    Raises:
        UserError: A ball that the protocol wants found has no position.
    """
    unplaced = np.flatnonzero(visible_balls(visibility, protocol) & ~np.isfinite(labelled).all(axis=1))
    if len(unplaced):
        frame = unplaced[0]
        raise UserError(
            f"{clip}: frame {frame} is labelled visible (class {visibility[frame]}) without a position, "
            f"which protocol {protocol.name} needs. Give its coordinates or label it 0."
        )


def judge(
    clip: str,
    *,
    output: NDArray[np.float64],
    best: NDArray[np.float64],
    score: NDArray[np.float64] | None,
    labelled: NDArray[np.float64],
    visibility: NDArray[np.uint8],
    size: tuple[int, int] | None,
    protocol: Protocol,
    diameter: NDArray[np.float64] | None = None,
) -> Judgement:
    """Judge one clip.

    Args:
        clip: Its name.
        output: What is reported as the ball's track, source px, ``[N, 2]``; nan where none.
        best: Best single detection of each frame, source px, ``[N, 2]``; nan where none.
        score: Scores of ``best``, ``[N]``; nan where none. None when unknown.
        labelled: Labelled positions, source px, ``[N, 2]``.
        visibility: Labelled visibility classes, ``[N]``.
        size: Width and height of the source, px; needed with a reference size, and for
            speeds and diameters.
        protocol: Decides which balls are visible and when one is found.
        diameter: Of the labelled balls, source px, ``[N]``; nan where unknown. None when not labelled.

    Raises:
        UserError: A ball that the protocol wants found has no position.
    """
    require_positions(clip, labelled, visibility, protocol)
    visible = visible_balls(visibility, protocol)
    return Judgement(
        clip=clip,
        visibility=visibility,
        outcome=outcomes(output, labelled, visibility, size, protocol),
        distance=distances(output, labelled, size, protocol),
        score=score,
        hit=visible & found(distances(best, labelled, size, protocol), protocol),
        speed=speeds(labelled, size),
        diameter=percent_of_diagonal(
            np.full(len(visibility), np.nan) if diameter is None else diameter, size
        ),
    )
