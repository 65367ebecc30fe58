"""From a tree to an instance of a section's class, finding every problem on the way."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Generic, TypeVar

import attrs
from attrs import frozen
from cattrs import BaseConverter

from tracknet_core.config.annotations import fields_of, in_words, is_literal, is_mapping, is_tuple, is_union
from tracknet_core.config.options import ABOVE, AT_LEAST, AT_MOST
from tracknet_core.config.problems import Problem
from tracknet_core.config.tree import Entry, Leaf, Node, Section
from tracknet_core.config.values import (
    FaultyError,
    read_anything,
    read_bool,
    read_float,
    read_int,
    read_literal,
    read_mapping,
    read_str,
    read_tuple,
    read_union,
    wrong,
)

T = TypeVar("T")

UNKNOWN = "unknown key"


@frozen(kw_only=True)
class Structured(Generic[T]):
    """What came of a section.

    Attributes:
        value: The instance, with defaults in the place of faulty keys; None when a key without a
            default is missing or faulty.
        problems: What is wrong with it; keys are relative to the section.
    """

    value: T | None
    problems: tuple[Problem, ...] = ()


def structure(node: Node, cls: type[T]) -> Structured[T]:
    """Read a section.

    Args:
        node: The section as it was written; null stands for an empty one.
        cls: attrs class of the section.

    Returns:
        The instance and all problems, none of which is raised.
    """
    try:
        return Structured(value=_CONVERTER.structure(node, cls))
    except FaultyError as faulty:
        kept: Any = faulty.kept
        return Structured(value=None if kept is attrs.NOTHING else kept, problems=faulty.problems)


def _section(node: Node, cls: type[Any]) -> Any:
    if isinstance(node, Leaf) and node.value is None:
        node = Section(place=node.place)
    if not isinstance(node, Section):
        raise wrong(node, cls)
    problems: list[Problem] = []
    values: dict[str, object] = {}
    attributes = {attribute.name: attribute for attribute in fields_of(cls)}
    for name, entry in node.entries.items():
        if name not in attributes:
            problems.append(Problem(key=name, message=UNKNOWN, place=entry.place))
            continue
        value, faults = _key(entry, attributes[name])
        problems += (p.under(name, entry.place) for p in faults)
        if value is not attrs.NOTHING:
            values[name] = value
    for name, attribute in attributes.items():
        if attribute.default is attrs.NOTHING and name not in node.entries:
            problems.append(
                Problem(key=name, message="is missing", remedy=f"Give {in_words(attribute.type)}.")
            )
    made, found = _made(cls, values, node)
    problems += found
    if problems:
        raise FaultyError(tuple(problems), made)
    return made


def _key(entry: Entry, attribute: "attrs.Attribute[Any]") -> tuple[object, tuple[Problem, ...]]:
    """The value of one key, and what is wrong with it; NOTHING when there is no value to keep."""
    try:
        return _CONVERTER.structure(entry.node, attribute.type or Any), ()
    except FaultyError as faulty:
        remedy = f"Write {in_words(attribute.type)}{_such_as(attribute.default)}."
        return faulty.kept, tuple(attrs.evolve(p, remedy=p.remedy or remedy) for p in faulty.problems)


def _such_as(default: object) -> str:
    if default is attrs.NOTHING or default is None or isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        return ""
    shown = list(default) if isinstance(default, tuple) else default
    return f", such as {str(shown).lower() if isinstance(shown, bool) else shown}"


def _made(cls: type[Any], values: Mapping[str, object], node: Section) -> tuple[object, list[Problem]]:
    """Make the instance; what a key's validator refuses falls back to the default."""
    problems: list[Problem] = []
    draft, found = _instance(cls, values, node)
    accepted = dict(values)
    for attribute in fields_of(cls):
        if draft is attrs.NOTHING or attribute.name not in values or attribute.validator is None:
            continue
        try:
            attribute.validator(draft, attribute, values[attribute.name])
        except (ValueError, TypeError) as error:
            place = node.entries[attribute.name].place
            message, remedy = str(error).rstrip("."), _bounds(attribute)
            problems.append(Problem(key=attribute.name, message=message, remedy=remedy, place=place))
            del accepted[attribute.name]
    return (_instance(cls, accepted, node)[0] if problems else draft), [*found, *problems]


def _instance(cls: type[Any], values: Mapping[str, object], node: Section) -> tuple[object, list[Problem]]:
    """Call the class without the validators of single keys, which are run one by one."""
    fields = fields_of(cls)
    if any(field.default is attrs.NOTHING and field.name not in values for field in fields):
        return attrs.NOTHING, []
    try:
        with attrs.validators.disabled():
            return cls(**{str(f.alias): values[f.name] for f in fields if f.name in values}), []
    except (ValueError, TypeError) as error:  # a rule of the class that spans several keys
        return attrs.NOTHING, [Problem(key="", message=str(error).rstrip("."), place=node.place)]


def _bounds(attribute: "attrs.Attribute[Any]") -> str:
    words = {AT_LEAST: "at least", AT_MOST: "at most", ABOVE: "more than"}
    said = [
        f"{word} {attribute.metadata[name]}" for name, word in words.items() if name in attribute.metadata
    ]
    return f"It must be {' and '.join(said)}." if said else ""


def _converter() -> BaseConverter:
    """cattrs, dispatching each annotation to the function that reads it."""
    converter = BaseConverter(detailed_validation=False)
    for scalar, read in ((str, read_str), (float, read_float), (int, read_int), (bool, read_bool)):
        converter.register_structure_hook(scalar, read)
    converter.register_structure_hook_func(lambda annotation: annotation in (Any, object), read_anything)
    converter.register_structure_hook_func(attrs.has, _section)
    converter.register_structure_hook_func(is_literal, read_literal)
    for matches, read_parts in ((is_mapping, read_mapping), (is_tuple, read_tuple), (is_union, read_union)):
        converter.register_structure_hook_func(matches, partial(read_parts, read=converter.structure))
    return converter


_CONVERTER = _converter()
