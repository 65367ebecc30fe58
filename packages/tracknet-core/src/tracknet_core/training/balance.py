"""How often the windows of each game, and those without a ball, are drawn: ``data.sampling``."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import ConfigError, Problem
from tracknet_core.config.schema import SamplingConfig


@frozen(kw_only=True, eq=False)
class Stratum:
    """Windows of which an epoch draws a fixed share.

    Attributes:
        windows: int64 ``[M]``, their numbers in the data set; at least one.
        share: Of all that an epoch draws, in (0, 1].
    """

    windows: NDArray[np.int64]
    share: float


def strata_of(
    sampling: SamplingConfig, games: Sequence[str], has_ball: NDArray[np.bool_]
) -> tuple[Stratum, ...]:
    """Divide the windows of a data set into strata, whose shares add up to 1.

    Where each game is to have the same share and windows without a ball have theirs, every game
    that holds both kinds is given the same share of the latter.

    Args:
        sampling: The ``data.sampling`` section.
        games: The game of each of the N windows.
        has_ball: ``[N]`` whether there is a ball in any frame of a window.

    Returns:
        None at all where windows are drawn as they come, each once.

    Raises:
        ConfigError: The share of windows without a ball cannot be had.
    """
    if sampling.negatives is None and sampling.games == "natural":
        return ()
    _, game = np.unique(games, return_inverse=True)
    if sampling.games == "natural":
        game = np.zeros(len(has_ball), dtype=np.int64)
    of_game = [np.flatnonzero(game == number) for number in range(game.max() + 1)]
    if sampling.negatives is None:
        return tuple(Stratum(windows=windows, share=1 / len(of_game)) for windows in of_game)
    with_ball = [windows[has_ball[windows]] for windows in of_game]
    without = [windows[~has_ball[windows]] for windows in of_game]
    negatives = _negatives(
        sampling, [(len(w) > 0, len(wo) > 0) for w, wo in zip(with_ball, without, strict=True)]
    )
    shares = [*negatives, *(1 / len(of_game) - share for share in negatives)]
    return tuple(
        Stratum(windows=windows, share=share)
        for windows, share in zip([*without, *with_ball], shares, strict=True)
        if share > 0
    )


def quotas(strata: Sequence[Stratum], total: int, phase: float) -> list[int]:
    """Share out a number of draws: each stratum has its share of them, rounded down or up.

    Systematic sampling: over phases drawn evenly from [0, 1), a stratum has exactly its share.

    Args:
        strata: Their shares add up to 1.
        total: How many draws.
        phase: In [0, 1).
    """
    ends = np.cumsum([stratum.share for stratum in strata]) * total
    ends[-1] = total
    counts: list[int] = np.diff(np.floor(ends + phase), prepend=0).astype(int).tolist()
    return counts


def sampling_note(
    strata: Sequence[Stratum], sampling: SamplingConfig, games: Sequence[str], has_ball: NDArray[np.bool_]
) -> str | None:
    """Say what the strata mean; None where windows are drawn as they come.

    Args:
        strata: Made from the rest; see :func:`strata_of`.
        sampling: The ``data.sampling`` section.
        games: The game of each window.
        has_ball: Whether there is a ball in each window.
    """
    if not strata:
        return None
    before = 1 - has_ball.mean()
    after = sum(stratum.share * (1 - has_ball[stratum.windows].mean()) for stratum in strata)
    note = (
        f"data.sampling: {before:.1%} of the training windows are without a ball, {after:.1%} of an epoch's"
    )
    if sampling.games == "balanced":
        _, counts = np.unique(games, return_counts=True)
        least, most = counts.min() / counts.sum(), counts.max() / counts.sum()
        note += (
            f"; each of {len(counts)} games has {1 / len(counts):.1%} of an epoch, "
            f"where they hold {least:.1%} to {most:.1%} of the windows"
        )
    return note


def _negatives(sampling: SamplingConfig, kinds: Sequence[tuple[bool, bool]]) -> list[float]:
    """Share of an epoch that are windows without a ball, of each game.

    Args:
        sampling: ``negatives`` is a number.
        kinds: Whether each game has windows with, and windows without a ball.
    """
    asked, each = sampling.negatives or 0.0, 1 / len(kinds)
    least = each * sum(not has_with for has_with, _ in kinds)
    most = each * sum(has_without for _, has_without in kinds)
    if not least - 1e-9 <= asked <= most + 1e-9:
        raise _unattainable(sampling, least, most)
    both = sum(has_with and has_without for has_with, has_without in kinds)
    mixed = min(each, max(0.0, asked - least) / both) if both else 0.0
    return [mixed if all(kind) else 0.0 if kind[0] else each for kind in kinds]


def _unattainable(sampling: SamplingConfig, least: float, most: float) -> ConfigError:
    if most == 0:
        message, remedy = "is asked for, but every training window has a ball", "Leave it out"
    elif least == 1:
        message, remedy = "is asked for, but no training window has a ball", "Label balls"
    else:
        message = (
            f"cannot be had with data.sampling.games: balanced; from {least:.3g} to {most:.3g} can, because "
            "some games have no such windows, or no others"
        )
        remedy = "Give a share between, or set data.sampling.games to natural"
    problem = Problem(
        key="data.sampling.negatives", message=f"{sampling.negatives} {message}", remedy=f"{remedy}."
    )
    return ConfigError([problem])
