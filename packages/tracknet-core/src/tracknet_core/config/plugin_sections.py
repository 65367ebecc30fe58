"""Reading the sections of adapters and quantizers, and saying why a section has no owner."""

from typing import Any

from attrs import frozen

from tracknet_core.config.annotations import fields_of
from tracknet_core.config.layout import DEFAULT_MODE, MODES, mode_of
from tracknet_core.config.problems import Problem
from tracknet_core.config.structure import UNKNOWN, structure
from tracknet_core.config.tree import Entry, Leaf, Node, Section, plain
from tracknet_core.descriptors import Adapter, Quantizer
from tracknet_core.known_plugins import distribution_of
from tracknet_core.registry import Registry


@frozen(kw_only=True)
class PluginRead:
    """What came of one section.

    Attributes:
        owner: The adapter or quantizer it belongs to, if there is one.
        config: Instance of the owner's class.
        problems: What is wrong with it.
    """

    owner: Adapter[Any] | Quantizer[Any] | None = None
    config: Any = None
    problems: tuple[Problem, ...] = ()

    @property
    def enabled(self) -> bool:
        """Whether the section switches its owner on."""
        return self.config is not None and bool(self.config.enabled)


def read_plugin_section(name: str, entry: Entry, plugins: Registry, model_name: str) -> PluginRead:
    """Read a section that neither core nor the backbone owns.

    Args:
        name: Its key at the top of the file.
        entry: The section.
        plugins: What is installed.
        model_name: The backbone's name, for messages.
    """
    adapter = next((a for a in plugins.adapters.values() if a.section == name), None)
    if adapter:
        return _read(adapter, name, entry)
    if any(quantizer.section == name for quantizer in plugins.quantizers.values()):
        return _quantizer(name, entry, plugins)
    return PluginRead(problems=_ownerless(name, entry, plugins, model_name))


def _read(owner: Adapter[Any] | Quantizer[Any], name: str, entry: Entry) -> PluginRead:
    result = structure(_without_foreign_mode(owner, entry.node), owner.config)
    problems = tuple(problem.under(name, entry.place) for problem in result.problems)
    return PluginRead(owner=owner, config=result.value, problems=problems)


def _without_foreign_mode(owner: Adapter[Any] | Quantizer[Any], node: Node) -> Node:
    """``mode`` chooses the quantizer; only some have it as a key of their own."""
    has_mode = any(attribute.name == "mode" for attribute in fields_of(owner.config))
    if isinstance(owner, Adapter) or has_mode or not isinstance(node, Section):
        return node
    return node.without("mode")


def _quantizer(name: str, entry: Entry, plugins: Registry) -> PluginRead:
    mode = entry.node.find("mode") if isinstance(entry.node, Section) else None
    value = mode.node.value if mode and isinstance(mode.node, Leaf) else DEFAULT_MODE
    chosen = MODES.get(str(value), str(value))
    quantizer = plugins.quantizers.get(chosen)
    if quantizer and quantizer.section == name:
        return _read(quantizer, name, entry)
    if _is_off(entry):
        return PluginRead()
    modes = [mode_of(q.name) for q in plugins.quantizers.values() if q.section == name]
    problem = plugins.missing("quantizer", chosen, modes, key=f"{name}.mode")
    return PluginRead(problems=(problem,))


def _ownerless(name: str, entry: Entry, plugins: Registry, model_name: str) -> tuple[Problem, ...]:
    """Say why a section belongs to nobody; one that is known and switched off needs no owner."""
    others = [backbone.name for backbone in plugins.backbones.values() if name in backbone.sections]
    if others:
        message = f"is a section of {' and '.join(others)}, not of {model_name}"
        return (Problem(key=name, message=message, remedy="Take it out.", place=entry.place),)
    distribution = distribution_of("section", name)
    if distribution is None:
        return (Problem(key=name, message=UNKNOWN, place=entry.place),)
    if _is_off(entry):
        return ()
    reason, remedy = plugins.absence(distribution)
    message = f"no installed plugin owns this section{reason}"
    return (Problem(key=name, message=message, remedy=remedy, place=entry.place),)


def _is_off(entry: Entry) -> bool:
    enabled = entry.node.find("enabled") if isinstance(entry.node, Section) else None
    return enabled is not None and plain(enabled.node) is False
