"""From the tree of a whole configuration to the instances of its sections."""

from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from tracknet_core.config.layout import CORE_SECTIONS, TopConfig, top_keys
from tracknet_core.config.plan import PluginSection
from tracknet_core.config.plugin_sections import PluginRead, read_plugin_section
from tracknet_core.config.problems import ConfigError, Problem
from tracknet_core.config.structure import structure
from tracknet_core.config.tree import Entry, Leaf, Section
from tracknet_core.descriptors import Adapter, Backbone, Quantizer
from tracknet_core.registry import Registry


@frozen(kw_only=True)
class Sections:
    """What a configuration holds, faulty keys at their defaults.

    Attributes:
        top: The keys outside of sections; ``model_name`` is empty when it is missing.
        core: The sections that core owns, by name.
        backbone: The backbone that ``model_name`` names, if it is installed.
        backbone_config: Its section; None without a backbone, or when it cannot be made.
        adapter: The enabled adapter, if any.
        quantizer: The enabled quantizer, if any.
        problems: Everything that is wrong with single keys.
    """

    top: TopConfig
    core: Mapping[str, Any]
    backbone: Backbone[Any] | None
    backbone_config: Any
    adapter: PluginSection | None
    quantizer: PluginSection | None
    problems: tuple[Problem, ...] = field(repr=False)


def read_sections(tree: Section, plugins: Registry) -> Sections:
    """Read a configuration.

    Args:
        tree: All sources as one.
        plugins: What is installed.
    """
    problems = _claims_on_core(plugins)
    top = _top(tree, problems)
    backbone = _backbone(top.model_name, plugins, problems)
    config = _backbone_config(backbone, tree, problems) if backbone else None
    core = {name: _core_section(name, cls, tree, problems) for name, cls in CORE_SECTIONS.items()}
    taken = {*top_keys(), *CORE_SECTIONS, "backbone", *_backbone_sections(backbone, plugins)}
    reads = {
        name: read_plugin_section(name, entry, plugins, top.model_name)
        for name, entry in tree.entries.items()
        if name not in taken
    }
    for read in reads.values():
        problems += read.problems
    return Sections(
        top=top,
        core=core,
        backbone=backbone,
        backbone_config=config,
        adapter=_the_one(Adapter, reads, problems),
        quantizer=_the_one(Quantizer, reads, problems),
        problems=tuple(problems),
    )


def _claims_on_core(plugins: Registry) -> list[Problem]:
    """An adapter or quantizer must have a section of its own."""
    taken = {*top_keys(), *CORE_SECTIONS, "backbone"}
    parts: list[Adapter[Any] | Quantizer[Any]] = [*plugins.adapters.values(), *plugins.quantizers.values()]
    return [
        Problem(
            key="",
            message=f"{part.name!r} claims the section {part.section!r}, which is core's",
            remedy="Uninstall its plugin, or name it in TRACKNET_DISABLE_PLUGINS.",
        )
        for part in parts
        if part.section in taken
    ]


def _top(tree: Section, problems: list[Problem]) -> TopConfig:
    keys = Section({name: entry for name, entry in tree.entries.items() if name in top_keys()}, tree.place)
    result = structure(keys, TopConfig)
    problems += result.problems
    top = result.value or TopConfig()
    if not top.model_name and all(problem.key != "model_name" for problem in result.problems):
        remedy = "Name a backbone: model_name: vit_heatmap."
        problems.append(Problem(key="model_name", message="is missing", remedy=remedy))
    return top


def _backbone(name: str, plugins: Registry, problems: list[Problem]) -> Backbone[Any] | None:
    if not name:
        return None
    try:
        return plugins.backbone(name)
    except ConfigError as error:
        problems += error.problems
        return None


def _backbone_config(backbone: Backbone[Any], tree: Section, problems: list[Problem]) -> Any:
    """Read ``backbone:``, with the sections at the top that its class has as keys."""
    entry = tree.find("backbone") or Entry(Section(place=tree.place), tree.place)
    node = Section(place=entry.place) if entry.node == Leaf(None, entry.node.place) else entry.node
    if isinstance(node, Section):
        for name in backbone.sections:
            if misplaced := node.find(name):
                message, remedy = "stands at the top of the file", f"Move {name} out of backbone."
                key = f"backbone.{name}"
                problems.append(Problem(key=key, message=message, remedy=remedy, place=misplaced.place))
            grafted = tree.find(name)
            node = node.put(name, grafted) if grafted else node.without(name)
    result = structure(node, backbone.config)
    for problem in result.problems:
        at_top = problem.key.partition(".")[0] in backbone.sections
        problems.append(problem if at_top else problem.under("backbone", entry.place))
    return result.value


def _backbone_sections(backbone: Backbone[Any] | None, plugins: Registry) -> tuple[str, ...]:
    """Sections beside ``backbone:`` that are the backbone's; of an unknown one, all that could be."""
    if backbone:
        return backbone.sections
    installed = {name for other in plugins.backbones.values() for name in other.sections}
    owned = {a.section for a in plugins.adapters.values()} | {q.section for q in plugins.quantizers.values()}
    return tuple((installed | {"fpn"}) - owned)


def _core_section(name: str, cls: type[Any], tree: Section, problems: list[Problem]) -> Any:
    entry = tree.find(name) or Entry(Section(place=tree.place), tree.place)
    result = structure(entry.node, cls)
    problems += (problem.under(name, entry.place) for problem in result.problems)
    return result.value or cls()


def _the_one(
    kind: type[Adapter[Any]] | type[Quantizer[Any]], reads: Mapping[str, PluginRead], problems: list[Problem]
) -> PluginSection | None:
    """The enabled adapter or quantizer, of which there can be only one."""
    enabled = {name: read for name, read in reads.items() if isinstance(read.owner, kind) and read.enabled}
    for name in list(enabled)[1:]:
        first = next(iter(enabled))
        message = f"{first} is enabled as well, and there can be only one {kind.__name__.lower()}"
        problems.append(Problem(key=name, message=message, remedy="Set enabled: false in one of them."))
    for name, read in enabled.items():
        if read.owner:
            return PluginSection(name=read.owner.name, section=name, config=read.config)
    return None
