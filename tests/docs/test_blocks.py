"""Every YAML and console block of the documentation does what the page says.

In a page's source:

- a ``yaml`` block is a configuration, or a part of one laid over a complete one, without errors;
- a ``yaml`` block with a caption is also a file of that name for the page's commands;
- a ``console`` block is run, all those of a page one after the other in one temporary folder. Each line
  after ``$`` is a command; the lines below it are what it must print, ``…`` standing for anything;
- ``<!-- exit: 2 -->`` above a console block is the exit code that its commands must have instead of 0;
- ``<!-- slow -->`` anywhere in a page moves the page's commands to the slow tests.

``make`` targets and installations are not repeated here: that they exist is checked, and CI runs them.
The Japanese migration guide shows one configuration in a ``bash`` block.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen
from markdown_it import MarkdownIt

from tracknet_core.config.problems import ConfigError, Severity
from tracknet_core.config.resolve import load_plan

ROOT = Path(__file__).resolve().parents[2]
PAGES = [
    ROOT / "README.md",
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if "_build" not in page.parts),
]
GUIDE = ROOT / "docs" / "ja" / "migration-guide.md"
COMPLETE = "model_name: vit_heatmap\nbackbone: {pretrained: false}\n"


@frozen(kw_only=True)
class Block:
    """A fenced block, with the caption in its options and the HTML comments right above it."""

    page: Path
    line: int
    language: str
    text: str
    caption: str | None
    comments: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks(page: Path) -> Iterator[Block]:
    comments: tuple[str, ...] = ()
    for token in MarkdownIt().parse(page.read_text(encoding="utf-8")):
        if token.type == "html_block":
            comments = tuple(re.findall(r"<!--\s*(.*?)\s*-->", token.content))
            continue
        if token.type == "fence":
            language = token.info.strip().removeprefix("{code-block} ")
            options, text = re.fullmatch(r"((?::[\w-]+:[^\n]*\n)*)\n?(.*)", token.content, re.DOTALL).groups()
            caption = re.search(r":caption: (\S+)", options)
            yield Block(
                page=page,
                line=token.map[0] + 1,
                language=language,
                text=text,
                caption=caption and caption[1],
                comments=comments,
            )
        comments = ()


@frozen
class Command:
    """A line after ``$`` and what must be printed below it."""

    line: str
    prints: tuple[str, ...]

    @property
    def is_run_elsewhere(self) -> bool:
        return self.line.startswith(("make ", "pip install ", "git clone "))


def commands(block: Block) -> Iterator[Command]:
    for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
        line, _, prints = re.sub(r"\\\n\s*", "", part).partition("\n")
        yield Command(line, tuple(prints.strip().splitlines()))


ALL = [block for page in PAGES for block in blocks(page)]
YAML = [b for b in ALL if b.language == "yaml" or (b.language == "bash" and b.page == GUIDE)]
CONSOLE_PAGES = [page for page in PAGES if any(b.page == page and b.language == "console" for b in ALL)]


def _marks(page: Path) -> list[pytest.MarkDecorator]:
    slow = "<!-- slow -->" in page.read_text(encoding="utf-8")
    return [pytest.mark.slow, pytest.mark.timeout(1800)] if slow else []


@pytest.mark.parametrize("block", YAML, ids=str)
def test_a_yaml_block_is_a_configuration(block: Block, tmp_path: Path) -> None:
    base, part = tmp_path / "complete.yaml", tmp_path / "block.yaml"
    base.write_text(COMPLETE, encoding="utf-8")
    part.write_text(block.text, encoding="utf-8")
    files = [part] if "model_name:" in block.text else [base, part]
    try:
        load_plan(files, machine=False)
    except ConfigError as error:
        errors = [p for p in error.problems if p.severity is Severity.ERROR]
        assert [str(p) for p in errors] == []


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, id=str(page.relative_to(ROOT)), marks=_marks(page)) for page in CONSOLE_PAGES],
)
def test_console_blocks_run(page: Path, tmp_path: Path) -> None:
    for block in blocks(page):
        if block.caption:
            (tmp_path / block.caption).write_text(block.text, encoding="utf-8")
        if block.language == "console":
            expected = next((int(c[5:]) for c in block.comments if c.startswith("exit:")), 0)
            for command in commands(block):
                if command.is_run_elsewhere:
                    _require_it_exists(command.line)
                else:
                    _run(block, command, tmp_path, expected)


def test_blocks_are_found_whole() -> None:
    assert [
        str(block) for block in ALL if not block.text.strip() and not block.language.startswith("{")
    ] == []
    assert len(YAML) > 10
    assert len(CONSOLE_PAGES) > 3


def _require_it_exists(line: str) -> None:
    words = shlex.split(line, comments=True)
    if words[0] == "make":
        subprocess.run(["make", "--dry-run", *words[1:]], cwd=ROOT, check=True, capture_output=True)
    for path in (word for word in words if word.startswith("./")):
        assert (ROOT / path / "pyproject.toml").is_file(), path


def _run(block: Block, command: Command, folder: Path, expected: int) -> None:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.line],
        cwd=folder,
        env=os.environ
        | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == expected, f"{block}: $ {command.line}\n{done.stdout}"
    rest = done.stdout
    for line in command.prints:
        pattern = ".*".join(re.escape(piece) for piece in line.split("…"))
        found = re.search(pattern, rest)
        assert found, f"{block}: $ {command.line}\nlacks {line!r} in\n{done.stdout}"
        rest = rest[found.end() :]
