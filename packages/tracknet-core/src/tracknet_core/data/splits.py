"""Which clips train, validate and test."""

from collections.abc import Iterable, Sequence
from operator import attrgetter

from attrs import evolve, field, frozen

from tracknet_core.config.problems import ConfigError, Problem, UserError
from tracknet_core.config.schema import SplitConfig
from tracknet_core.config.suggest import did_you_mean
from tracknet_core.data.clips import Clip
from tracknet_core.data.order import natural

SIDES = ("train", "val", "test")

HELD_OUT = 0.15
"""Share of games, or clips, for each held-out side where nobody names them; at least one."""

FEWEST_GAMES = 3
"""With fewer games, clips are held out instead."""


@frozen(kw_only=True, eq=False)
class Split:
    """The sides of a data set.

    Attributes:
        train: Clips to train on; never empty.
        val: Clips that choose the checkpoint and the threshold; never empty.
        test: Clips that are measured at the end; empty where these are to be ``val``.
        notes: What was decided without being asked, to be said aloud.
    """

    train: tuple[Clip, ...]
    val: tuple[Clip, ...]
    test: tuple[Clip, ...] = ()
    notes: tuple[str, ...] = field(default=())


def split_clips(clips: Sequence[Clip], config: SplitConfig) -> Split:
    """Split clips, deterministically: by the games that are named, else by the layout, else by game.

    Named games go where they are named. Others train if ``train_games`` is absent, validate if only
    ``val_games`` is, and are left out otherwise. Without names, what the layout says of its clips
    holds. Whatever validation, or validation and test, still lack is held out: the last games in
    natural order, 15 % a side; the last clips of each game, in turn, if there are fewer than three
    games. Every such decision is in ``notes``.

    Args:
        clips: The data set.
        config: The ``data.split`` section; games by the names of their folders, case and all.

    Raises:
        ConfigError: A named game does not exist or is on two sides, or nothing is left to train
            or validate on.
        UserError: The layout names a side that does not exist.
    """
    if (config.train_games, config.val_games, config.test_games) != (None, None, None):
        return _by_name(clips, config)
    if any(clip.split for clip in clips):
        return _by_layout(clips)
    return _hold_out(clips, "data.split is absent", with_test=True)


def _by_name(clips: Sequence[Clip], config: SplitConfig) -> Split:
    named = {side: getattr(config, f"{side}_games") for side in SIDES}
    if problems := _misnamed(named, _games(clips)):
        raise ConfigError(problems)
    side_of = {game: side for side, games in named.items() for game in games or ()}
    sides = {side: [clip for clip in clips if side_of.get(clip.game) == side] for side in SIDES}
    rest = [clip for clip in clips if clip.game not in side_of]
    notes: list[str] = []
    if named["train"] is None:
        sides["train"] = rest
    elif named["val"] is None:
        sides["val"] = rest
    elif rest:
        notes.append(f"data.split leaves out {_listed(_games(rest))}")
    return _completed(sides, "data.split names no games for validation", notes)


def _misnamed(named: dict[str, tuple[str, ...] | None], known: Sequence[str]) -> list[Problem]:
    problems = []
    side_of: dict[str, str] = {}
    for side, games in named.items():
        key = f"data.split.{side}_games"
        if games == () and side != "test":
            problems.append(
                Problem(key=key, message="is empty", remedy="Name at least one game, or take the key out.")
            )
        for game in games or ():
            if game not in known:
                remedy = did_you_mean(game, known) or f"There are {_listed(known)}."
                problems.append(Problem(key=key, message=f"no game is called {game!r}", remedy=remedy))
            elif side_of.setdefault(game, side) != side:
                other = f"{side_of[game]}_games"
                message = f"{game} is in {other} too"
                problems.append(Problem(key=key, message=message, remedy="A game can be on one side only."))
    return problems


def _by_layout(clips: Sequence[Clip]) -> Split:
    for clip in clips:
        if clip.split not in (None, *SIDES):
            raise UserError(
                f"{clip.name}: its layout puts it on the side {clip.split!r}. Sides are {_listed(SIDES)}."
            )
    sides = {side: [clip for clip in clips if clip.split == side] for side in SIDES}
    notes = []
    if rest := [clip for clip in clips if clip.split is None]:
        sides["train"] += rest
        notes.append(f"the layout puts {len(rest)} of {len(clips)} clips on no side: they train")
    return _completed(sides, "the layout has no clips for validation", notes)


def _completed(sides: dict[str, list[Clip]], why: str, notes: Sequence[str]) -> Split:
    train, val, test = (tuple(sides[side]) for side in SIDES)
    if not train:
        raise _nothing(
            "train", "no game is left to train on", "Name games to train on, or fewer for the other sides."
        )
    if val:
        return Split(train=train, val=val, test=test, notes=tuple(notes))
    held = _hold_out(train, why, with_test=False)
    return evolve(held, test=test, notes=(*notes, *held.notes))


def _hold_out(clips: Sequence[Clip], why: str, *, with_test: bool) -> Split:
    """Take validation, and test if asked and possible, from the end of the natural order."""
    games = _games(clips)
    if len(games) >= FEWEST_GAMES:
        of, units, unit_of = "game", games, attrgetter("game")
    else:
        of, units, unit_of = "clip", _in_turn(clips), attrgetter("name")
    if len(units) < 2:
        raise _nothing(
            "val", "the only clip cannot both train and validate", "Add clips; `tracknet synth` makes some."
        )
    count = max(1, round(HELD_OUT * len(units)))
    test = units[len(units) - count :] if with_test and len(units) >= 3 else []
    rest = units[: len(units) - len(test)]
    val, train = rest[len(rest) - count :], rest[: len(rest) - count]
    lines = [f"{why}, so by {of}: {_listed(val)} for validation"]
    if test:
        lines.append(f", {_listed(test)} for testing")
    lines.append(f", the other {len(train)} for training")
    if of == "clip":
        lines.append(". With fewer than three games, figures are of games that were trained on")

    def among(chosen: Sequence[str]) -> tuple[Clip, ...]:
        return tuple(clip for clip in clips if unit_of(clip) in chosen)

    return Split(train=among(train), val=among(val), test=among(test), notes=("".join(lines),))


def _in_turn(clips: Sequence[Clip]) -> list[str]:
    """Names of clips: the first of each game, then the second of each, so that the end is of all games."""
    turn: list[tuple[int, str, str]] = []
    for game in _games(clips):
        names = sorted((clip.name for clip in clips if clip.game == game), key=natural)
        turn += [(-place, game, name) for place, name in enumerate(reversed(names))]
    return [name for _, _, name in sorted(turn, key=lambda entry: (entry[0], natural(entry[1])))]


def _nothing(side: str, message: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(key=f"data.split.{side}_games", message=message, remedy=remedy)])


def _games(clips: Iterable[Clip]) -> list[str]:
    return sorted({clip.game for clip in clips}, key=natural)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names)
