"""The reference of the hooks: every one, from its specification's docstring."""

import inspect
import textwrap
from collections.abc import Callable, Iterator

from tracknet_core import hookspecs


def hooks() -> Iterator[tuple[str, Callable[..., object]]]:
    """Name every hook with its specification, in the order of the file."""
    for name, function in vars(hookspecs).items():
        if name.startswith("tracknet_"):
            yield name, function


def hook_page() -> str:
    """Write the reference of all hooks as Markdown."""
    return "\n\n".join(_hook(name, function) for name, function in hooks())


def _hook(name: str, function: Callable[..., object]) -> str:
    summary, _, rest = (inspect.getdoc(function) or "").partition("\n\nExample::\n\n")
    example, _, _ = rest.partition("\n\nReturns:")
    answer = inspect.signature(function).return_annotation
    return (
        f"(hook-{name})=\n"
        f"## `{name}`\n\n"
        f"{summary}\n\n"
        f"Returns `{_spell(answer)}`. A whole plugin:\n\n"
        f"```python\n{textwrap.dedent(example).rstrip()}\n```"
    )


def _spell(annotation: object) -> str:
    return (
        str(annotation)
        .replace("collections.abc.", "")
        .replace("tracknet_core.descriptors.", "")
        .replace("typing.", "")
    )
