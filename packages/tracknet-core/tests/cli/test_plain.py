"""Texts and paths reach a command as they were typed; typer reads the rest, and only if it is given."""

from pathlib import Path
from typing import Annotated, Literal

import pytest
import typer

from tracknet_core.cli.app import app as tracknet
from tracknet_core.cli.plain import PlainCommand, PlainGroup

Given = dict[str, object]


@pytest.fixture
def given() -> Given:
    return {}


@pytest.fixture
def app(given: Given) -> typer.Typer:
    made = typer.Typer(cls=PlainGroup, rich_markup_mode=None, add_completion=False)

    @made.callback()
    def root() -> None:
        """Nothing of its own."""

    @made.command("go", cls=PlainCommand)
    def go(
        words: Annotated[list[str], typer.Argument()],
        name: Annotated[str, typer.Option()] = "auto",
        folder: Annotated[Path | None, typer.Option()] = None,
        files: Annotated[list[Path] | None, typer.Option()] = None,
        count: Annotated[int | None, typer.Option(min=1)] = None,
        rate: Annotated[float, typer.Option()] = 30.0,
        kind: Annotated[Literal["fast", "exact"], typer.Option()] = "fast",
        there: Annotated[Path | None, typer.Option(exists=True)] = None,
        quiet: Annotated[bool, typer.Option("--quiet")] = False,
    ) -> None:
        given.update(locals())

    return made


def run(app: typer.Typer, *words: str) -> None:
    typer.main.get_command(app).main(args=["go", *words], standalone_mode=False)


def test_what_is_not_given_has_its_default(app: typer.Typer, given: Given) -> None:
    run(app, "a.yaml")
    assert given["words"] == ["a.yaml"]
    assert {name: given[name] for name in ("name", "folder", "count", "rate", "kind", "quiet")} == {
        "name": "auto",
        "folder": None,
        "count": None,
        "rate": 30.0,
        "kind": "fast",
        "quiet": False,
    }
    assert not given["files"]


def test_texts_and_paths_are_taken_as_they_are(app: typer.Typer, given: Given) -> None:
    run(app, "a.yaml", "lr=1e-4", "--name", " x ", "--folder", "not/there", "--files", "a", "--files", "b")
    assert given["words"] == ["a.yaml", "lr=1e-4"]
    assert given["name"] == " x "
    assert given["folder"] == Path("not/there")
    assert given["files"] == [Path("a"), Path("b")]


def test_numbers_and_choices_are_read_by_typer(app: typer.Typer, given: Given) -> None:
    run(app, "a", "--count", "3", "--rate", "25", "--kind", "exact", "--quiet")
    assert (given["count"], given["rate"], given["kind"], given["quiet"]) == (3, 25.0, "exact", True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--count", "0"), "count"),
        (("--count", "many"), "count"),
        (("--kind", "slow"), "slow"),
        (("--there", "no/such/folder"), "does not exist"),
    ],
)
def test_what_typer_refuses_is_still_refused(app: typer.Typer, words: tuple[str, ...], said: str) -> None:
    with pytest.raises(typer.TyperException) as refusal:
        run(app, "a", *words)
    assert said in refusal.value.format_message()


def test_a_word_that_must_be_there_is_still_missed(app: typer.Typer) -> None:
    with pytest.raises(typer.TyperException, match=r"(?i)missing"):
        run(app)


def test_every_command_is_plain() -> None:
    commands = typer.main.get_command(tracknet).commands
    assert [name for name, command in commands.items() if not isinstance(command, PlainCommand)] == []
