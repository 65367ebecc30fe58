"""Why a process failed, in one line."""

import signal

import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.training.compare.processes import do, reason_of


def test_a_killed_process_ran_out_of_memory():
    assert "Out of memory" in reason_of(-signal.SIGKILL, "some warning\n")


def test_other_signals_are_named():
    assert reason_of(-signal.SIGSEGV, "") == "The process was ended by SIGSEGV."


def test_the_last_line_is_the_error():
    assert reason_of(1, "a warning\nOut of memory with micro-batches of 1.\n") == (
        "Out of memory with micro-batches of 1."
    )


def test_a_process_that_said_nothing_has_its_exit_code():
    assert reason_of(3, " \n") == "The process ended with exit code 3."


def test_what_cannot_begin_is_the_users_to_mend(tmp_path):
    config = tmp_path / "config.yaml"
    config.write_text("model_name: nobodys\n", encoding="utf-8")
    with pytest.raises(UserError, match="nobodys"):
        do("train", config=config, folder=tmp_path, base=tmp_path / "base", steps=1)
