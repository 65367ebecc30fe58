"""Nothing that a user can write or read goes without its place in the built documentation."""

import html
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import attrs
import pytest

from tracknet_core import hookspecs
from tracknet_core.cli.app import app
from tracknet_core.config.annotations import fields_of
from tracknet_core.config.layout import CORE_SECTIONS, TopConfig, dotted_keys
from tracknet_core.config.options import HELP
from tracknet_core.data.label_csv import COLUMNS as LABEL_COLUMNS
from tracknet_core.inference.table import COLUMNS as BALL_COLUMNS
from tracknet_core.plugins import registry
from tracknet_core.training.history import COLUMNS as HISTORY_COLUMNS

DOCS = Path(__file__).resolve().parents[2] / "docs"


def _classes() -> list[tuple[str, type[Any]]]:
    """Every configuration class with the section that it reads."""
    plugins = (*registry().adapters.values(), *registry().quantizers.values())
    return [
        ("", TopConfig),
        *CORE_SECTIONS.items(),
        *(("backbone", backbone.config) for backbone in registry().backbones.values()),
        *((plugin.section, plugin.config) for plugin in plugins),
    ]


def _nested(cls: type[Any]) -> list[type[Any]]:
    inner = [a.type for a in fields_of(cls) if isinstance(a.type, type) and attrs.has(a.type)]
    return [cls, *(deeper for one in inner for deeper in _nested(one))]


MODES = {f"{quantizer.section}.mode" for quantizer in registry().quantizers.values()}
KEYS = sorted({key for section, cls in _classes() for key in dotted_keys(cls, section)} | MODES)
HOOKS = sorted(name for name in vars(hookspecs) if name.startswith("tracknet_"))
COMMANDS = sorted(command.name for command in app.registered_commands if command.name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built with warnings as errors."""
    built = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "sphinx",
            "--fail-on-warning",
            "--keep-going",
            "-q",
            "-b",
            "html",
            DOCS,
            built,
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return built


def test_every_key_has_its_entry(site: Path) -> None:
    page = _text(site / "reference" / "configuration.html", "dt", "h2")
    assert [key for key in KEYS if key not in page] == []


def test_every_key_says_what_it_is() -> None:
    silent = [
        f"{one.__name__}.{attribute.name}"
        for _, cls in _classes()
        for one in _nested(cls)
        for attribute in fields_of(one)
        if not attribute.metadata.get(HELP)
    ]
    assert silent == []


def test_every_command_has_its_entry(site: Path) -> None:
    headings = _text(site / "reference" / "commands.html", "h2")
    assert COMMANDS
    assert [name for name in COMMANDS if f"tracknet {name}" not in headings] == []


def test_every_option_of_every_command_says_what_it_does(site: Path) -> None:
    page = (site / "reference" / "commands.html").read_text(encoding="utf-8")
    rows = re.findall(r"<tr.*?>\s*<td>(.*?)</td>\s*<td>(.*?)</td>", page, re.DOTALL)
    assert rows
    assert [_plain(name) for name, meaning in rows if not _plain(meaning)] == []


def test_every_hook_has_its_entry_with_a_whole_plugin(site: Path) -> None:
    page = (site / "reference" / "hooks.html").read_text(encoding="utf-8")
    headings = _text(site / "reference" / "hooks.html", "h2")
    assert [name for name in HOOKS if name not in headings] == []
    assert page.count('<span class="nd">@hookimpl</span>') == len(HOOKS)


@pytest.mark.parametrize(
    ("page", "columns"),
    [
        ("data-format", LABEL_COLUMNS),
        ("files", BALL_COLUMNS),
        ("files", HISTORY_COLUMNS),
    ],
)
def test_every_column_of_a_file_is_explained(page: str, columns: tuple[str, ...]) -> None:
    text = (DOCS / "reference" / f"{page}.md").read_text(encoding="utf-8")
    assert [column for column in columns if f"`{column}`" not in text] == []


def test_every_decision_is_listed(site: Path) -> None:
    index = (site / "decisions" / "index.html").read_text(encoding="utf-8")
    decisions = [page.stem for page in (DOCS / "decisions").glob("0*.md")]
    assert decisions
    assert [name for name in decisions if f"{name}.html" not in index] == []


def _text(page: Path, *tags: str) -> set[str]:
    source = page.read_text(encoding="utf-8")
    found = (re.findall(rf"<{tag}[^>]*>(.*?)</{tag}>", source, re.DOTALL) for tag in tags)
    return {_plain(text).removesuffix("¶").strip() for texts in found for text in texts}


def _plain(fragment: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "", fragment)).strip()
