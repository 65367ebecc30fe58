"""What each mode of training costs, as tables for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracknet_core.cli.tables import drawn

if TYPE_CHECKING:
    from tracknet_core.reporting.comparison_text import Texts
    from tracknet_core.training.compare.comparison import Comparison

WIDTH = 120

NAMES = 20
"""Characters for the names of modes; longer ones take several lines."""


def modes_text(comparison: "Comparison") -> str:
    """Lay a comparison out: what was measured, a table for each set of settings, what could not be."""
    from tracknet_core.reporting.comparison_text import notes, subject_text, texts_of

    subject = comparison.subject
    tables = [texts_of(table, subject, brief=True) for table in comparison.tables]
    parts = [part for table in tables for part in _parts(table)]
    return "\n".join([subject_text(subject), *parts, *notes(comparison, brief=True)])


def _parts(texts: "Texts") -> Iterator[str]:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    for number, column in enumerate(texts.columns):
        unit = f"\n{column.unit}" if column.unit else ""
        if number:
            table.add_column(f"{column.title}{unit}", justify="right", no_wrap=True)
        else:
            table.add_column(f"{column.title}{unit}", max_width=NAMES)
    for row in texts.rows:
        table.add_row(*("\n".join(lines) for lines in row))
    yield f"\n{texts.title}"
    yield drawn(table, WIDTH)
    for obstacle in texts.obstacles:
        yield f"not measured: {obstacle}"
