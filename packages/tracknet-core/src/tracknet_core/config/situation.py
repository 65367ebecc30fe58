"""A configuration whose single keys have been read, ready for the checks across them."""

from typing import Any

from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import Problem, Severity
from tracknet_core.config.tree import Section
from tracknet_core.descriptors import Backbone
from tracknet_core.registry import Registry


@frozen(kw_only=True)
class Situation:
    """What there is to check.

    Attributes:
        plan: The plan; keys in ``faulty`` hold their defaults.
        written: What the user wrote.
        backbone: The backbone's descriptor, if it is installed.
        plugins: What is installed.
        faulty: Dotted keys with errors, about which no more is said.
        machine: Whether to check what depends on this machine as well.
    """

    plan: Plan
    written: Section
    backbone: Backbone[Any] | None
    plugins: Registry
    faulty: frozenset[str]
    machine: bool

    def sound(self, *keys: str) -> bool:
        """Whether none of the keys, nor anything above or below them, is faulty."""
        return not any(
            fault == key or fault.startswith(f"{key}.") or key.startswith(f"{fault}.")
            for key in keys
            for fault in self.faulty
        )


def warning(key: str, message: str, remedy: str) -> Problem:
    """A problem that does not stop."""
    return Problem(key=key, message=message, remedy=remedy, severity=Severity.WARNING)
