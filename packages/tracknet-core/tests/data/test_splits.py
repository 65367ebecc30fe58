import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.problems import ConfigError, UserError
from tracknet_core.config.schema import SplitConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.splits import Split, split_clips


def clip(game: str, name: str = "Clip1", split: str | None = None) -> Clip:
    return Clip(
        game=game,
        name=f"{game}/{name}",
        frames=PictureFolder(directory=None, names=(), size=(4, 4)),  # type: ignore[arg-type]
        visibility=np.zeros(0, np.uint8),
        xy=np.zeros((0, 2)),
        split=split,
    )


def games(*numbers: int) -> list[Clip]:
    return [clip(f"game{number}") for number in numbers]


def names(split: Split) -> tuple[list[str], list[str], list[str]]:
    train, val, test = ([clip.name for clip in side] for side in (split.train, split.val, split.test))
    return train, val, test


def split_games(split: Split) -> tuple[list[str], list[str], list[str]]:
    train, val, test = ([clip.game for clip in side] for side in (split.train, split.val, split.test))
    return train, val, test


def test_games_go_where_they_are_named() -> None:
    split = split_clips(
        games(1, 2, 3, 4),
        SplitConfig(train_games=("game4", "game1"), val_games=("game2",), test_games=("game3",)),
    )
    assert split_games(split) == (["game1", "game4"], ["game2"], ["game3"])
    assert split.notes == ()


@pytest.mark.parametrize(
    ("config", "sides", "note"),
    [
        (SplitConfig(val_games=("game2",)), (["game1", "game3", "game4"], ["game2"], []), None),
        (
            SplitConfig(val_games=("game2",), test_games=("game1",)),
            (["game3", "game4"], ["game2"], ["game1"]),
            None,
        ),
        (SplitConfig(train_games=("game1", "game2")), (["game1", "game2"], ["game3", "game4"], []), None),
        (
            SplitConfig(train_games=("game1",), val_games=("game2",)),
            (["game1"], ["game2"], []),
            "data.split leaves out game3, game4",
        ),
        (
            SplitConfig(test_games=("game2",)),
            (["game1", "game3"], ["game4"], ["game2"]),
            (
                "data.split names no games for validation, so by game: game4 for validation, "
                "the other 2 for training"
            ),
        ),
        (
            SplitConfig(train_games=("game1", "game2", "game4"), test_games=("game3",)),
            (["game1", "game2"], ["game4"], ["game3"]),
            (
                "data.split names no games for validation, so by game: game4 for validation, "
                "the other 2 for training"
            ),
        ),
    ],
)
def test_games_that_are_not_named_fill_the_first_side_without_names(
    config: SplitConfig, sides: tuple[list[str], list[str], list[str]], note: str | None
) -> None:
    split = split_clips(games(1, 2, 3, 4), config)
    assert split_games(split) == sides
    assert split.notes == ((note,) if note else ())


def test_without_names_the_last_games_are_held_out_and_it_is_said() -> None:
    split = split_clips(games(10, 9, 2, 1), SplitConfig())
    assert split_games(split) == (["game2", "game1"], ["game9"], ["game10"])
    assert split.notes == (
        (
            "data.split is absent, so by game: game9 for validation, game10 for testing, "
            "the other 2 for training"
        ),
    )


def test_a_larger_data_set_holds_out_more() -> None:
    split = split_clips(games(*range(1, 21)), SplitConfig())
    assert (len(split.train), len(split.val), len(split.test)) == (14, 3, 3)


def test_fewer_than_three_games_are_split_by_clip_and_warned_of() -> None:
    clips = [clip("a", f"Clip{n}") for n in (1, 2, 10)] + [clip("b", f"Clip{n}") for n in (1, 2)]
    split = split_clips(clips, SplitConfig())
    assert names(split) == (["a/Clip1", "a/Clip2", "b/Clip1"], ["a/Clip10"], ["b/Clip2"])
    assert split.notes == (
        (
            "data.split is absent, so by clip: a/Clip10 for validation, b/Clip2 for testing, "
            "the other 3 for training. With fewer than three games, figures are of games that were trained on"
        ),
    )


def test_two_clips_leave_none_for_testing() -> None:
    split = split_clips([clip("a", "Clip1"), clip("a", "Clip2")], SplitConfig())
    assert names(split) == (["a/Clip1"], ["a/Clip2"], [])


@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 5)), min_size=2, unique=True))
def test_an_automatic_split_takes_every_clip_once_and_ignores_the_order(
    pairs: list[tuple[int, int]],
) -> None:
    clips = [clip(f"game{game}", f"Clip{number}") for game, number in pairs]
    train, val, test = names(split_clips(clips, SplitConfig()))
    assert sorted(train + val + test) == sorted(clip.name for clip in clips)
    assert train
    assert val
    backwards = names(split_clips(clips[::-1], SplitConfig()))
    assert [sorted(side) for side in backwards] == [sorted(side) for side in (train, val, test)]


def test_the_layouts_own_sides_are_kept() -> None:
    clips = [clip("a", split="test"), clip("b", split="train"), clip("c", split="val")]
    split = split_clips(clips, SplitConfig())
    assert names(split) == (["b/Clip1"], ["c/Clip1"], ["a/Clip1"])
    assert split.notes == ()


def test_names_in_the_config_win_over_the_layout() -> None:
    clips = [clip("a", split="test"), clip("b", split="train")]
    assert split_games(split_clips(clips, SplitConfig(val_games=("b",)))) == (["a"], ["b"], [])


def test_what_the_layout_leaves_open_is_decided_aloud() -> None:
    clips = [clip("a", split="test"), clip("b", split="train"), clip("c")]
    split = split_clips(clips, SplitConfig())
    assert names(split) == (["b/Clip1"], ["c/Clip1"], ["a/Clip1"])
    assert split.notes[0] == "the layout puts 1 of 3 clips on no side: they train"
    assert split.notes[1].startswith("the layout has no clips for validation, so by clip: c/Clip1")


def test_a_side_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(UserError, match="a/Clip1: its layout puts it on the side 'dev'"):
        split_clips([clip("a", split="dev")], SplitConfig())


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            SplitConfig(val_games=("gmae2",)),
            "data.split.val_games: no game is called 'gmae2'. Did you mean 'game2'?",
        ),
        (
            SplitConfig(val_games=("Game2",)),
            "data.split.val_games: no game is called 'Game2'. Did you mean 'game2'?",
        ),
        (
            SplitConfig(test_games=("final",)),
            "data.split.test_games: no game is called 'final'. There are game1, game2, game3.",
        ),
        (
            SplitConfig(train_games=("game1", "game2"), val_games=("game2",)),
            "data.split.val_games: game2 is in train_games too. A game can be on one side only.",
        ),
        (
            SplitConfig(train_games=()),
            "data.split.train_games: is empty. Name at least one game, or take the key out.",
        ),
        (
            SplitConfig(val_games=()),
            "data.split.val_games: is empty. Name at least one game, or take the key out.",
        ),
        (
            SplitConfig(val_games=("game1",), test_games=("game2", "game3")),
            (
                "data.split.train_games: no game is left to train on. "
                "Name games to train on, or fewer for the other sides."
            ),
        ),
    ],
)
def test_impossible_splits_are_errors(config: SplitConfig, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        split_clips(games(1, 2, 3), config)
    assert str(caught.value) == message


def test_all_wrong_names_are_told_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        split_clips(games(1, 2), SplitConfig(train_games=("x",), val_games=("y", "z")))
    assert len(caught.value.problems) == 3


def test_a_single_clip_cannot_be_split() -> None:
    with pytest.raises(ConfigError, match="the only clip cannot both train and validate"):
        split_clips(games(1), SplitConfig())
