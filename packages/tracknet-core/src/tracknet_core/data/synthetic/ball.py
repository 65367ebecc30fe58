"""How a ball flies and bounces.

In the air: gravity, quadratic drag and the Magnus force of its spin,

    a = g - k |v| v + (rho A / 2m) C_L |v|² (ω̂ × v̂),    k = rho A C_D / 2m

with C_L = 1 / (2 + |v| / (r |ω|)) (Cross and Lindsey, Measurements of drag and lift on tennis
balls in flight, Sports Engineering 17, 2014). A shuttlecock has its k from the terminal speed,
k = g / v∞², and no lift (Cohen et al., The physics of badminton, New J. Phys. 17, 2015).

On the floor: restitution e upwards, and along the floor a friction impulse that ends in sliding,
limited by μ (1 + e) |v_z|, or in rolling, limited by what stops the slip of a sphere with
I = α m r² (Garwin, Kinematics of an ultraelastic rough ball, Am. J. Phys. 37, 1969).
"""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.court import Court
from tracknet_core.data.synthetic.spec import SportName

GRAVITY = 9.81
AIR_DENSITY = 1.204
STEP = 1 / 240
"""Seconds between two points of a flight."""

ROLLING = 0.4
"""Downward speed in m/s below which a contact is part of rolling, not a bounce."""
ROLLING_LOSS = 0.01
"""Share of the speed along the floor that each such contact costs."""

FREE, BOUNCE, NET = 0, 1, 2
"""What happened in the step that ends at a point."""


@frozen(kw_only=True)
class BallKind:
    """A ball as its sport's rules and the papers above describe it; SI units.

    Attributes:
        radius: m; of a shuttlecock, the feathers' tips.
        drag: k in the module's formula, 1/m.
        lift: rho A / 2m, 1/m; 0 without Magnus force.
        restitution: e of its bounce on a usual floor.
        friction: μ of the same.
        inertia: α in I = α m r².
    """

    radius: float
    drag: float
    lift: float
    restitution: float
    friction: float
    inertia: float


def _sphere(radius: float, mass: float, drag: float, restitution: float, friction: float) -> BallKind:
    area = np.pi * radius**2
    factor = 0.5 * AIR_DENSITY * area / mass
    return BallKind(
        radius=radius,
        drag=factor * drag,
        lift=factor,
        restitution=restitution,
        friction=friction,
        inertia=2 / 3,
    )


BALLS: Mapping[SportName, BallKind] = {
    "tennis": _sphere(0.0335, 0.0577, drag=0.507, restitution=0.74, friction=0.55),
    "volleyball": _sphere(0.105, 0.270, drag=0.35, restitution=0.72, friction=0.5),
    "table_tennis": _sphere(0.020, 0.0027, drag=0.45, restitution=0.90, friction=0.25),
    "badminton": BallKind(
        radius=0.033, drag=GRAVITY / 6.8**2, lift=0.0, restitution=0.15, friction=0.6, inertia=2 / 3
    ),
}


@frozen(kw_only=True, eq=False)
class Flights:
    """N flights of S points, each STEP seconds apart; the first point is the start.

    Attributes:
        position: [N, S, 3], m.
        velocity: [N, S, 3], m/s.
        spin: [N, S, 3], rad/s.
        event: [N, S], FREE, BOUNCE or NET.
    """

    position: Floats
    velocity: Floats
    spin: Floats
    event: NDArray[np.uint8]


def fly(
    kind: BallKind, court: Court, position: Floats, velocity: Floats, spin: Floats, *, steps: int
) -> Flights:
    """Follow N balls for ``steps`` points from their position, velocity and spin, each [N, 3].

    Each step is a midpoint (second order Runge–Kutta) step; one that ends below the floor or the
    table is cut at the contact, bounces there, and goes on for the rest of the step.
    """
    count = len(position)
    positions, velocities, spins = (np.empty((count, steps, 3)) for _ in range(3))
    event = np.zeros((count, steps), np.uint8)
    p, v, w = position.copy(), velocity.copy(), spin.copy()
    for step in range(steps):
        if step:
            p, v, w, event[:, step] = _advance(kind, court, p, v, w)
        positions[:, step], velocities[:, step], spins[:, step] = p, v, w
    return Flights(position=positions, velocity=velocities, spin=spins, event=event)


def acceleration(kind: BallKind, velocity: Floats, spin: Floats) -> Floats:
    """Acceleration [N, 3] of balls with velocity and spin [N, 3] in air, m/s²."""
    speed = np.sqrt(np.einsum("ij,ij->i", velocity, velocity))[:, None]
    a: Floats = -kind.drag * speed * velocity
    a[:, 2] -= GRAVITY
    if kind.lift:
        turn = np.sqrt(np.einsum("ij,ij->i", spin, spin))[:, None]
        # C_L |v|² (ω̂ × v̂) = |v| r (ω × v) / (2 r |ω| + |v|), which has no division by zero spin
        factor = kind.lift * kind.radius * speed / (2 * kind.radius * turn + speed + 1e-9)
        a = a + factor * _cross(spin, velocity)
    return a


def bounce(kind: BallKind, velocity: Floats, spin: Floats) -> tuple[Floats, Floats]:
    """Velocity and spin [N, 3] after a bounce on a level floor; ``velocity`` points down."""
    v, w = velocity.copy(), spin.copy()
    slip = np.stack([v[:, 0] - kind.radius * w[:, 1], v[:, 1] + kind.radius * w[:, 0]], axis=1)
    size = np.hypot(slip[:, 0], slip[:, 1])
    grip = size * kind.inertia / (1 + kind.inertia)
    slide = kind.friction * (1 + kind.restitution) * np.abs(v[:, 2])
    impulse = -slip / np.maximum(size, 1e-9)[:, None] * np.minimum(grip, slide)[:, None]
    v[:, :2] += impulse
    w[:, 0] += impulse[:, 1] / (kind.inertia * kind.radius)
    w[:, 1] -= impulse[:, 0] / (kind.inertia * kind.radius)
    v[:, 2] = kind.restitution * np.abs(v[:, 2])
    return v, w


def _advance(
    kind: BallKind, court: Court, p: Floats, v: Floats, w: Floats
) -> tuple[Floats, Floats, Floats, NDArray[np.uint8]]:
    middle = v + acceleration(kind, v, w) * (STEP / 2)
    after = v + acceleration(kind, middle, w) * STEP
    moved = p + middle * STEP
    event = np.zeros(len(p), np.uint8)
    floor = _floor(kind, court, p, moved)
    hit = (moved[:, 2] < floor) & (middle[:, 2] < 0)
    if hit.any():
        share = np.clip((p[hit, 2] - floor[hit]) / np.maximum(p[hit, 2] - moved[hit, 2], 1e-9), 0.0, 1.0)[
            :, None
        ]
        contact = p[hit] + middle[hit] * (share * STEP)
        contact[:, 2] = floor[hit]
        speed, turn = bounce(kind, v[hit] + (after[hit] - v[hit]) * share, w[hit])
        landing = -middle[hit, 2] > ROLLING
        speed[~landing, :2] *= 1 - ROLLING_LOSS
        w = w.copy()
        moved[hit] = contact + speed * ((1 - share) * STEP)
        after[hit], w[hit] = speed, turn
        event[hit] = np.where(landing, BOUNCE, FREE)
    _stop_at_barriers(court, moved, after)
    event[_stop_at_net(kind, court, p, moved, after)] = NET
    return moved, after, w, event


def _floor(kind: BallKind, court: Court, before: Floats, after: Floats) -> Floats:
    """Height [N] that a ball's centre cannot fall below: the floor, or the table it comes from above."""
    if not court.height:
        return np.full(len(before), kind.radius)
    above = court.on_table(after[:, 0], after[:, 1]) & (before[:, 2] >= court.height + kind.radius - 1e-6)
    return np.where(above, court.height + kind.radius, kind.radius)


def _stop_at_barriers(court: Court, position: Floats, velocity: Floats) -> None:
    """Turn back, in place, balls that reach the barriers around the floor."""
    for axis, limit in enumerate(court.clear):
        out = np.abs(position[:, axis]) > limit
        if out.any():
            position[out, axis] = np.sign(position[out, axis]) * limit
            velocity[out] *= 0.5
            velocity[out, axis] *= -0.5


def _stop_at_net(
    kind: BallKind, court: Court, before: Floats, after: Floats, velocity: Floats
) -> NDArray[np.bool_]:
    """Let balls that met the net fall off it or roll over its tape.

    ``after`` and ``velocity``, [N, 3], are changed in place.

    Returns:
        Which balls met the net, [N].
    """
    crossing = before[:, 1] * after[:, 1] < 0
    if not crossing.any():
        return crossing
    share = before[:, 1] / np.where(crossing, before[:, 1] - after[:, 1], 1.0)
    where = before + (after - before) * share[:, None]
    top = court.net.top(where[:, 0])
    met = crossing & (np.abs(where[:, 0]) < court.net.half_width)
    met &= (where[:, 2] < top + kind.radius) & (where[:, 2] > court.net.bottom - kind.radius)
    cord = met & (where[:, 2] > top - kind.radius)
    body = met & ~cord
    velocity[body] *= np.array([0.25, -0.08, 0.25])
    after[body] = where[body]
    after[body, 1] = np.sign(before[body, 1]) * 0.02
    velocity[cord] *= np.array([0.7, 0.55, 0.3])
    velocity[cord, 2] += 0.12 * np.abs(velocity[cord, 1]) + 0.6
    return met


def _cross(a: Floats, b: Floats) -> Floats:
    """np.cross for [N, 3], at a fifth of its cost for small N."""
    out = np.empty_like(a)
    out[:, 0] = a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1]
    out[:, 1] = a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2]
    out[:, 2] = a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
    return out
