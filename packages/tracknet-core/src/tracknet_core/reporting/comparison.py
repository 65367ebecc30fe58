"""A comparison of modes on disk: JSON for programs, Markdown and HTML for people."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from attrs import frozen

from tracknet_core.atomic import replace_file
from tracknet_core.reporting.comparison_text import Texts, notes, subject_text, texts_of
from tracknet_core.reporting.pages import template
from tracknet_core.training.compare.comparison import Comparison, write_comparison

MARKDOWN = "compare.md"
PAGE = "compare.html"
METRICS = "metrics.json"


@frozen(kw_only=True)
class Shown:
    """A comparison as its pages show it.

    Attributes:
        subject: What was measured, in a line or two.
        tables: Its tables.
        notes: What their columns mean.
    """

    subject: str
    tables: Sequence[Texts]
    notes: Sequence[str]


def shown(comparison: Comparison) -> Shown:
    """Lay a comparison out with all its columns."""
    subject = comparison.subject
    return Shown(
        subject=subject_text(subject),
        tables=[texts_of(table, subject, brief=False) for table in comparison.tables],
        notes=notes(comparison, brief=False),
    )


def write_comparison_files(comparison: Comparison, folder: Path) -> list[Path]:
    """Write ``compare.json`` and ``compare.md``, and show the tables on a page.

    Args:
        comparison: What was found.
        folder: Existing folder. If it is that of a finished run, its report is written again, which
            then shows the tables; any other gets a page of its own.

    Returns:
        The files written.
    """
    files = [write_comparison(comparison, folder), folder / MARKDOWN]
    _write(folder / MARKDOWN, markdown(comparison))
    if (folder / METRICS).is_file():
        from tracknet_core.reporting.report import write_report

        return [*files, write_report(folder)]
    name = f"Modes of training {comparison.subject.model}"
    _write(folder / PAGE, template("comparison.html").render(name=name, comparison=shown(comparison)))
    return [*files, folder / PAGE]


def markdown(comparison: Comparison) -> str:
    """Write a comparison as Markdown: the migration guide's columns, and more."""
    view = shown(comparison)
    parts = [f"# Modes of training {comparison.subject.model}", view.subject]
    for table in view.tables:
        parts += [f"## {table.title}", "\n".join(_table(table))]
        parts += [f"Not measured: {_escaped(obstacle)}" for obstacle in table.obstacles]
    return "\n\n".join([*parts, " ".join(view.notes)]) + "\n"


def _table(table: Texts) -> Iterator[str]:
    heads = [f"{column.title}, {column.unit}" if column.unit else column.title for column in table.columns]
    yield _row(heads)
    yield _row(["---", *("---:" for _ in heads[1:-1]), "---"])
    for row in table.rows:
        yield _row(["<br>".join(lines) for lines in row])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(_escaped(cell) for cell in cells)} |"


def _escaped(text: str) -> str:
    return text.replace("|", "\\|")


def _write(file: Path, text: str) -> None:
    with replace_file(file) as temporary:
        temporary.write_text(text, encoding="utf-8")
