"""A ball's motion as a Kalman filter with constant acceleration.

The constants are shares of the picture's diagonal and thirtieths of a second, so that one set of
them serves every resolution and frame rate; states are predicted by time, not by frames, so that
recordings that lost frames or vary their rate are followed too. Horizontal and vertical motion are
independent and equally uncertain: a state is ``[3, 2]`` (position, velocity and acceleration, by x and y, in
source px and thirtieths of a second) and one covariance ``[3, 3]`` serves both axes.

Reference: Bar-Shalom, Li and Kirubarajan, Estimation with Applications to Tracking and
Navigation, 2001, section 6.2 (motion driven by white noise).
"""

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

Array = NDArray[np.float64]

# Each entry of a matrix of motion is a factor times a power of the time.
MOVES = np.array([[1, 1, 1 / 2], [0, 1, 1], [0, 0, 1]])
MOVES_POWERS = np.array([[0, 1, 2], [0, 0, 1], [0, 0, 0]])
KICK = np.array([[1 / 3, 1 / 2, 0], [1 / 2, 1, 0], [0, 0, 0]])
KICK_POWERS = np.array([[3, 2, 0], [2, 1, 0], [0, 0, 0]])
JERK = np.array([[1 / 20, 1 / 8, 1 / 6], [1 / 8, 1 / 3, 1 / 2], [1 / 6, 1 / 2, 1]])
JERK_POWERS = np.array([[5, 4, 3], [4, 3, 2], [3, 2, 1]])


@frozen(kw_only=True)
class MotionConstants:
    """How balls move, in diagonals of the picture and thirtieths of a second.

    Attributes:
        measured: Standard deviation of a detected position.
        speed: Standard deviation of a newly found ball's velocity.
        acceleration: Standard deviation of its acceleration.
        kick: Root of the spectral density of velocity noise: bounces and hits.
        jerk: Root of the spectral density of acceleration noise: drag, spin and perspective.
    """

    measured: float = 0.0015
    speed: float = 0.03
    acceleration: float = 0.004
    kick: float = 0.003
    jerk: float = 0.0005


@frozen(kw_only=True, eq=False)
class Step:
    """Motion over some time, or over each of several times.

    Attributes:
        transition: ``F``, ``[..., 3, 3]``.
        noise: ``Q``, ``[..., 3, 3]``.
    """

    transition: Array
    noise: Array


@frozen(kw_only=True)
class MotionModel:
    """The filter's equations for one picture size.

    Attributes:
        diagonal: Of the picture, source px.
        constants: How balls move.
    """

    diagonal: float
    constants: MotionConstants = field(factory=MotionConstants)

    def step(self, time: Array | float) -> Step:
        """Return the motion over so much time, in thirtieths of a second; ``[...]`` for several."""
        t = np.asarray(time, np.float64)[..., None, None]
        kick = self.constants.kick**2 * KICK * t**KICK_POWERS
        jerk = self.constants.jerk**2 * JERK * t**JERK_POWERS
        return Step(transition=MOVES * t**MOVES_POWERS, noise=self.diagonal**2 * (kick + jerk))

    def born(self, position: Array) -> tuple[Array, Array]:
        """Return state and covariance of a ball first seen at ``position`` (source px, ``[2]``)."""
        spread = np.array([self.constants.measured, self.constants.speed, self.constants.acceleration])
        state = np.zeros((3, 2))
        state[0] = position
        return state, np.diag((self.diagonal * spread) ** 2)

    def innovation(self, covariance: Array) -> Array:
        """Variance along each axis of the next detection, px², for covariances ``[..., 3, 3]``."""
        return np.asarray(covariance[..., 0, 0] + (self.diagonal * self.constants.measured) ** 2)

    def update(self, state: Array, covariance: Array, position: Array) -> tuple[Array, Array]:
        """Correct a predicted state and covariance by a detection (source px, ``[2]``)."""
        gain = covariance[:, 0] / self.innovation(covariance)
        return state + gain[:, None] * (position - state[0]), covariance - np.outer(gain, covariance[0])


def predict(state: Array, covariance: Array, step: Step) -> tuple[Array, Array]:
    """Move a state ``[3, 2]`` and its covariance ``[3, 3]`` by one step."""
    return step.transition @ state, step.transition @ covariance @ step.transition.T + step.noise


def smooth(state: Array, covariance: Array, later: Array, step: Step) -> Array:
    """Correct a state by what was learned later (Rauch, Tung and Striebel, 1965).

    Args:
        state: Filtered or predicted state, ``[3, 2]``.
        covariance: Its covariance, ``[3, 3]``.
        later: State at the end of ``step``, ``[3, 2]``.
        step: Motion from the one to the other, without a detection in between.

    Returns:
        The smoothed state, ``[3, 2]``.
    """
    predicted, uncertain = predict(state, covariance, step)
    gain = np.linalg.solve(uncertain, step.transition @ covariance).T
    return np.asarray(state + gain @ (later - predicted))
