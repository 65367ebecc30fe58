"""How single values, lists and free mappings are read: strictly.

A text is never a number, a fraction never a whole number, a number never a truth value.
"""

import math
from collections.abc import Callable
from typing import Any, TypeAlias, get_args

import attrs

from tracknet_core.config.annotations import choices, in_words, is_homogeneous
from tracknet_core.config.problems import Problem
from tracknet_core.config.suggest import did_you_mean
from tracknet_core.config.tree import Items, Leaf, Node, Section, plain

Read: TypeAlias = Callable[[Node, Any], Any]
"""Reads a node as an annotation says; raises FaultyError."""


class FaultyError(Exception):
    """A node that is not what the annotation asks for.

    Attributes:
        problems: What is wrong, with keys relative to the node.
        kept: What can be used all the same; ``attrs.NOTHING`` if nothing can.
    """

    def __init__(self, problems: tuple[Problem, ...], kept: object = attrs.NOTHING) -> None:
        super().__init__(problems)
        self.problems = problems
        self.kept = kept


def read_bool(node: Node, _: object) -> bool:
    """Read ``true`` or ``false``."""
    if isinstance(node, Leaf) and isinstance(node.value, bool):
        return node.value
    raise wrong(node, bool)


def read_int(node: Node, _: object) -> int:
    """Read a whole number."""
    if isinstance(node, Leaf) and isinstance(node.value, int) and not isinstance(node.value, bool):
        return node.value
    raise wrong(node, int)


def read_float(node: Node, _: object) -> float:
    """Read a finite number, whole or not."""
    value = node.value if isinstance(node, Leaf) else None
    if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
        return float(value)
    raise wrong(node, float)


def read_str(node: Node, _: object) -> str:
    """Read a text."""
    if isinstance(node, Leaf) and isinstance(node.value, str):
        return node.value
    raise wrong(node, str)


def read_literal(node: Node, annotation: Any) -> object:
    """Read one of the values that the annotation lists."""
    if isinstance(node, Leaf):
        for value in get_args(annotation):
            if type(value) is type(node.value) and value == node.value:
                return value
    raise wrong(node, annotation)


def read_anything(node: Node, _: object) -> object:
    """Read whatever stands there."""
    return plain(node)


def read_union(node: Node, annotation: Any, read: Read) -> object:
    """Read the first member that fits, a whole number as such before it is taken for a fraction."""
    if isinstance(node, Leaf) and node.value is None:
        if type(None) in get_args(annotation):
            return None
        raise wrong(node, annotation)
    members = [member for member in get_args(annotation) if member is not type(None)]
    whole = isinstance(node, Leaf) and isinstance(node.value, int)
    for member in sorted(members, key=lambda member: whole and member is not int):
        try:
            return read(node, member)
        except FaultyError:
            if len(members) == 1 and not isinstance(node, Leaf):
                raise
    raise wrong(node, annotation)


def read_tuple(node: Node, annotation: Any, read: Read) -> tuple[object, ...]:
    """Read a list; a single text stands for a list of one."""
    members = get_args(annotation)
    if is_homogeneous(annotation):
        if members[0] is str and isinstance(node, Leaf) and isinstance(node.value, str):
            return (node.value,)
        members = members[:1] * (len(node.nodes) if isinstance(node, Items) else 0)
    if not isinstance(node, Items) or len(node.nodes) != len(members):
        raise wrong(node, annotation)
    problems: list[Problem] = []
    values: list[object] = []
    for number, (item, member) in enumerate(zip(node.nodes, members, strict=True), start=1):
        try:
            values.append(read(item, member))
        except FaultyError as faulty:
            problems += (attrs.evolve(p, message=f"item {number}: {p.message}") for p in faulty.problems)
    if problems:
        raise FaultyError(tuple(problems))
    return tuple(values)


def read_mapping(node: Node, annotation: Any, read: Read) -> dict[str, object]:
    """Read a section with free keys."""
    if isinstance(node, Leaf) and node.value is None:
        return {}
    if not isinstance(node, Section):
        raise wrong(node, annotation)
    value = get_args(annotation)[1] if get_args(annotation) else Any
    values: dict[str, object] = {}
    problems: list[Problem] = []
    for name, entry in node.entries.items():
        try:
            values[name] = read(entry.node, value)
        except FaultyError as faulty:
            problems += (p.under(name, entry.place) for p in faulty.problems)
    if problems:
        raise FaultyError(tuple(problems))
    return values


def wrong(node: Node, annotation: Any) -> FaultyError:
    """Say what was expected and what is there instead."""
    remedy = ""
    match node:
        case Leaf(None, _):
            got, remedy = "nothing", "Give a value, or take the key out."
        case Leaf(bool(value), _):
            got = str(value).lower()
        case Leaf(str(value), _):
            got, remedy = f"the text {value!r}", did_you_mean(value, choices(annotation))
        case Leaf(value, _):
            got = str(value)
        case Items(nodes, _):
            got = f"a list of {len(nodes)}"
        case Section():
            got = "a section of keys"
    if annotation is str and isinstance(node, Leaf) and node.value is not None:
        remedy = f"Put it in quotes: '{got}'."
    if attrs.has(annotation):
        remedy = "Write its keys in lines below it."
    message = f"expected {in_words(annotation)}, got {got}"
    return FaultyError((Problem(key="", message=message, remedy=remedy),))
