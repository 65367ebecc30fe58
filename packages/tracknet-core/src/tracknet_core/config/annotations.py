"""What the annotations of a configuration class say, in words and as alternatives."""

import types
from collections.abc import Mapping
from typing import Any, Literal, Union, get_args, get_origin

import attrs

_ONE = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}
_MANY = {bool: "true or false", int: "whole numbers", float: "numbers", str: "texts"}


def fields_of(cls: type[Any]) -> "tuple[attrs.Attribute[Any], ...]":
    """The keys of a section class, their annotations resolved to types."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(attrs.resolve_types(cls))
    return fields


def is_union(annotation: Any) -> bool:
    """Whether an annotation is ``X | Y``."""
    return get_origin(annotation) in (Union, types.UnionType)


def is_tuple(annotation: Any) -> bool:
    """Whether an annotation is ``tuple[...]``."""
    return get_origin(annotation) is tuple


def is_literal(annotation: Any) -> bool:
    """Whether an annotation lists the values that it admits."""
    return get_origin(annotation) is Literal


def is_mapping(annotation: Any) -> bool:
    """Whether an annotation is a mapping with free keys."""
    return annotation in (dict, Mapping) or get_origin(annotation) in (dict, Mapping)


def is_homogeneous(annotation: Any) -> bool:
    """Whether a tuple may have any length."""
    return len(get_args(annotation)) == 2 and get_args(annotation)[1] is Ellipsis


def choices(annotation: Any) -> tuple[str, ...]:
    """The texts that an annotation admits by name."""
    if is_literal(annotation):
        return tuple(value for value in get_args(annotation) if isinstance(value, str))
    if is_union(annotation):
        return tuple(name for member in get_args(annotation) for name in choices(member))
    return ()


def in_words(annotation: Any) -> str:
    """What an annotation admits, such as ``2 whole numbers`` or ``one of gn, bn``."""
    if annotation in _ONE:
        return _ONE[annotation]
    if annotation is type(None):
        return "null"
    if is_literal(annotation):
        names = [str(v).lower() if isinstance(v, bool) else str(v) for v in get_args(annotation)]
        return names[0] if len(names) == 1 else f"one of {', '.join(names)}"
    if is_union(annotation):
        members = get_args(annotation)
        words = [in_words(m) for m in members if not (m is int and float in members)]
        return f"{', '.join(words[:-1])} or {words[-1]}"
    if is_tuple(annotation):
        members = get_args(annotation)
        plural = _MANY.get(members[0], "values")
        return f"a list of {plural}" if is_homogeneous(annotation) else f"{len(members)} {plural}"
    return "a section of keys" if is_mapping(annotation) or attrs.has(annotation) else "a value"
