import os
import signal

import pytest

from tracknet_core.progress import Silent
from tracknet_core.training.signals import Stoppable, StoppedError, stop_on_signal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_signal_is_only_noted(number):
    with stop_on_signal(Silent()) as request:
        assert not request
        os.kill(os.getpid(), number)
        assert request
        assert request.signal == number


def test_the_second_signal_interrupts_at_once():
    with stop_on_signal(Silent()):
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_handlers_come_back():
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    with stop_on_signal(Silent()):
        assert signal.getsignal(signal.SIGINT) != before[0]
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


def test_stoppable_work_ends_between_two_units():
    with stop_on_signal(Silent()) as request, Stoppable(Silent(), request).task("") as task:
        task.advance()
        os.kill(os.getpid(), signal.SIGINT)
        with pytest.raises(StoppedError):
            task.advance()
