"""From files and overrides to a Plan, with every problem found on the way."""

from collections.abc import Iterable, Sequence
from pathlib import Path

import attrs
from attrs import field, frozen

from tracknet_core.config.checks import cross_check
from tracknet_core.config.hints import with_hints
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, Problem, Severity, in_order
from tracknet_core.config.schema import DataConfig
from tracknet_core.config.sections import Sections, read_sections
from tracknet_core.config.situation import Situation
from tracknet_core.config.sources import Sources, gather
from tracknet_core.config.tree import Section
from tracknet_core.plugins import registry
from tracknet_core.registry import Registry


@frozen(kw_only=True)
class Resolution:
    """What came of a configuration.

    Attributes:
        plan: The plan, or None when an error stands in its way.
        data: The data section, also when errors stand elsewhere; None when one stands in it.
        problems: All errors and warnings, in the order of their places.
        written: What the user wrote.
    """

    plan: Plan | None
    data: DataConfig | None
    problems: tuple[Problem, ...]
    written: Section = field(repr=False)

    def with_problems(self, more: Iterable[Problem]) -> "Resolution":
        """Add problems that were found later, placed where their keys stand."""
        problems = in_order([*self.problems, *_placed(more, self.written)])
        return attrs.evolve(self, plan=None if _stops(problems) else self.plan, problems=problems)


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
    if any(problem.key == "" and problem.severity is Severity.ERROR for problem in problems):
        # A source is not there or not YAML: what else it says, and what it lacks, cannot be told.
        return Resolution(plan=None, data=None, problems=in_order(problems), written=tree)
    sections = read_sections(tree, plugins)
    problems = [*problems, *plugins.problems, *with_hints(sections.problems, sections.backbone, plugins)]
    plan = _plan(sections)
    situation = Situation(
        plan=plan,
        written=tree,
        backbone=sections.backbone,
        plugins=plugins,
        faulty=_faulty(problems),
        machine=machine,
    )
    everything = in_order(_placed([*problems, *cross_check(situation)], tree))
    return Resolution(
        plan=None if _stops(everything) else plan,
        data=plan.data if attrs.evolve(situation, faulty=_faulty(everything)).sound("data") else None,
        problems=everything,
        written=tree,
    )


def _faulty(problems: Iterable[Problem]) -> frozenset[str]:
    return frozenset(problem.key for problem in problems if problem.severity is Severity.ERROR)


def _stops(problems: Iterable[Problem]) -> bool:
    return any(problem.severity is Severity.ERROR for problem in problems)


def _placed(problems: Iterable[Problem], written: Section) -> list[Problem]:
    """Give each problem with a key the place where the key, or its nearest parent, stands."""
    return [
        attrs.evolve(problem, place=written.place_of(problem.key))
        if problem.key and problem.place is None
        else problem
        for problem in problems
    ]


def _plan(sections: Sections) -> Plan:
    """Put the parts together; keys that were faulty hold their defaults."""
    return Plan(
        **attrs.asdict(sections.top, recurse=False),
        **sections.core,
        backbone=sections.backbone_config,
        adapter=sections.adapter,
        quantizer=sections.quantizer,
    )
