"""From files and overrides to a Plan, with every problem found on the way."""

from collections.abc import Sequence
from pathlib import Path

import attrs
from attrs import frozen

from tracknet_core.config.checks import cross_check
from tracknet_core.config.hints import with_hints
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, Problem, Severity, in_order
from tracknet_core.config.sections import Sections, read_sections
from tracknet_core.config.situation import Situation
from tracknet_core.config.sources import Sources, gather
from tracknet_core.plugins import registry
from tracknet_core.registry import Registry


@frozen(kw_only=True)
class Resolution:
    """What came of a configuration.

    Attributes:
        plan: The plan, or None when an error stands in its way.
        problems: All errors and warnings, in the order of their places.
    """

    plan: Plan | None
    problems: tuple[Problem, ...]


def load_plan(
    paths: Sequence[str | Path],
    overrides: Sequence[str] = (),
    data: str | Path | None = None,
    training: str | Path | None = None,
    *,
    strict: bool = False,
    machine: bool = True,
) -> tuple[Plan, tuple[Problem, ...]]:
    """Read a configuration that is to be run.

    Args:
        paths: YAML files, laid over one another from left to right.
        overrides: ``key.sub=value``, which win over all files.
        data: A file of old installations that holds the keys of ``data``.
        training: A file of old installations that holds the keys of ``training``.
        strict: Whether warnings stop as errors do.
        machine: Whether to check what depends on this machine as well: data folders, GPU and
            weights. False for a finished run's own file.

    Returns:
        The plan, and the warnings.

    Raises:
        ConfigError: At least one error was found; it carries all problems.
    """
    sources = Sources(
        paths=[Path(path) for path in paths],
        data=Path(data) if data else None,
        training=Path(training) if training else None,
        overrides=overrides,
    )
    resolution = resolve(sources, registry(), machine=machine)
    if resolution.plan is None:
        raise ConfigError(resolution.problems)
    if strict and resolution.problems:
        raise ConfigError([attrs.evolve(p, severity=Severity.ERROR) for p in resolution.problems])
    return resolution.plan, resolution.problems


def resolve(sources: Sources, plugins: Registry, *, machine: bool = True) -> Resolution:
    """Read a configuration and find everything that is wrong with it.

    Args:
        sources: Where it stands.
        plugins: What is installed.
        machine: Whether to check what depends on this machine as well.

    Returns:
        The plan if there are no errors, and all problems.
    """
    tree, problems = gather(sources)
    sections = read_sections(tree, plugins)
    problems += [*plugins.problems, *with_hints(sections.problems, sections.backbone, plugins)]
    plan = _plan(sections)
    faulty = frozenset(p.key for p in problems if p.severity is Severity.ERROR)
    situation = Situation(
        plan=plan, written=tree, backbone=sections.backbone, plugins=plugins, faulty=faulty, machine=machine
    )
    problems += cross_check(situation)
    placed = in_order(
        attrs.evolve(p, place=p.place or tree.place_of(p.key)) if p.key else p for p in problems
    )
    stopped = any(problem.severity is Severity.ERROR for problem in placed)
    return Resolution(plan=None if stopped else plan, problems=placed)


def _plan(sections: Sections) -> Plan:
    """Put the parts together; keys that were faulty hold their defaults."""
    return Plan(
        **attrs.asdict(sections.top, recurse=False),
        **sections.core,
        backbone=sections.backbone_config,
        adapter=sections.adapter,
        quantizer=sections.quantizer,
    )
