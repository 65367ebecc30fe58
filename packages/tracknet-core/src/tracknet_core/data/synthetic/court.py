"""What stands on the floor of each sport, by its rules: lines, net and table, in metres."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.data.synthetic.arrays import Floats
from tracknet_core.data.synthetic.spec import SportName


@frozen(kw_only=True)
class Line:
    """A painted line between two points of the floor (or table), as the rules place it."""

    start: tuple[float, float]
    end: tuple[float, float]
    width: float


@frozen(kw_only=True)
class Net:
    """A net across x at y = 0.

    Attributes:
        half_width: Reach to each side.
        middle, post: Height of the top at the middle and at the ends.
        bottom: Height of its lower edge.
        tape: Width of the band along the top.
        mesh: Width of a mesh.
        posts: Whether posts stand at the ends.
    """

    half_width: float
    middle: float
    post: float
    bottom: float
    tape: float
    mesh: float
    posts: bool = True

    def top(self, x: "Floats | float") -> Floats:
        """Height of the top at x; it sags towards the middle."""
        share = np.minimum(np.abs(x) / self.half_width, 1.0)
        height: Floats = np.asarray(self.middle + (self.post - self.middle) * share)
        return height


@frozen(kw_only=True)
class Court:
    """One sport's court.

    Attributes:
        half_width, half_length: Where a ball is in; for table tennis the table's edges.
        lines: The painted lines.
        net: The net.
        clear: Half width and half length of the free floor around, up to the barriers.
        height: Height of the playing surface: 0, or that of the table.
    """

    half_width: float
    half_length: float
    lines: tuple[Line, ...]
    net: Net
    clear: tuple[float, float]
    height: float = 0.0

    def on_table(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """Whether points stand over the table; never where there is none."""
        inside: NDArray[np.bool_] = (
            (np.abs(x) <= self.half_width) & (np.abs(y) <= self.half_length) & (self.height > 0)
        )
        return inside


def _rectangle(half_width: float, half_length: float, width: float) -> tuple[Line, ...]:
    """The four lines of a rectangle; their outer edges are its edges, as all rules here have it."""
    x, y = half_width - width / 2, half_length - width / 2
    return (
        Line(start=(-half_width, -y), end=(half_width, -y), width=width),
        Line(start=(-half_width, y), end=(half_width, y), width=width),
        Line(start=(-x, -half_length), end=(-x, half_length), width=width),
        Line(start=(x, -half_length), end=(x, half_length), width=width),
    )


def _across(y: float, half_width: float, width: float) -> tuple[Line, Line]:
    return (
        Line(start=(-half_width, -y), end=(half_width, -y), width=width),
        Line(start=(-half_width, y), end=(half_width, y), width=width),
    )


def _along(x: float, near: float, far: float, width: float) -> tuple[Line, Line]:
    return (
        Line(start=(x, -far), end=(x, -near), width=width),
        Line(start=(x, near), end=(x, far), width=width),
    )


COURTS: Mapping[SportName, Court] = {
    # ITF Rules of Tennis, rule 1 and appendix II.
    "tennis": Court(
        half_width=4.115,
        half_length=11.885,
        lines=(
            *_rectangle(5.485, 11.885, 0.05),
            *_along(-4.09, 0.0, 11.885, 0.05),
            *_along(4.09, 0.0, 11.885, 0.05),
            *_across(6.40, 4.115, 0.05),
            *_along(0.0, 0.0, 6.40, 0.05),
            *_along(0.0, 11.73, 11.885, 0.05),
        ),
        net=Net(half_width=6.40, middle=0.914, post=1.07, bottom=0.0, tape=0.06, mesh=0.045),
        clear=(9.1, 18.3),
    ),
    # BWF Laws of Badminton, law 1.
    "badminton": Court(
        half_width=3.05,
        half_length=6.70,
        lines=(
            *_rectangle(3.05, 6.70, 0.04),
            *_along(-2.57, 0.0, 6.70, 0.04),
            *_along(2.57, 0.0, 6.70, 0.04),
            *_across(2.0, 3.05, 0.04),
            *_across(5.90, 3.05, 0.04),
            *_along(0.0, 1.98, 6.70, 0.04),
        ),
        net=Net(half_width=3.05, middle=1.524, post=1.55, bottom=0.76, tape=0.075, mesh=0.02),
        clear=(5.4, 9.2),
    ),
    # FIVB Official Volleyball Rules, rules 1 and 2.
    "volleyball": Court(
        half_width=4.5,
        half_length=9.0,
        lines=(
            *_rectangle(4.5, 9.0, 0.05),
            *_across(2.975, 4.5, 0.05),
            Line(start=(-4.5, 0.0), end=(4.5, 0.0), width=0.05),
        ),
        net=Net(half_width=4.75, middle=2.43, post=2.43, bottom=1.43, tape=0.07, mesh=0.10),
        clear=(8.5, 14.5),
    ),
    # ITTF Handbook, laws 2.1 and 2.2; the playing area is 14 m x 7 m (3.2.3.1).
    "table_tennis": Court(
        half_width=0.7625,
        half_length=1.37,
        lines=(
            *_rectangle(0.7625, 1.37, 0.02),
            Line(start=(0.0, -1.37), end=(0.0, 1.37), width=0.004),
        ),
        net=Net(
            half_width=0.915, middle=0.9125, post=0.9125, bottom=0.76, tape=0.012, mesh=0.012, posts=False
        ),
        clear=(3.5, 7.0),
        height=0.76,
    ),
}
