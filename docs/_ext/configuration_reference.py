"""The reference of the configuration: every key, from the classes that read it.

A key's default, allowed values, bounds and explanation all come from its declaration with
``option``, so the page cannot lag behind. Sections of plugins are those of the plugins installed
when the documentation is built.
"""

from collections.abc import Iterator
from typing import Any

import attrs
from attrs import frozen

from tracknet_core.config.annotations import fields_of, in_words
from tracknet_core.config.layout import CORE_SECTIONS, DEFAULT_MODE, TopConfig, mode_of
from tracknet_core.config.legacy import ALIASES, WITHOUT_EFFECT
from tracknet_core.config.options import ABOVE, AT_LEAST, AT_MOST, HELP
from tracknet_core.plugins import registry

BOUNDS = {AT_LEAST: "at least", AT_MOST: "at most", ABOVE: "more than"}


@frozen(kw_only=True)
class Section:
    """A section of the file.

    Attributes:
        heading: Its heading, which also names the target of links to it.
        key: Dotted key from the top of the file; empty for the top itself.
        cls: The class that reads it.
        mode: The value of ``mode`` that chooses a quantizer; None for what is no quantizer's.
    """

    heading: str
    key: str
    cls: type[Any]
    mode: str | None = None

    def anchor(self, name: str = "") -> str:
        """Name the target of links to the section or one of its keys."""
        words = f"config {self.heading} {name}".replace("(", " ").replace(")", " ")
        return "-".join(words.replace("_", " ").replace(".", " ").lower().split())


def sections() -> Iterator[Section]:
    """Find every section: the top, the backbones' own, core's, adapters' and quantizers'."""
    yield Section(heading="Top of the file", key="", cls=TopConfig)
    plugins = registry()
    for name, backbone in plugins.backbones.items():
        yield Section(heading=f"backbone ({name})", key="backbone", cls=backbone.config)
    for name, cls in CORE_SECTIONS.items():
        yield from _with_subsections(name, cls)
    for name, adapter in plugins.adapters.items():
        yield Section(heading=f"{adapter.section} ({name})", key=adapter.section, cls=adapter.config)
    for name, quantizer in plugins.quantizers.items():
        heading, key = f"{quantizer.section} ({name})", quantizer.section
        yield Section(heading=heading, key=key, cls=quantizer.config, mode=mode_of(name))


def keys(section: Section) -> "Iterator[attrs.Attribute[Any]]":
    """Give the keys of a section that are no sections themselves."""
    return (attribute for attribute in fields_of(section.cls) if _subsection(attribute) is None)


def configuration_page() -> str:
    """Write the reference of all sections as Markdown."""
    return "\n\n".join(_section(section) for section in sections())


def old_names_page() -> str:
    """Write the table of older spellings as Markdown."""
    rows = [f"| `{old}` | `{new}` |" for old, new in ALIASES.items()]
    rows += [f"| `{old}` | nothing: {reason} |" for old, reason in WITHOUT_EFFECT.items()]
    return "\n".join(["| written | read as |", "|---|---|", *rows])


def _with_subsections(key: str, cls: type[Any]) -> Iterator[Section]:
    yield Section(heading=key, key=key, cls=cls)
    for attribute in fields_of(cls):
        subsection = _subsection(attribute)
        if subsection is not None:
            yield from _with_subsections(f"{key}.{attribute.name}", subsection)


def _subsection(attribute: "attrs.Attribute[Any]") -> type[Any] | None:
    kind = attribute.type
    return kind if isinstance(kind, type) and attrs.has(kind) else None


def _section(section: Section) -> str:
    lines = [f"({section.anchor()})=", f"## {section.heading}", "", (section.cls.__doc__ or "").strip(), ""]
    if section.mode:
        lines += [
            f"`{section.key}.mode`{{#{section.anchor('mode')}}}",
            f": Which quantizer: `{section.mode}` names this one. Default: `{DEFAULT_MODE}`.",
            "",
        ]
    for attribute in keys(section):
        dotted = f"{section.key}.{attribute.name}".lstrip(".")
        admits = in_words(attribute.type)
        lines += [
            f"`{dotted}`{{#{section.anchor(attribute.name)}}}",
            f": {attribute.metadata.get(HELP, '')}",
            f"  {admits[0].upper()}{admits[1:]}{_bounds(attribute)}. {_default(attribute)}",
            "",
        ]
    return "\n".join(lines)


def _bounds(attribute: "attrs.Attribute[Any]") -> str:
    metadata = attribute.metadata
    bounds = [f"{word} {metadata[kind]}" for kind, word in BOUNDS.items() if kind in metadata]
    return f", {' and '.join(bounds)}" if bounds else ""


def _default(attribute: "attrs.Attribute[Any]") -> str:
    default = attribute.default
    if default is attrs.NOTHING:
        return "Required."
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    return f"Default: `{_as_yaml(default)}`."


def _as_yaml(value: object) -> str:
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, tuple | list):
        return f"[{', '.join(_as_yaml(item) for item in value)}]"
    return str(value)
