"""Progress is bars on a terminal and a line now and then elsewhere."""

import io
import re

import pytest

from tracknet_core.cli.console import LINE_EVERY, Console


class Clock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_without_a_terminal_there_is_a_line_every_few_seconds_whatever_the_number_of_tasks() -> None:
    clock, stream = Clock(), io.StringIO()
    console = Console(stream=stream, clock=clock)

    with console.task("epochs", total=2) as outer:
        for _ in range(2):
            with console.task("train", total=80) as inner:
                for _ in range(80):
                    clock.now += 0.125
                    inner.advance(1, loss=0.0123)
            outer.advance(1)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 20 / LINE_EVERY
    assert lines[0] == "train: 40/80, loss=0.0123, 8/s, 00:05 left"


def test_a_short_task_leaves_no_line() -> None:
    clock, stream = Clock(), io.StringIO()

    with Console(stream=stream, clock=clock).task("quick", total=3) as task:
        clock.now += 0.5
        task.advance(3)

    assert stream.getvalue() == ""


def test_an_unknown_length_shows_count_and_rate() -> None:
    clock, stream = Clock(), io.StringIO()

    with Console(stream=stream, clock=clock).task("frames") as task:
        clock.now += 10
        task.advance(30)

    assert stream.getvalue() == "frames: 30, 3/s\n"


def test_a_task_that_fails_lets_the_error_through() -> None:
    with pytest.raises(ValueError, match="inside"), Console(stream=io.StringIO()).task("t"):
        raise ValueError("inside")


def test_quiet_leaves_warnings_and_results(capsys: pytest.CaptureFixture[str]) -> None:
    stream = io.StringIO()
    console = Console(quiet=True, stream=stream)

    with console.task("frames", total=3) as task:
        task.advance(3, loss=1.0)
    console.say("a note")
    console.warn("a warning")
    console.result("a result")

    assert stream.getvalue() == "a warning\n"
    assert capsys.readouterr().out == "a result\n"


def test_messages_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    Console().say("a note")

    assert capsys.readouterr() == ("", "a note\n")


def test_on_a_terminal_bars_nest_and_notes_stand_above_them() -> None:
    stream = Terminal()
    console = Console(stream=stream)

    with console.task("epochs", total=2) as outer, console.task("train", total=4) as inner:
        inner.advance(2, loss=0.5)
        console.say("a note with [brackets]")
        outer.advance(1)
    with console.task("again", total=1) as task:
        task.advance(1)

    shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", stream.getvalue())
    assert "a note with [brackets]" in shown
    assert "epochs" in shown
    assert "again" in shown
