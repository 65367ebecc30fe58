"""A spec refuses what cannot be generated, and gives games their sports."""

import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.data.synthetic.spec import SPORTS, SynthSpec, parse_size


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"games": 0}, "--games is 0. It must be from 1 to 100000."),
        ({"frames": 10_000}, "--frames is 10000. It must be from 1 to 9999."),
        ({"seed": -1}, "--seed is -1. It must be from 0"),
        ({"fps": 0.0}, "--fps is 0.0. It must be from 1"),
        ({"size": (63, 64)}, "--size is 63x64. Width and height must be even"),
        ({"size": (16, 16)}, "--size is 16x16."),
        ({"sport": "golf"}, "--sport is golf. It must be one of tennis, badminton"),
        ({"difficulty": "hard"}, "--difficulty is hard. It must be one of easy, broadcast, adverse."),
    ],
)
def test_a_value_out_of_range_is_refused_with_the_option_and_its_range(
    values: dict[str, object], message: str
) -> None:
    with pytest.raises(UserError) as error:
        SynthSpec(**values)  # type: ignore[arg-type]

    assert message in str(error.value)


def test_games_take_turns_through_the_sports() -> None:
    assert [SynthSpec().sport_of(game) for game in range(1, 6)] == [*SPORTS, "tennis"]
    assert SynthSpec(sport="volleyball").sport_of(1) == "volleyball"


def test_a_size_is_read_as_people_write_it() -> None:
    assert parse_size("1280x720") == (1280, 720)
    assert parse_size("64X48") == (64, 48)
    for text in ("1280", "x720", "1280x", "-2x4", "1.5x2", "axb"):
        with pytest.raises(UserError, match=r"Write width and height in px, such as 1280x720\."):
            parse_size(text)
