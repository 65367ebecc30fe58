"""How a plain (unquoted) YAML scalar is read.

The rules are those of YAML 1.2's core schema, so that ``1e-4`` is a number and neither ``12:30``
nor ``2024-01-31`` nor ``007`` turns into something else than what is written. ``yes``, ``no``,
``on`` and ``off`` are read as PyYAML reads them, and flagged where they occur.
"""

import re

import yaml

from tracknet_core.config.tree import Scalar

_TAG = "tag:yaml.org,2002:"
_FIRST_OF_NUMBER = list("-+.0123456789")
_RESOLVERS: tuple[tuple[str, str, list[str]], ...] = (
    ("merge", r"<<", ["<"]),
    ("null", r"~|null|Null|NULL|", ["~", "n", "N", ""]),
    (
        "bool",
        r"true|True|TRUE|false|False|FALSE|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF",
        list("tTfFyYnNoO"),
    ),
    ("int", r"[-+]?(0|[1-9][0-9_]*)|0x[0-9a-fA-F]+|0o[0-7]+|0b[01]+", _FIRST_OF_NUMBER),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[1-9][0-9]*|0)([eE][-+]?[0-9]+)?", _FIRST_OF_NUMBER),
    ("float", r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", _FIRST_OF_NUMBER),
)

MERGE = f"{_TAG}merge"


class Loader(yaml.SafeLoader):
    """PyYAML's parser with the rules above."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - PyYAML's way


class Dumper(yaml.SafeDumper):
    """PyYAML's writer, with lists of single values on one line.

    It quotes a text that either set of rules would read as something else.
    """

    def represent_flat(self, data: list[object]) -> yaml.SequenceNode:
        """Write ``[2, 2, 2]`` on one line, and a list of lists or mappings on several."""
        nested = any(isinstance(item, list | dict) for item in data)
        return self.represent_sequence(f"{_TAG}seq", data, flow_style=not nested)

    def represent_text(self, data: str) -> yaml.ScalarNode:
        """Escape what PyYAML would fold away, such as the line separators of Unicode."""
        return self.represent_scalar(f"{_TAG}str", data, style=None if data.isprintable() else '"')


Dumper.add_representer(list, Dumper.represent_flat)
Dumper.add_representer(str, Dumper.represent_text)

for _name, _pattern, _first in _RESOLVERS:
    _compiled = re.compile(rf"^(?:{_pattern})$")
    Loader.add_implicit_resolver(_TAG + _name, _compiled, _first)
    Dumper.add_implicit_resolver(_TAG + _name, _compiled, _first)


def construct(tag: str, text: str) -> Scalar:
    """Turn the text of a scalar into its value.

    Args:
        tag: The tag that was resolved or written.
        text: The scalar's text, without quotes.

    Raises:
        ValueError: The text is no such value, or nobody here reads such a tag.
    """
    match tag.removeprefix(_TAG):
        case "str" | "merge":
            return text
        case "null":
            return None
        case "bool":
            return _bool(text)
        case "int":
            return int(text.replace("_", ""), 0)
        case "float":
            return float(text.replace(".inf", "inf").replace(".nan", "nan") if text[-1:].isalpha() else text)
    raise ValueError(f"the tag {tag.replace(_TAG, '!!')} means nothing here")


def is_odd_bool(tag: str, text: str) -> bool:
    """Whether a scalar is ``yes``, ``no``, ``on`` or ``off``, which YAML 1.2 reads as text."""
    return tag == f"{_TAG}bool" and text.lower() not in ("true", "false")


def _bool(text: str) -> bool:
    if text.lower() in ("true", "yes", "on"):
        return True
    if text.lower() in ("false", "no", "off"):
        return False
    raise ValueError(f"{text!r} is neither true nor false")
