"""The filter finds constant acceleration exactly, and smoothing bridges a gap along it."""

import numpy as np
import pytest

from tracknet_core.tracking.kalman import MotionConstants, MotionModel, predict, smooth

MODEL = MotionModel(diagonal=1468.6)


def flight(times):
    """A ball in free fall, source px."""
    times = np.asarray(times, dtype=float)
    return np.stack([100 + 12 * times, 300 - 15 * times + 0.8 * times**2], axis=-1)


def follow(model, positions, times):
    state, covariance = model.born(positions[0])
    for (position, time), before in zip(list(zip(positions, times, strict=True))[1:], times, strict=False):
        state, covariance = predict(state, covariance, model.step(time - before))
        state, covariance = model.update(state, covariance, position)
    return state, covariance


def test_learns_velocity_and_acceleration():
    times = list(range(15))
    state, _ = follow(MODEL, flight(times), times)
    assert state[0] == pytest.approx(flight(14), abs=0.3)
    assert state[1] == pytest.approx([12, -15 + 1.6 * 14], abs=0.5)
    assert state[2] == pytest.approx([0, 1.6], abs=0.3)


def test_two_steps_are_one_step_of_twice_the_frames():
    state, covariance = MODEL.born(np.array([10.0, 20.0]))
    state[1:] = [[3.0, -4.0], [0.5, 0.25]]
    once = predict(state, covariance, MODEL.step(2))
    twice = predict(*predict(state, covariance, MODEL.step(1)), MODEL.step(1))
    np.testing.assert_allclose(once[0], twice[0])
    np.testing.assert_allclose(once[1], twice[1])


def test_steps_of_several_lengths_come_stacked():
    several = MODEL.step(np.array([0.5, 1.0, 3.25]))
    for index, time in enumerate((0.5, 1.0, 3.25)):
        np.testing.assert_allclose(several.transition[index], MODEL.step(time).transition)
        np.testing.assert_allclose(several.noise[index], MODEL.step(time).noise)


def test_twice_the_picture_is_twice_the_spread():
    small = MotionModel(diagonal=1000.0)
    large = MotionModel(diagonal=2000.0)
    np.testing.assert_allclose(large.step(3).noise, 4 * small.step(3).noise)
    np.testing.assert_allclose(large.born(np.zeros(2))[1], 4 * small.born(np.zeros(2))[1])
    assert large.innovation(np.zeros((3, 3))) == pytest.approx(4 * small.innovation(np.zeros((3, 3))))


def test_a_detection_leaves_less_uncertainty():
    state, covariance = predict(*MODEL.born(np.zeros(2)), MODEL.step(1))
    _, corrected = MODEL.update(state, covariance, np.ones(2))
    assert np.all(np.diag(corrected) < np.diag(covariance))
    assert np.all(np.linalg.eigvalsh(corrected) > 0)


def test_smoothing_bridges_a_gap_along_the_parabola():
    times = [*range(12), 16, 17, 18]
    before, uncertain = follow(MODEL, flight(times[:12]), times[:12])
    after, _ = follow(MODEL, flight(times), times)
    after_resumed, _ = follow(MODEL, flight(times[:13]), times[:13])
    for later, resumed in ((after, 18), (after_resumed, 16)):
        state, covariance = predict(before, uncertain, MODEL.step(3))
        bridged = smooth(state, covariance, later, MODEL.step(resumed - 14))[0]
        assert bridged == pytest.approx(flight(14), abs=0.5)


def test_smoothing_equals_the_posterior_of_a_joint_gaussian():
    """An independent check: condition the joint distribution of two times on a measured second."""
    model = MotionModel(diagonal=100.0, constants=MotionConstants(kick=0.05, jerk=0.01))
    state, covariance = model.born(np.array([5.0, 7.0]))
    step = model.step(3)
    predicted, uncertain = predict(state, covariance, step)
    measured = np.array([25.0, -3.0])
    later, _ = model.update(predicted, uncertain, measured)
    cross = covariance @ step.transition.T
    gain = cross[:, 0] / model.innovation(uncertain)
    expected = state + gain[:, None] * (measured - predicted[0])
    np.testing.assert_allclose(smooth(state, covariance, later, step), expected)
