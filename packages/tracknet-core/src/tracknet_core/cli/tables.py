"""Tables for terminals."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.table import Table

WIDTH = 100


def drawn(table: "Table", width: int = WIDTH) -> str:
    """Draw a table for a terminal of so many columns, without the empty lines around it."""
    from io import StringIO

    from rich.console import Console

    text = StringIO()
    Console(file=text, width=width).print(table)
    return "\n".join(line.rstrip() for line in text.getvalue().strip("\n").splitlines())
