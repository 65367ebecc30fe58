"""Where players are over time."""

from itertools import pairwise

import numpy as np
from attrs import frozen

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.rally import Rally, Touch, Waypoint


@frozen(kw_only=True, eq=False)
class Motion:
    """One player over a rally.

    Attributes:
        side: -1 or +1.
        path: Where the player stands at some times.
        touches: The player's own strokes.
    """

    side: int
    path: tuple[Waypoint, ...]
    touches: tuple[Touch, ...]

    def at(self, time: float) -> Floats:
        """Place on the floor, [2] m; starts and stops softly at each waypoint."""
        times = [point.time for point in self.path]
        after = int(np.searchsorted(times, time, side="right"))
        if after == 0 or after == len(self.path):
            return self.path[min(after, len(self.path) - 1)].at
        before, ahead = self.path[after - 1], self.path[after]
        share = (time - before.time) / max(ahead.time - before.time, 1e-9)
        return np.asarray(before.at + (ahead.at - before.at) * share * share * (3 - 2 * share))

    def velocity(self, time: float) -> Floats:
        """Over the floor, [2] m/s."""
        return np.asarray((self.at(time + 0.03) - self.at(time - 0.03)) / 0.06)

    def travelled(self, time: float) -> float:
        """Metres run until a time."""
        done = 0.0
        for before, ahead in pairwise(self.path):
            if ahead.time >= time:
                return done + float(np.hypot(*(self.at(time) - before.at)))
            done += float(np.hypot(*(ahead.at - before.at)))
        return done

    def nearest_touch(self, time: float) -> Touch | None:
        """The stroke nearest in time; None for who never strikes."""
        return min(self.touches, key=lambda touch: abs(touch.time - time), default=None)


def motions(rally: Rally) -> tuple[Motion, ...]:
    """The motion of each player of a rally."""
    return tuple(
        Motion(side=side, path=path, touches=tuple(t for t in rally.touches if t.player == i))
        for i, (side, path) in enumerate(zip(rally.sides, rally.paths, strict=True))
    )
