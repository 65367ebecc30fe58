"""Options that take several values, so that a shell's ``*.csv`` can follow them."""

from collections.abc import Sequence
from typing import Any

from tracknet_core.cli.plain import PlainCommand


class VariadicCommand(PlainCommand):
    """A command whose repeatable options also take all words up to the next option.

    ``--labels a b --json`` is read as ``--labels a --labels b --json``.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Repeat the option before every further value, then parse as usual."""
        repeatable = {
            name for option in self.params if getattr(option, "multiple", False) for name in option.opts
        }
        return super().parse_args(ctx, spread(args, repeatable))


def spread(words: Sequence[str], repeatable: set[str]) -> list[str]:
    """Give each value of a repeatable option an option of its own."""
    result: list[str] = []
    current, values = "", 0
    for word in words:
        if word.startswith("-"):
            current, values = (word if word in repeatable else ""), 0
        elif current:
            result += [current] if values else []
            values += 1
        result.append(word)
    return result
