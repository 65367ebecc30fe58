"""Errors are a line and an exit code, whatever happens."""

import os
import subprocess
import sys

import pytest
import typer

from tracknet_core.cli import main as entry
from tracknet_core.config.problems import ConfigError, Problem, RunError, UserError

HEAVY = {"torch", "transformers", "numpy", "cv2", "av", "peft", "matplotlib", "pydantic", "rich"}


def raises(error: BaseException) -> typer.Typer:
    """An application whose only command fails."""
    app = typer.Typer(rich_markup_mode=None)

    @app.callback()
    def root() -> None:
        """Nothing of its own."""

    @app.command()
    def fail() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "code", "says"),
    [
        (UserError("a.csv:3: 'x' is no number. Write one."), 2, "a.csv:3: 'x' is no number. Write one.\n"),
        (
            ConfigError([Problem(key="a.b", message="is wrong", remedy="Mend it.")]),
            2,
            "a.b: is wrong. Mend it.\n",
        ),
        (RunError("the disk is full"), 1, "the disk is full\n"),
        (KeyboardInterrupt(), 130, ""),
        (typer.Exit(3), 3, ""),
        (
            ZeroDivisionError("by\nzero"),
            1,
            "unexpected ZeroDivisionError: by zero. Run again with --traceback and report it.\n",
        ),
    ],
)
def test_an_exception_becomes_a_line_and_an_exit_code(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    says: str,
) -> None:
    monkeypatch.setattr(entry, "app", raises(error))

    assert entry.main(["fail"]) == code

    out, err = capsys.readouterr()
    assert out == ""
    assert err == says


@pytest.mark.parametrize("words", [["--traceback", "fail"], ["fail", "--traceback"]])
def test_traceback_works_anywhere(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    monkeypatch.setattr(entry, "app", raises(UserError("wrong")))

    assert entry.main(words) == 2

    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "in fail" in err
    assert err.endswith("\nwrong\n")


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["chek"], "No such command 'chek'. Did you mean 'check'"),
        (["check"], "Missing argument 'CONFIG|KEY=VALUE'"),
        (["check", "--jsn", "x"], "No such option: --jsn"),
        (["check", "absent.yaml"], "absent.yaml:1:1: there is no such file"),
    ],
)
def test_wrong_usage_is_a_line_and_code_two(
    capsys: pytest.CaptureFixture[str], words: list[str], says: str
) -> None:
    assert entry.main(words) == 2

    assert says in capsys.readouterr().err


def test_without_a_command_the_help_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.main([]) == 2

    out, err = capsys.readouterr()
    assert "Commands:" in out + err


def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tracknet_core", *words],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )


def test_the_module_is_the_command() -> None:
    result = run("--version")

    assert result.returncode == 0
    assert result.stdout.startswith("tracknet ")


def test_a_reader_that_leaves_early_is_no_error() -> None:
    script = f"{sys.executable} -m tracknet_core schema | head -c 11; exit ${{PIPESTATUS[0]}}"

    result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)

    assert result.stderr == ""
    assert result.stdout == '{\n  "$schem'


@pytest.mark.parametrize(
    ("words", "more"),
    [
        (["--help"], {"yaml", "cattrs"}),
        (["run", "--help"], {"yaml", "cattrs"}),
        (["--version"], {"yaml", "cattrs"}),
        (["plugins"], {"yaml", "cattrs"}),
        (["schema"], set()),
    ],
)
def test_help_and_what_tells_of_the_installation_import_nothing_heavy(
    words: list[str], more: set[str]
) -> None:
    script = (
        "import sys\n"
        "from tracknet_core.cli.main import main\n"
        f"assert main({words!r}) == 0\n"
        f"print(sorted({HEAVY | more!r} & set(sys.modules)), file=sys.stderr)"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert result.stderr == "[]\n"
