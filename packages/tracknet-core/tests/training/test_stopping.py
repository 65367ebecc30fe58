import pytest

from tracknet_core.config.schema import EarlyStoppingConfig
from tracknet_core.training.state import RunState
from tracknet_core.training.stopping import patience_is_over, record


def history_of(values, **config):
    """Which validations were best, and after how many of them training would stop."""
    early = EarlyStoppingConfig(enabled=True, **config)
    state, best, stopped = RunState(windows=1, steps_per_epoch=1, micro_batch_size=1), [], None
    for step, value in enumerate(values, start=1):
        best.append(record(value, step, early, state))
        if stopped is None and patience_is_over(early, state):
            stopped = step
    return best, stopped


def test_a_higher_f1_is_better_and_an_equal_one_is_not():
    assert history_of([0.1, 0.2, 0.2, 0.3])[0] == [True, True, False, True]


@pytest.mark.parametrize("monitor", ["loss", "rmse_px"])
def test_a_lower_loss_or_distance_is_better(monitor):
    assert history_of([3.0, 4.0, 2.0], monitor=monitor)[0] == [True, False, True]


def test_no_value_is_worse_than_any():
    assert history_of([None, None, 5.0, None], monitor="rmse_px")[0] == [True, False, True, False]


def test_patience_counts_validations_without_improvement():
    assert history_of([0.5, 0.4, 0.6, 0.5, 0.5, 0.5], patience=3)[1] == 6
    assert history_of([0.5, 0.4, 0.6, 0.5, 0.5], patience=3)[1] is None


def test_gains_below_min_delta_keep_the_best_but_not_the_patience():
    best, stopped = history_of([0.50, 0.51, 0.52], patience=2, min_delta=0.05)
    assert best == [True, True, True]
    assert stopped == 3


def test_gains_below_min_delta_add_up():
    assert history_of([0.50, 0.54, 0.58, 0.62], patience=2, min_delta=0.05)[1] is None


def test_a_disabled_one_never_stops():
    state = RunState(windows=1, steps_per_epoch=1, micro_batch_size=1, bad_epochs=100)
    assert not patience_is_over(EarlyStoppingConfig(enabled=False), state)
