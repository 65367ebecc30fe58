"""Works in processes of their own."""

import os
import time
from functools import partial

import pytest

from tracknet_core.config.problems import RunError, UserError
from tracknet_core.training.estimate.processes import in_processes


def double(number: int) -> int:
    return 2 * number


def refuse() -> int:
    raise UserError("no")


def fail() -> int:
    raise RunError("it failed")


def vanish() -> int:
    os._exit(3)


def test_results_come_in_order() -> None:
    assert list(in_processes([partial(double, n) for n in range(5)])) == [0, 2, 4, 6, 8]


def test_nothing_comes_after_what_suffices() -> None:
    works = [partial(double, 1), partial(double, 2), partial(time.sleep, 3600)]
    assert list(in_processes(works, suffices=lambda n: n == 4)) == [2, 4]


def test_what_the_user_can_mend_is_a_result() -> None:
    first, second = in_processes([refuse, partial(double, 1)])
    assert isinstance(first, UserError)
    assert str(first) == "no"
    assert second == 2


def test_a_failure_is_raised_here() -> None:
    with pytest.raises(RunError, match="it failed"):
        list(in_processes([fail]))


def test_a_process_that_ends_without_a_word_has_failed() -> None:
    with pytest.raises(RunError, match="exit code 3"):
        list(in_processes([vanish]))
