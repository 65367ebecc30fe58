import pytest
import torch

from tracknet_core.config.problems import RunError
from tracknet_core.training.meter import Meter
from tracknet_core.training.state import RunState


@pytest.fixture
def state():
    return RunState(windows=1, steps_per_epoch=1, micro_batch_size=1)


@pytest.fixture
def clock(monkeypatch):
    """Seconds that pass only when a test says so."""
    now = [0.0]
    monkeypatch.setattr("tracknet_core.training.meter.time.perf_counter", lambda: now[0])

    def wait(seconds):
        now[0] += seconds

    return wait


CPU = torch.device("cpu")


def test_the_loss_is_the_mean_since_the_last_reading(state):
    meter = Meter(state, CPU)
    for loss in (1.0, 3.0):
        meter.add(torch.tensor(loss), 4)
    assert meter.read().loss == 2.0
    meter.add(torch.tensor(5.0), 4)
    assert meter.read().loss == 5.0


def test_speed_leaves_pauses_out(state, clock):
    meter = Meter(state, CPU)
    meter.start()
    clock(2)
    meter.add(torch.tensor(1.0), 30)
    meter.pause()
    clock(100)
    meter.start()
    clock(1)
    assert meter.read().frames_per_second == 10
    assert (state.frames, state.seconds) == (30, 3)


def test_a_meter_goes_on_from_a_state(state):
    first = Meter(state, CPU)
    first.add(torch.tensor(1.0), 1)
    first.settle()
    second = Meter(state, CPU)
    second.add(torch.tensor(2.0), 1)
    assert second.read().loss == 1.5


def test_peeking_forgets_nothing(state):
    meter = Meter(state, CPU)
    meter.add(torch.tensor(1.0), 1)
    assert meter.peek().loss == meter.read().loss == 1.0


@pytest.mark.parametrize("loss", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_ends_the_run(state, loss):
    meter = Meter(state, CPU)
    meter.add(torch.tensor(loss), 1)
    with pytest.raises(RunError, match=r"optimizer\.lr"):
        meter.read()
