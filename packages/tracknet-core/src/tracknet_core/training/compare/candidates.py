"""Which modes are possible with a configuration, here."""

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve, frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, Severity
from tracknet_core.config.sources import Sources
from tracknet_core.training.compare.modes import AS_CONFIGURED, Mode, is_another, plan_of


@frozen(kw_only=True)
class Candidate:
    """A mode, and the plan to train in it.

    Attributes:
        mode: The mode.
        plan: None where it is impossible.
        obstacle: Why it is.
    """

    mode: Mode
    plan: Plan | None = None
    obstacle: str | None = None


def candidates(
    sources: Sources,
    plan: Plan,
    modes: Sequence[Mode],
    *,
    settings: Sequence[str],
    base: Path | None,
    needs_data: bool,
) -> list[Candidate]:
    """Resolve a configuration in each mode.

    Args:
        sources: The user's configuration.
        plan: What it resolves to; it comes last, as a mode of its own, if it trains something else
            than all modes.
        modes: The modes.
        settings: Overrides of how memory is saved.
        base: Folder of the base weights that were random, for a mode that needs files.
        needs_data: Whether the data must be there.
    """
    found: list[Candidate] = []
    for mode in [*modes, AS_CONFIGURED]:
        if mode is AS_CONFIGURED and not is_another(plan, [each.plan for each in found if each.plan]):
            continue
        try:
            resolved = plan_of(mode, sources, plan, settings=settings, base=base, needs_data=needs_data)
        except ConfigError as error:
            found.append(Candidate(mode=mode, obstacle=_first(error)))
        else:
            found.append(Candidate(mode=mode, plan=resolved))
    return found


def _first(error: ConfigError) -> str:
    """Say the first error, without its place: what is wrong was not written by the user."""
    problem = next(each for each in error.problems if each.severity is Severity.ERROR)
    return str(evolve(problem, place=None))
