import numpy as np
import pytest

from tracknet_core.config.problems import ConfigError
from tracknet_core.config.schema import SamplingConfig
from tracknet_core.training.balance import Stratum, quotas, sampling_note, strata_of

TENNIS, BADMINTON = "tennis/game1", "badminton/game1"


def windows(**games: str) -> tuple[list[str], np.ndarray]:
    """The game of each window, and whether there is a ball in it: ``+`` or ``-``."""
    of = [game for game, signs in games.items() for _ in signs]
    return of, np.array([sign == "+" for signs in games.values() for sign in signs], np.bool_)


def shares(sampling: SamplingConfig, games: list[str], has_ball: np.ndarray) -> dict[tuple[str, bool], float]:
    """Share of an epoch of each game's windows with and without a ball."""
    found: dict[tuple[str, bool], float] = {}
    for stratum in strata_of(sampling, games, has_ball):
        for window in stratum.windows.tolist():
            key = games[window], bool(has_ball[window])
            found[key] = found.get(key, 0.0) + stratum.share / len(stratum.windows)
    return found


def test_by_default_windows_are_drawn_as_they_come() -> None:
    games, has_ball = windows(a="++-", b="+")
    strata = strata_of(SamplingConfig(), games, has_ball)
    assert strata == ()
    assert sampling_note(strata, SamplingConfig(), games, has_ball) is None


def test_balanced_games_have_the_same_share() -> None:
    found = shares(SamplingConfig(games="balanced"), *windows(a="++++++--", b="+", c="+-"))
    assert found == pytest.approx(
        {
            ("a", True): 0.25,
            ("a", False): 1 / 12,
            ("b", True): 1 / 3,
            ("c", True): 1 / 6,
            ("c", False): 1 / 6,
        }
    )


def test_negatives_have_the_share_that_was_asked_for_whatever_their_game() -> None:
    found = shares(SamplingConfig(negatives=0.25), *windows(a="++++++-", b="++-"))
    assert found == pytest.approx(
        {("a", True): 0.75 * 6 / 8, ("b", True): 0.75 * 2 / 8, ("a", False): 0.125, ("b", False): 0.125}
    )


def test_no_negatives_at_all() -> None:
    found = shares(SamplingConfig(negatives=0.0), *windows(a="++-", b="+-"))
    assert set(found) == {("a", True), ("b", True)}


def test_both_at_once_and_games_that_hold_one_kind_only() -> None:
    sampling = SamplingConfig(games="balanced", negatives=0.5)
    found = shares(sampling, *windows(a="+++-", b="+", c="--", d="+--"))
    assert found == pytest.approx(
        {
            ("a", True): 0.125,
            ("a", False): 0.125,
            ("b", True): 0.25,
            ("c", False): 0.25,
            ("d", True): 0.125,
            ("d", False): 0.125,
        }
    )


@pytest.mark.parametrize(
    ("sampling", "games", "message"),
    [
        (
            SamplingConfig(negatives=0.2),
            {"a": "++"},
            "0.2 is asked for, but every training window has a ball",
        ),
        (SamplingConfig(negatives=0.2), {"a": "--"}, "0.2 is asked for, but no training window has a ball"),
        (
            SamplingConfig(negatives=0.6, games="balanced"),
            {"a": "+-", "b": "+"},
            "0.6 cannot be had with data.sampling.games: balanced; from 0 to 0.5 can",
        ),
        (
            SamplingConfig(negatives=0.2, games="balanced"),
            {"a": "+-", "b": "-"},
            "0.2 cannot be had with data.sampling.games: balanced; from 0.5 to 1 can",
        ),
    ],
)
def test_a_share_that_cannot_be_had_is_refused(
    sampling: SamplingConfig, games: dict[str, str], message: str
) -> None:
    with pytest.raises(ConfigError, match=f"data.sampling.negatives: {message}"):
        strata_of(sampling, *windows(**games))


@pytest.mark.parametrize("negatives", [0.0, 0.5])
def test_the_ends_of_what_can_be_had_can_be_had(negatives: float) -> None:
    found = shares(SamplingConfig(games="balanced", negatives=negatives), *windows(a="+-", b="+"))
    assert sum(share for (_, has_ball), share in found.items() if not has_ball) == pytest.approx(negatives)


def test_it_is_said_what_that_means() -> None:
    games, has_ball = windows(a="+++++++-", b="+-")
    sampling = SamplingConfig(games="balanced", negatives=0.4)
    assert sampling_note(strata_of(sampling, games, has_ball), sampling, games, has_ball) == (
        "data.sampling: 20.0% of the training windows are without a ball, 40.0% of an epoch's; "
        "each of 2 games has 50.0% of an epoch, where they hold 20.0% to 80.0% of the windows"
    )


@pytest.mark.parametrize("phase", [0.0, 0.3, 0.999])
def test_draws_are_shared_out_to_the_last(phase: float) -> None:
    strata = [Stratum(windows=np.arange(1), share=share) for share in (0.3, 0.3, 0.4)]
    assert quotas(strata, 10, phase) == [3, 3, 4]
    assert sum(quotas(strata, 11, phase)) == 11
