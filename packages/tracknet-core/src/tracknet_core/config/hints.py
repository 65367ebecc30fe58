"""Which key was meant by one that is unknown."""

from collections.abc import Iterable, Sequence
from typing import Any

import attrs

from tracknet_core.config.layout import CORE_SECTIONS, TopConfig, dotted_keys
from tracknet_core.config.problems import Problem
from tracknet_core.config.structure import UNKNOWN
from tracknet_core.config.suggest import closest
from tracknet_core.descriptors import Backbone
from tracknet_core.known_plugins import known_names
from tracknet_core.registry import Registry

_MOST = 3
"""Places to name at most when a key exists elsewhere."""


def with_hints(
    problems: Iterable[Problem], backbone: Backbone[Any] | None, plugins: Registry
) -> list[Problem]:
    """Give the problems of unknown keys a remedy: the key that was meant, or those that are there."""
    keys = _all_keys(backbone, plugins)
    return [
        attrs.evolve(problem, remedy=_hint(problem.key, keys)) if problem.message == UNKNOWN else problem
        for problem in problems
    ]


def _hint(key: str, keys: Sequence[str]) -> str:
    parent, _, name = key.rpartition(".")
    siblings = [other.rpartition(".")[2] for other in keys if other.rpartition(".")[0] == parent]
    meant = [*closest(name, siblings), *_elsewhere(name, keys)]
    if meant:
        return f"Did you mean {' or '.join(repr(other) for other in meant)}?"
    return f"Take it out, or write one of {', '.join(sorted(siblings))}." if siblings else "Take it out."


def _elsewhere(name: str, keys: Sequence[str]) -> list[str]:
    """Where a key of this name exists, unless that is almost everywhere."""
    found = [key for key in keys if "." in key and key.rpartition(".")[2] == name]
    return found if len(found) <= _MOST else []


def _all_keys(backbone: Backbone[Any] | None, plugins: Registry) -> list[str]:
    sections = dict(CORE_SECTIONS)
    sections |= {adapter.section: adapter.config for adapter in plugins.adapters.values()}
    sections |= {quantizer.section: quantizer.config for quantizer in plugins.quantizers.values()}
    keys = [*dotted_keys(TopConfig), "backbone", *known_names("section")]
    for name, cls in sections.items():
        keys += [name, *dotted_keys(cls, name)]
    if backbone:
        keys += dotted_keys(backbone.config, "backbone")
    return list(dict.fromkeys(keys))
