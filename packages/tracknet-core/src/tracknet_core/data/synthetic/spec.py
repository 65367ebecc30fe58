"""What is to be generated: a value that fully determines every pixel and label."""

from collections.abc import Mapping
from typing import Literal, get_args

from attrs import field, frozen

from tracknet_core.config.problems import UserError

GENERATOR_VERSION = 2
"""Raised with every change of a pixel or label, so that older folders are not taken for current."""

SportName = Literal["tennis", "badminton", "volleyball", "table_tennis"]
DifficultyName = Literal["easy", "broadcast", "adverse"]
SPORTS: tuple[SportName, ...] = get_args(SportName)
DIFFICULTIES: tuple[DifficultyName, ...] = get_args(DifficultyName)


@frozen(kw_only=True)
class Difficulty:
    """How hard a preset makes it to see the ball.

    Attributes:
        noise: Range of the sensor noise's standard deviation, in grey levels.
        exposure: Range of the time that the shutter is open, s; at most the time of a frame.
        contrast: Range of the contrast of the finished picture; 1 leaves it.
        softness: Range of the lens blur's standard deviation, in px at 1280 px width.
        jpeg_quality: Range of the JPEG quality.
        shake: Scale of the camera's shake; 1 is a tripod in a lively stand.
        pan: How much of the ball's sideways movement the camera follows.
        lookalikes: Scale of the number of things that resemble a ball.
        crowding: Scale of the number of bystanders, overlays and spots that may hide the ball.
    """

    noise: tuple[float, float]
    exposure: tuple[float, float]
    contrast: tuple[float, float]
    softness: tuple[float, float]
    jpeg_quality: tuple[int, int]
    shake: float
    pan: float
    lookalikes: float
    crowding: float


PRESETS: Mapping[DifficultyName, Difficulty] = {
    "easy": Difficulty(
        noise=(0.8, 1.6),
        exposure=(0.0013, 0.005),
        contrast=(1.0, 1.08),
        softness=(0.4, 0.6),
        jpeg_quality=(90, 94),
        shake=0.3,
        pan=0.03,
        lookalikes=0.3,
        crowding=0.3,
    ),
    "broadcast": Difficulty(
        noise=(1.2, 3.0),
        exposure=(0.003, 0.015),
        contrast=(0.88, 1.08),
        softness=(0.5, 0.9),
        jpeg_quality=(82, 93),
        shake=1.0,
        pan=0.08,
        lookalikes=1.0,
        crowding=1.0,
    ),
    "adverse": Difficulty(
        noise=(3.0, 6.5),
        exposure=(0.012, 0.028),
        contrast=(0.6, 0.88),
        softness=(0.8, 1.4),
        jpeg_quality=(62, 82),
        shake=2.5,
        pan=0.16,
        lookalikes=2.2,
        crowding=2.0,
    ),
}


@frozen(kw_only=True)
class SynthSpec:
    """A synthetic data set; equal specs give equal bytes.

    A game's pictures depend on the seed, its own number and the settings below ``first_game``,
    never on how many games or clips are asked for.

    Attributes:
        games: Number of games; each is a venue.
        clips: Clips in each game.
        frames: Frames in each clip.
        seed: Seed of everything drawn at random; at least 0.
        first_game: Number of the first game.
        size: Width and height of the pictures in px, both even.
        fps: Frames per second.
        sport: The one sport that is played; None takes turns through all.
        difficulty: Preset of how hard the ball is to see.
        video: Whether an MP4 of each clip is written too.

    Raises:
        UserError: A value is outside its range.
    """

    games: int = field(default=8)
    clips: int = field(default=2)
    frames: int = field(default=40)
    seed: int = field(default=0)
    first_game: int = field(default=1)
    size: tuple[int, int] = field(default=(1280, 720))
    fps: float = field(default=30.0)
    sport: SportName | None = field(default=None)
    difficulty: DifficultyName = field(default="broadcast")
    video: bool = field(default=True)

    def __attrs_post_init__(self) -> None:
        for name, value, least, most in (
            ("games", self.games, 1, 100_000),
            ("clips", self.clips, 1, 100_000),
            ("frames", self.frames, 1, 9_999),
            ("seed", self.seed, 0, 2**63),
            ("first-game", self.first_game, 1, 1_000_000),
            ("fps", self.fps, 1, 1000),
        ):
            if not least <= value <= most:
                raise UserError(f"--{name} is {value}. It must be from {least} to {most}.")
        width, height = self.size
        if min(width, height) < 32 or max(width, height) > 8192 or width % 2 or height % 2:
            raise UserError(
                f"--size is {width}x{height}. Width and height must be even and from 32 to 8192, "
                "such as 1280x720."
            )
        if self.sport is not None and self.sport not in SPORTS:
            raise UserError(f"--sport is {self.sport}. It must be one of {', '.join(SPORTS)}.")
        if self.difficulty not in DIFFICULTIES:
            raise UserError(
                f"--difficulty is {self.difficulty}. It must be one of {', '.join(DIFFICULTIES)}."
            )

    @property
    def preset(self) -> Difficulty:
        """The preset that ``difficulty`` names."""
        return PRESETS[self.difficulty]

    def sport_of(self, game: int) -> SportName:
        """The sport that is played in a game."""
        return self.sport or SPORTS[(game - 1) % len(SPORTS)]


def parse_size(text: str) -> tuple[int, int]:
    """Read a size such as ``1280x720``.

    Raises:
        UserError: It is not two whole numbers with an x between.
    """
    width, x, height = text.lower().partition("x")
    if not (x and width.isdecimal() and height.isdecimal()):
        raise UserError(f"--size is {text}. Write width and height in px, such as 1280x720.")
    return int(width), int(height)
