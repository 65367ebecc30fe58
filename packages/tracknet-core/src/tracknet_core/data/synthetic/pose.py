"""How a player's body stands at each moment: joints in the world.

A body is a small skeleton. Legs follow from the way run, arms from the stroke that is nearest in
time: at its moment the racket (or the hands) meets the ball.
"""

import math
from collections.abc import Mapping

import numpy as np
from attrs import frozen

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.looks import Look
from tracknet_core.data.synthetic.motion import Motion
from tracknet_core.data.synthetic.rally import Touch
from tracknet_core.data.synthetic.spec import SportName

RACKETS: Mapping[SportName, tuple[float, float]] = {
    "tennis": (0.50, 0.135),
    "badminton": (0.54, 0.105),
    "table_tennis": (0.13, 0.078),
    "volleyball": (0.0, 0.0),
}
"""Distance from the hand to the middle of the racket's head, and the head's radius, m."""

UP = np.array([0.0, 0.0, 1.0])
ARM = 0.57
"""Reach of an arm, m, of a player of 1.8 m; all lengths here are for that height."""


@frozen(kw_only=True, eq=False)
class Body:
    """Joints at one moment, [3] m each; pairs are left and right, [2, 3].

    Attributes:
        pelvis, neck, head: Along the spine.
        shoulders, elbows, hands: Of the arms.
        hips, knees, ankles, toes: Of the legs.
        forward: Direction that the player faces.
        racket: Middle of the racket's head; None without a racket.
        flat: Direction across its face; None without a racket.
    """

    pelvis: Floats
    neck: Floats
    head: Floats
    shoulders: Floats
    elbows: Floats
    hands: Floats
    hips: Floats
    knees: Floats
    ankles: Floats
    toes: Floats
    forward: Floats
    racket: Floats | None
    flat: Floats | None


@frozen(kw_only=True, eq=False)
class _Stance:
    """What the limbs are placed by."""

    base: Floats
    forward: Floats
    right: Floats
    run: Floats
    phase: float
    scale: float
    touch: Touch | None
    since: float
    swinging: float

    @property
    def speed(self) -> float:
        return float(np.hypot(self.run[0], self.run[1]))


def body_at(motion: Motion, look: Look, sport: SportName, time: float) -> Body:
    """A player's body at a time of the rally."""
    stance, crouch = _stance(motion, look, sport, time)
    scale, forward, right = stance.scale, stance.forward, stance.right
    pelvis = stance.base + UP * (0.95 - crouch) * scale
    pelvis = pelvis + UP * 0.03 * abs(math.sin(stance.phase)) * min(1.0, stance.speed / 2)
    lean = forward * (0.10 + 0.45 * crouch) + stance.run * 0.02
    twist = 0.9 * math.tanh(stance.since / 0.2) * stance.swinging * look.hand
    across = right * math.cos(twist) + forward * math.sin(twist)
    neck = pelvis + (UP * 0.54 + lean) * scale
    shoulders = np.stack([neck - across * 0.19 * scale, neck + across * 0.19 * scale]) - UP * 0.05 * scale
    hips = np.stack([pelvis - right * 0.11 * scale, pelvis + right * 0.11 * scale])
    knees, ankles, toes = _legs(stance, hips)
    hands, racket, flat = _arms(stance, look, sport, shoulders)
    bends = [-UP - 0.6 * forward + side * right for side in (-0.5, 0.5)]
    elbows = [_joint(shoulders[i], hands[i], 0.30 * scale, 0.28 * scale, bends[i]) for i in range(2)]
    return Body(
        pelvis=pelvis,
        neck=neck,
        head=neck + (UP * 0.19 + forward * 0.04) * scale,
        shoulders=shoulders,
        elbows=np.stack(elbows),
        hands=hands,
        hips=hips,
        knees=knees,
        ankles=ankles,
        toes=toes,
        forward=forward,
        racket=racket,
        flat=flat,
    )


def _stance(motion: Motion, look: Look, sport: SportName, time: float) -> tuple[_Stance, float]:
    """What the limbs are placed by, and how far the player crouches, m."""
    place, scale = motion.at(time), look.height / 1.8
    touch = motion.nearest_touch(time)
    since = time - touch.time if touch else 0.0
    crouch, jump = 0.10 + 0.012 * math.sin(2.2 * time + motion.side), 0.0
    if touch:
        crouch += 0.30 * _window(since, 0.08, 0.34) * float(np.clip((0.9 - touch.ball[2]) / 0.6, 0, 1))
        standing = (1.45 + ARM) * scale + RACKETS[sport][0]
        jump = max(0.0, float(touch.ball[2]) - standing) * max(0.0, 1 - (since / 0.32) ** 2)
        crouch *= 1 - min(1.0, jump * 4)
    forward = np.array([-0.06 * place[0], -float(motion.side), 0.0])
    forward /= np.linalg.norm(forward)
    run = np.array([*motion.velocity(time), 0.0])
    stride = 1.1 + 0.18 * float(np.hypot(run[0], run[1]))
    stance = _Stance(
        base=np.array([*place, jump]),
        forward=forward,
        right=np.array([forward[1], -forward[0], 0.0]),
        run=run,
        phase=2 * math.pi * motion.travelled(time) / stride + motion.side,
        scale=scale,
        touch=touch,
        since=since,
        swinging=_window(since, 0.28, 0.6) if touch else 0.0,
    )
    return stance, crouch


def _legs(stance: _Stance, hips: Floats) -> tuple[Floats, Floats, Floats]:
    """Knees, ankles and toes, [2, 3] each, of legs that stand or run."""
    speed, scale = stance.speed, stance.scale
    way = stance.run / max(speed, 1e-6)
    knees, ankles, toes = (np.empty((2, 3)) for _ in range(3))
    for i, side in enumerate((-1.0, 1.0)):
        phase = stance.phase + math.pi * i
        spread = 0.24 - 0.10 * min(1.0, speed / 4)
        ankle = stance.base + stance.right * side * spread * scale
        ankle = ankle + way * min(0.42, 0.11 * speed) * math.sin(phase)
        ankle = ankle + UP * (0.09 * scale + max(0.0, math.cos(phase)) * min(0.25, 0.07 * speed))
        bend = stance.forward + 0.2 * side * stance.right
        ankles[i] = ankle
        knees[i] = _joint(hips[i], ankle, 0.44 * scale, 0.43 * scale, bend)
        toes[i] = ankle + stance.forward * 0.19 * scale + stance.right * side * 0.05 - UP * 0.05 * scale
    return knees, ankles, toes


def _arms(
    stance: _Stance, look: Look, sport: SportName, shoulders: Floats
) -> tuple[Floats, Floats | None, Floats | None]:
    """Hands [2, 3], the racket's head [3] and the direction across it [3]."""
    scale, right, touch = stance.scale, stance.right, stance.touch
    pump = 0.16 * math.sin(stance.phase) * min(1.0, stance.speed / 3)
    hands = np.stack(
        [
            shoulders[i] + (stance.forward * (0.30 + side * pump) - UP * 0.34 - right * side * 0.06) * scale
            for i, side in enumerate((-1.0, 1.0))
        ]
    )
    if touch is not None and touch.swing in ("both_low", "both_high"):
        _reach_with_both(stance, touch, shoulders, hands)
        return hands, None, None
    length, _ = RACKETS[sport]
    main = 1 if look.hand > 0 else 0
    pointing = stance.forward * 0.55 + UP * 0.75 - right * look.hand * 0.35
    flat = stance.forward
    if touch is not None and stance.swinging > 0:
        arm = _swing(stance, touch, shoulders[main])
        distance = max(float(np.linalg.norm(arm)), 1e-6)
        aim = arm / distance
        goal = shoulders[main] + aim * max(0.25 * scale, min(ARM * scale, distance - length))
        hands[main] += (goal - hands[main]) * stance.swinging
        pointing = pointing + (aim - pointing) * stance.swinging
        flat = np.cross(aim, UP if touch.swing == "side" else right)
    if not length:
        return hands, None, None
    pointing /= max(float(np.linalg.norm(pointing)), 1e-6)
    return hands, hands[main] + pointing * length, flat / max(float(np.linalg.norm(flat)), 1e-6)


def _reach_with_both(stance: _Stance, touch: Touch, shoulders: Floats, hands: Floats) -> None:
    """Move both hands to the ball, in place."""
    low = touch.swing == "both_low"
    give = UP * (0.14 * math.tanh(stance.since / 0.12) - 0.06 if low else -0.05)
    for i, side in enumerate((-1.0, 1.0)):
        arm = touch.ball + give + stance.right * side * (0.05 if low else 0.13) - shoulders[i]
        arm *= min(1.0, ARM * stance.scale / max(float(np.linalg.norm(arm)), 1e-6))
        hands[i] += (shoulders[i] + arm - hands[i]) * stance.swinging


def _swing(stance: _Stance, touch: Touch, shoulder: Floats) -> Floats:
    """From the shoulder to the racket's head: at the ball when it is struck, turned away else."""
    arm = touch.ball - shoulder
    if touch.swing != "side":
        quarter = -1.9 if touch.swing == "overhead" else 1.6
        return _turned(arm, stance.right, quarter * math.tanh(stance.since / 0.12))
    outward = 1.0 if arm @ stance.right >= 0 else -1.0
    arm = _turned(arm, UP, 1.9 * outward * math.tanh(stance.since / 0.14))
    return arm + UP * 0.45 * math.tanh(stance.since / 0.2)


def _window(since: float, flat: float, end: float) -> float:
    """1 within ``flat`` seconds, falling smoothly to 0 at ``end``."""
    share = float(np.clip((end - abs(since)) / (end - flat), 0.0, 1.0))
    return share * share * (3 - 2 * share)


def _turned(vector: Floats, axis: Floats, angle: float) -> Floats:
    """Rodrigues' rotation of a vector about a unit axis."""
    cos, sin = math.cos(angle), math.sin(angle)
    return np.asarray(vector * cos + np.cross(axis, vector) * sin + axis * (axis @ vector) * (1 - cos))


def _joint(start: Floats, end: Floats, upper: float, lower: float, bend: Floats) -> Floats:
    """The knee or elbow of a limb of two bones, bent towards ``bend`` (law of cosines)."""
    way = end - start
    length = max(float(np.linalg.norm(way)), 1e-6)
    way = way / length
    distance = min(length, upper + lower - 1e-6)
    along = (upper**2 - lower**2 + distance**2) / (2 * distance)
    height = math.sqrt(max(upper**2 - along**2, 0.0))
    aside = bend - way * (bend @ way)
    return np.asarray(start + way * along + aside * (height / max(float(np.linalg.norm(aside)), 1e-6)))
