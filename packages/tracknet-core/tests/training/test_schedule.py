import pytest

from tracknet_core.config.schema import SchedulerConfig
from tracknet_core.training.schedule import learning_rate_share, warmup_steps


def test_warm_up_rises_in_a_line_from_its_factor_to_the_peak():
    share = learning_rate_share(
        SchedulerConfig(warmup_epochs=2, warmup_start_factor=0.2), epochs=10, steps_per_epoch=5
    )
    assert share(0) == pytest.approx(0.2)
    assert share(5) == pytest.approx(0.6)
    assert share(10) == pytest.approx(1.0)


def test_warm_up_counts_fractions_of_epochs():
    assert warmup_steps(SchedulerConfig(warmup_epochs=0.5), epochs=10, steps_per_epoch=8) == 4


def test_the_documented_default_keeps_its_three_epochs():
    assert warmup_steps(SchedulerConfig(), epochs=20, steps_per_epoch=100) == 300


def test_a_run_shorter_than_two_warm_ups_spends_a_tenth_on_it():
    assert warmup_steps(SchedulerConfig(warmup_epochs=3), epochs=5, steps_per_epoch=100) == 50
    assert warmup_steps(SchedulerConfig(warmup_epochs=3), epochs=6, steps_per_epoch=100) == 300


def test_cosine_ends_at_zero_and_is_half_way_down_in_the_middle():
    share = learning_rate_share(SchedulerConfig(warmup_epochs=0), epochs=4, steps_per_epoch=5)
    assert share(0) == pytest.approx(1.0)
    assert share(10) == pytest.approx(0.5)
    assert share(20) == pytest.approx(0.0)


def test_constant_stays_at_the_peak():
    share = learning_rate_share(
        SchedulerConfig(name="constant", warmup_epochs=1), epochs=4, steps_per_epoch=5
    )
    assert [share(step) for step in (5, 12, 19)] == [1.0, 1.0, 1.0]
