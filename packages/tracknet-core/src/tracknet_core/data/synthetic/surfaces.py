"""The floors that each sport is played on."""

from collections.abc import Mapping

from attrs import frozen

from tracknet_core.data.synthetic.arrays import Colour
from tracknet_core.data.synthetic.spec import SportName


@frozen(kw_only=True)
class Surface:
    """A floor: the colours of the court, of what lies around it and of the lines.

    Attributes:
        name: What it is called.
        court, around, lines: Colours.
        grain: Strength of the fine texture, as a share of the brightness.
        wear: Strength of the broad patches.
        stripes: Strength of mowing stripes or of floor boards.
        dust: How much of the lines is scuffed away.
    """

    name: str
    court: Colour
    around: Colour
    lines: Colour
    grain: float
    wear: float
    stripes: float = 0.0
    dust: float = 0.0


def _hard(court: Colour, around: Colour) -> Surface:
    return Surface(
        name="hard", court=court, around=around, lines=(238, 240, 240), grain=0.02, wear=0.05, dust=0.04
    )


def _mat(court: Colour, around: Colour) -> Surface:
    return Surface(name="mat", court=court, around=around, lines=(236, 238, 232), grain=0.012, wear=0.04)


_CLAY = (182, 100, 64)
SURFACES: Mapping[SportName, tuple[Surface, ...]] = {
    "tennis": (
        _hard((52, 92, 158), (70, 128, 92)),
        _hard((48, 118, 190), (66, 142, 204)),
        _hard((80, 130, 84), (150, 70, 62)),
        _hard((96, 70, 140), (60, 120, 110)),
        _hard((62, 110, 88), (90, 140, 104)),
        Surface(
            name="clay",
            court=_CLAY,
            around=(176, 94, 60),
            lines=(232, 222, 212),
            grain=0.045,
            wear=0.09,
            dust=0.25,
        ),
        Surface(
            name="clay",
            court=(164, 84, 56),
            around=(158, 82, 56),
            lines=(236, 228, 220),
            grain=0.05,
            wear=0.1,
            dust=0.3,
        ),
        Surface(
            name="grass",
            court=(102, 142, 66),
            around=(92, 134, 60),
            lines=(240, 242, 234),
            grain=0.06,
            wear=0.1,
            stripes=0.06,
            dust=0.15,
        ),
    ),
    "badminton": (
        _mat((36, 116, 86), (28, 84, 66)),
        _mat((30, 108, 80), (150, 116, 80)),
        _mat((40, 84, 160), (34, 50, 96)),
        _mat((46, 124, 108), (110, 112, 118)),
        _mat((150, 52, 60), (60, 62, 70)),
    ),
    "volleyball": (
        _mat((220, 132, 66), (58, 138, 150)),
        _mat((214, 120, 78), (46, 100, 160)),
        _mat((90, 120, 190), (214, 150, 80)),
        Surface(
            name="parquet",
            court=(200, 160, 112),
            around=(64, 106, 160),
            lines=(240, 240, 236),
            grain=0.03,
            wear=0.05,
            stripes=0.06,
        ),
        Surface(
            name="parquet",
            court=(206, 168, 120),
            around=(190, 150, 104),
            lines=(238, 238, 238),
            grain=0.03,
            wear=0.05,
            stripes=0.07,
        ),
    ),
    "table_tennis": (
        _mat((150, 44, 48), (150, 44, 48)),
        _mat((50, 62, 120), (50, 62, 120)),
        _mat((96, 100, 108), (96, 100, 108)),
        _mat((46, 110, 96), (46, 110, 96)),
        Surface(
            name="parquet",
            court=(190, 150, 106),
            around=(190, 150, 106),
            lines=(230, 230, 230),
            grain=0.03,
            wear=0.05,
            stripes=0.07,
        ),
    ),
}
