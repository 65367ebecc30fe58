"""``key.sub=value`` on the command line."""

import re
from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs

from tracknet_core.config.locate import locate
from tracknet_core.config.merge import merge
from tracknet_core.config.problems import Place, Problem
from tracknet_core.config.tree import Entry, Items, Leaf, Node, Section

COMMAND_LINE = Place("command line")

_KEY = re.compile(r"[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*")


def split_arguments(arguments: Iterable[str]) -> tuple[list[Path], list[str]]:
    """Tell configuration files from overrides.

    Args:
        arguments: As they stand on the command line, in any order.

    Returns:
        The files, and the overrides: what has an ``=`` and is not the name of a file.
    """
    paths: list[Path] = []
    overrides: list[str] = []
    for argument in arguments:
        if "=" in argument and not Path(argument).is_file():
            overrides.append(argument)
        else:
            paths.append(Path(argument))
    return paths, overrides


def override_tree(overrides: Sequence[str]) -> tuple[Section, list[Problem]]:
    """Read overrides as if they were a file; of a key that occurs twice the last counts.

    Args:
        overrides: Such as ``training.optimizer.lr=1e-4``; the value is YAML.

    Returns:
        Their tree and what is wrong with them, all placed at ``command line:1:1``.
    """
    trees = [Section(place=COMMAND_LINE)]
    problems: list[Problem] = []
    for override in overrides:
        key, _, text = override.partition("=")
        if not _KEY.fullmatch(key):
            problem = Problem(
                key="",
                message=f"{override!r} does not name a key",
                remedy="Write key.sub=value, such as training.epochs=5.",
                place=COMMAND_LINE,
            )
            problems.append(problem)
            continue
        value, found = _value(key, text)
        problems += found
        trees.append(Section(place=COMMAND_LINE).put(key, Entry(value, COMMAND_LINE)))
    return merge(trees), problems


def _value(key: str, text: str) -> tuple[Node, list[Problem]]:
    """Read the value as that of a key in a document of its own."""
    tree, problems = locate(f"value: {text}", COMMAND_LINE.file)
    entry = tree.entries.get("value")
    node = entry.node if entry else Leaf(None, COMMAND_LINE)
    placed = [attrs.evolve(p, key=key + p.key.removeprefix("value"), place=COMMAND_LINE) for p in problems]
    return _at_command_line(node), placed


def _at_command_line(node: Node) -> Node:
    match node:
        case Leaf(value, _):
            return Leaf(value, COMMAND_LINE)
        case Items(nodes, _):
            return Items(tuple(_at_command_line(item) for item in nodes), COMMAND_LINE)
        case Section(entries, _):
            moved = {key: Entry(_at_command_line(e.node), COMMAND_LINE) for key, e in entries.items()}
            return Section(moved, COMMAND_LINE)
