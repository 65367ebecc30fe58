"""Rallies planned stroke by stroke, so that each can be answered, with the odd mistake.

For every stroke a few dozen variants are drawn and flown at once; one that crosses the net, lands
in and comes within reach of a player is kept, and the step at which that player meets it is where
the next stroke starts.
"""

import math

import numpy as np
from attrs import frozen
from numpy.random import Generator
from numpy.typing import NDArray

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.ball import BALLS, BOUNCE, GRAVITY, NET, STEP, BallKind, Flights, fly
from tracknet_core.data.synthetic.court import COURTS, Court
from tracknet_core.data.synthetic.rally import HIT, Rally, Touch, Waypoint
from tracknet_core.data.synthetic.spec import SportName
from tracknet_core.data.synthetic.strokes import PLAYS, Play, Stroke, Swing

VARIANTS = 56
FLIGHT_STEPS = int(2.1 / STEP)
"""Longest flight that is answered."""
DEAD_STEPS = int(0.9 / STEP)
"""How long the ball is followed after an unanswered flight met the floor or the net."""


def plan_rally(sport: SportName, rng: Generator, seconds: float) -> Rally:
    """Play for at least ``seconds``, point after point."""
    planner = _Planner(sport, rng)
    while planner.now < seconds:
        planner.play_point(seconds)
    return planner.rally()


class _Planner:
    """The state of play while a rally is planned."""

    def __init__(self, sport: SportName, rng: Generator) -> None:
        self.court: Court = COURTS[sport]
        self.kind: BallKind = BALLS[sport]
        self.play: Play = PLAYS[sport]
        self.rng = rng
        homes = self.play.homes[rng.integers(len(self.play.homes))]
        self.sides = (-1,) * len(homes) + (1,) * len(homes)
        # seen from the other end of the court, left is right
        self.homes = [np.array([-side * x, side * y]) for side in (-1, 1) for x, y in homes]
        self.paths = [[Waypoint(time=0.0, at=home)] for home in self.homes]
        self.touches: list[Touch] = []
        self.left: list[Waypoint] = []
        self.ball: list[Floats] = []
        self.velocity: list[Floats] = []
        self.event: list[NDArray[np.uint8]] = []
        self.steps = 0

    @property
    def now(self) -> float:
        return self.steps * STEP

    def rally(self) -> Rally:
        return Rally(
            ball=np.concatenate(self.ball),
            velocity=np.concatenate(self.velocity),
            event=np.concatenate(self.event),
            sides=self.sides,
            paths=tuple(tuple(path) for path in self.paths),
            touches=tuple(self.touches),
            left=tuple(self.left),
        )

    def play_point(self, seconds: float) -> None:
        """Serve, and play on until somebody makes a mistake or time is up."""
        ball, player = self._serve()
        stroke = self.play.serve
        while True:
            mistake = self.rng.random() < self.play.mistakes
            shot = self._choose(stroke, ball, player, mistake=mistake)
            self._touch(player, ball, stroke.swing)
            if shot.meets is None:
                self._append(shot.flight, _dead_after(shot.flight))
                self.left.append(Waypoint(time=self.now, at=self.ball[-1][-1].copy()))
                return
            self._append(shot.flight, shot.end)
            stroke, player = shot.meets
            ball = shot.flight.position[0, shot.end]
            self._move(player, self.now, self._stand(player, ball, stroke.swing))
            if self.now >= seconds:
                self._touch(player, ball, stroke.swing)
                return

    def _serve(self) -> tuple[Floats, int]:
        """Hold the ball, toss it, and return where who strikes it."""
        rng, play = self.rng, self.play
        side = int(rng.choice((-1, 1)))
        player = int(rng.choice([i for i, s in enumerate(self.sides) if s == side]))
        (x0, x1), (y0, y1) = play.serve_from
        ball = np.array([rng.choice((-1, 1)) * rng.uniform(x0, x1), side * rng.uniform(y0, y1), 0.0])
        ball[2] = rng.uniform(*play.serve.heights)
        hold, toss = round(rng.uniform(0.3, 1.0) / STEP), round(rng.uniform(0.55, 0.8) / STEP)
        if play.serve.swing != "overhead":
            toss = toss // 2
        hand = ball + np.array([0.1, side * 0.1, -min(1.1, ball[2] - 0.75)])
        duration = toss * STEP
        start = (ball - hand) / duration + np.array([0.0, 0.0, 0.5 * GRAVITY * duration])
        t = (np.arange(toss) * STEP)[:, None]
        fall = np.array([0.0, 0.0, -GRAVITY])
        self.ball += [np.tile(hand, (hold, 1)), hand + start * t + 0.5 * fall * t**2]
        self.velocity += [np.zeros((hold, 3)), start + fall * t]
        self.event.append(np.zeros(hold + toss, np.uint8))
        stand = self._stand(player, ball, play.serve.swing)
        if not self.steps:
            self.paths[player].clear()  # who opens the rally need not come from anywhere
        self._move(player, self.now, stand)
        self.steps += hold + toss
        self._move(player, self.now, stand)
        return ball, player

    def _choose(self, stroke: Stroke, ball: Floats, player: int, *, mistake: bool) -> "_Shot":
        """Draw variants of a stroke until one can be answered (or, by mistake, cannot)."""
        side = self.sides[player]
        for _ in range(4):
            shots = self._variants(stroke, ball, side)
            ends = [self._answer(shots, i, stroke, player) for i in range(VARIANTS)]
            order = self.rng.permutation(VARIANTS)
            for i in order:
                if (ends[i] is None) == mistake:
                    return _Shot.of(shots, i, ends[i])
            if mistake:
                break
        i = int(order[0])
        return _Shot.of(shots, i, ends[i])

    def _variants(self, stroke: Stroke, ball: Floats, side: int) -> Flights:
        rng, court, n = self.rng, self.court, VARIANTS
        aim = np.stack(
            [
                rng.uniform(-0.85, 0.85, n) * court.half_width,
                (-side if stroke.over else side) * rng.uniform(*stroke.depth, n) * court.half_length,
            ],
            axis=1,
        )
        ahead = aim - ball[:2]
        ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
        speed, topspin = rng.uniform(*stroke.speed, n), rng.uniform(*stroke.topspin, n)
        elevation = np.radians(rng.uniform(*stroke.elevation, n))
        velocity = np.concatenate([ahead * np.cos(elevation)[:, None], np.sin(elevation)[:, None]], axis=1)
        # ẑ × ahead is the axis of topspin; a fifth of it as much is sidespin
        sidespin = 0.2 * topspin * rng.uniform(-1, 1, n)
        spin = np.stack([-ahead[:, 1] * topspin, ahead[:, 0] * topspin, sidespin], axis=1)
        start = np.tile(ball, (n, 1))
        return fly(self.kind, court, start, velocity * speed[:, None], spin, steps=FLIGHT_STEPS)

    def _answer(
        self, shots: Flights, i: int, stroke: Stroke, striker: int
    ) -> "tuple[int, Stroke, int] | None":
        """The step, stroke and player that answer variant i; None if it is out of play or reach."""
        side = self.sides[striker] * (-1 if stroke.over else 1)
        event, position = shots.event[i], shots.position[i]
        bounces = np.flatnonzero(event == BOUNCE)
        first = 1 if stroke.own_bounce else 0
        needed = first + (self.play.bounces if stroke.over else 0)
        start = 12
        if needed:
            if len(bounces) < needed or not self._lands_in(stroke, position[bounces[:needed]], -side):
                return None
            start = bounces[needed - 1] + 8
        stop = bounces[needed] if len(bounces) > needed else len(event)
        nets = np.flatnonzero(event == NET)
        if len(nets) and nets[0] < stop:
            return None
        following = self._following(stroke)
        (y0, y1), x1 = self.play.contact
        x, y, z = position[start:stop].T
        fits = (y * side > y0) & (y * side < y1) & (np.abs(x) < x1)
        fits &= np.any([(z > s.heights[0]) & (z < s.heights[1]) for s in following], axis=0)
        if not stroke.over:
            fits &= shots.velocity[i, start:stop, 2] < 0.5
        steps = start + np.flatnonzero(fits)
        if not len(steps):
            return None
        step = int(self.rng.choice(steps))
        height = position[step, 2]
        answers = [s for s in following if s.heights[0] < height < s.heights[1]]
        weights = np.array([s.weight for s in answers])
        answer = answers[self.rng.choice(len(answers), p=weights / weights.sum())]
        player = self._who_reaches(position[step], step * STEP, side, striker)
        return None if player is None else (step, answer, player)

    def _lands_in(self, stroke: Stroke, bounces: Floats, striker_side: int) -> bool:
        length, width = self.court.half_length, self.court.half_width
        for number, (x, y, _) in enumerate(bounces):
            own = stroke.own_bounce and number == 0
            along = y * (striker_side if own else -striker_side)
            if not 0.02 < along < length * stroke.deepest or abs(x) > width:
                return False
            if self.court.height and bounces[number][2] < self.court.height:
                return False
        return True

    def _following(self, stroke: Stroke) -> list[Stroke]:
        return [s for s in self.play.strokes if (stroke.name in s.after if s.after else stroke.over)]

    def _who_reaches(self, ball: Floats, seconds: float, side: int, striker: int) -> int | None:
        nearest, player = math.inf, None
        for i, path in enumerate(self.paths):
            if self.sides[i] != side or i == striker:
                continue
            distance = float(np.hypot(*(ball[:2] - path[-1].at)))
            if distance < nearest:
                nearest, player = distance, i
        return player if nearest < self.play.speed * seconds + self.play.reach else None

    def _stand(self, player: int, ball: Floats, swing: Swing) -> Floats:
        """Where a player stands to strike a ball."""
        side = self.sides[player]
        here = self.paths[player][-1].at
        toward = 1.0 if ball[0] > here[0] else -1.0
        aside = {"side": self.play.reach, "underarm": 0.7 * self.play.reach, "overhead": 0.25}.get(swing, 0.0)
        behind = 0.35 if swing in ("side", "underarm", "both_low") else 0.15
        return np.array([ball[0] - toward * aside, ball[1] + side * behind])

    def _touch(self, player: int, ball: Floats, swing: Swing) -> None:
        """Note a stroke, and send everybody towards where they wait for the next."""
        self.touches.append(Touch(time=self.now, player=player, ball=ball.copy(), swing=swing))
        for i, home in enumerate(self.homes):
            last = self.paths[i][-1]
            if i != player and last.time < self.now:
                near = home + self.rng.normal(0.0, 0.25, 2) * min(1.0, self.play.reach)
                reach = 0.8 * self.play.speed * (self.now - last.time)
                way = near - last.at
                length = max(float(np.hypot(*way)), 1e-9)
                self._move(i, self.now, last.at + way * min(1.0, reach / length))

    def _move(self, player: int, time: float, at: Floats) -> None:
        self.paths[player].append(Waypoint(time=time, at=at))

    def _append(self, flight: Flights, steps: int) -> None:
        self.ball.append(flight.position[0, :steps])
        self.velocity.append(flight.velocity[0, :steps])
        event = flight.event[0, :steps].copy()
        event[0] = HIT
        self.event.append(event)
        self.steps += len(event)


@frozen(eq=False)
class _Shot:
    """One flight, the step at which it ends, and the stroke and player that meet it there."""

    flight: Flights
    end: int
    meets: tuple[Stroke, int] | None

    @classmethod
    def of(cls, shots: Flights, i: int, answer: tuple[int, Stroke, int] | None) -> "_Shot":
        flight = Flights(
            position=shots.position[i : i + 1],
            velocity=shots.velocity[i : i + 1],
            spin=shots.spin[i : i + 1],
            event=shots.event[i : i + 1],
        )
        if answer is None:
            return cls(flight, FLIGHT_STEPS, None)
        step, stroke, player = answer
        return cls(flight, step, (stroke, player))


def _dead_after(flight: Flights) -> int:
    """Step at which an unanswered flight is of no more interest: a while after it first met something."""
    met = np.flatnonzero(flight.event[0])
    return min(FLIGHT_STEPS, (int(met[0]) if len(met) else FLIGHT_STEPS) + DEAD_STEPS)
