"""Everything that a clip's frames are rendered from."""

import numpy as np
from attrs import evolve, frozen
from numpy.random import Generator, SeedSequence, default_rng

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.ball import BOUNCE, FREE, STEP
from tracknet_core.data.synthetic.camera import Camera
from tracknet_core.data.synthetic.light import Light
from tracknet_core.data.synthetic.lookalikes import Lookalikes, draw_lookalikes
from tracknet_core.data.synthetic.looks import Look, draw_looks
from tracknet_core.data.synthetic.motion import Motion, motions
from tracknet_core.data.synthetic.overlay import Overlay, draw_overlays
from tracknet_core.data.synthetic.planner import plan_rally
from tracknet_core.data.synthetic.rally import HIT, Rally, event_at
from tracknet_core.data.synthetic.shot import film
from tracknet_core.data.synthetic.spec import SynthSpec
from tracknet_core.data.synthetic.venue import Venue, venue_of

STATUS = {FREE: 0, HIT: 1, BOUNCE: 2}
"""Events as the tennis data set numbers them: 0 flying, 1 hit, 2 bouncing."""


@frozen(kw_only=True, eq=False)
class Scene:
    """A clip before it is rendered.

    Attributes:
        venue: Where it takes place.
        rally: What happens.
        start: Time of the rally at the middle of the first frame's exposure, s.
        fps: Frames per second.
        size: Width and height of a frame, px.
        cameras: Pose of each frame.
        motions, looks: The players.
        lookalikes: What resembles a ball.
        overlays: What is laid over the picture.
        seed: What the noise of the frames is drawn from.
    """

    venue: Venue
    rally: Rally
    start: float
    fps: float
    size: tuple[int, int]
    cameras: tuple[Camera, ...]
    motions: tuple[Motion, ...]
    looks: tuple[Look, ...]
    lookalikes: Lookalikes
    overlays: tuple[Overlay, ...]
    seed: tuple[int, int, int]

    def time(self, frame: int) -> float:
        """Time of the rally at the middle of a frame's exposure, s."""
        return self.start + frame / self.fps

    def ball(self, times: Floats) -> Floats:
        """Where the ball is at some times of the rally [K], [K, 3] m."""
        return ball_at(self.rally, times)

    def balls_at_rest(self, time: float) -> list[Floats]:
        """Where balls lie about at a time, [3] m each."""
        left = [point.at for point in self.rally.left if point.time <= time]
        return [*self.lookalikes.spare, *left]

    def noise(self, frame: int) -> Generator:
        """What the noise of a frame is drawn from."""
        seed, game, clip = self.seed
        return default_rng(SeedSequence(seed, spawn_key=(game, clip, frame)))

    def status(self, frame: int) -> int:
        """Status of a frame: 0 flying, 1 hit, 2 bouncing; events belong to the nearest frame."""
        return STATUS[event_at(self.rally, self.time(frame), 0.5 / self.fps)]


def ball_at(rally: Rally, times: Floats) -> Floats:
    """Where the ball of a rally is at some times [K], [K, 3] m."""
    at = np.clip(times / STEP, 0, len(rally.ball) - 1.000001)
    before = at.astype(int)
    share = (at - before)[:, None]
    path: Floats = rally.ball[before] * (1 - share) + rally.ball[before + 1] * share
    return path


def stage(spec: SynthSpec, game: int, clip: int) -> Scene:
    """Set up a clip; all that is random in it comes from the seed, its game and its number."""
    venue = venue_of(spec, game)
    rng = default_rng(SeedSequence(spec.seed, spawn_key=(game, clip)))
    preset, length = spec.preset, spec.frames / spec.fps
    start = float(rng.uniform(0.9, 4.5))
    rally = plan_rally(venue.sport, rng, start + length + 0.5)
    times = start + np.arange(spec.frames) / spec.fps
    cameras = film(venue.camera, ball_at(rally, times), spec.size, fps=spec.fps, rng=rng, preset=preset)
    looks = tuple(_lit(look, venue.light) for look in draw_looks(rng, rally.sides))
    return Scene(
        venue=venue,
        rally=rally,
        start=start,
        fps=spec.fps,
        size=spec.size,
        cameras=cameras,
        motions=motions(rally),
        looks=looks,
        lookalikes=draw_lookalikes(venue, spec.size, spec.frames, rng, preset),
        overlays=draw_overlays(spec.size, rng, preset),
        seed=(spec.seed, game, clip),
    )


def _lit(look: Look, light: Light) -> Look:
    """A player as the camera renders the colours."""
    return evolve(
        look,
        skin=light.ink(look.skin),
        hair=light.ink(look.hair),
        shirt=light.ink(look.shirt),
        shorts=light.ink(look.shorts),
        socks=light.ink(look.socks),
        shoes=light.ink(look.shoes),
        racket=light.ink(look.racket),
    )
