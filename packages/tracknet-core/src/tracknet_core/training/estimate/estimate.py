"""How much memory a run takes, and what to change where that is too much."""

from collections.abc import Callable, Sequence
from functools import partial

from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.training.estimate.footprint import Footprint
from tracknet_core.training.estimate.libraries import libraries_bytes
from tracknet_core.training.estimate.outcomes import Outcomes
from tracknet_core.training.estimate.processes import in_processes
from tracknet_core.training.estimate.rehearsal import Rehearsal, rehearse
from tracknet_core.training.estimate.remedies import Remedy, Resolve, remedies
from tracknet_core.training.estimate.target import Target


@frozen(kw_only=True)
class Remedied:
    """A remedy and what it comes to.

    Attributes:
        remedy: What to change, on top of all remedies before it.
        footprint: What the run takes then; None where the remedy cannot be had.
    """

    remedy: Remedy
    footprint: Footprint | None = None

    def to_json(self) -> dict[str, object]:
        """Return the remedy's entry in what ``tracknet estimate --json`` prints."""
        return {
            "remedy": self.remedy.title,
            "overrides": list(self.remedy.overrides),
            "obstacle": self.remedy.obstacle,
            "peak_bytes": self.footprint and self.footprint.peak_bytes,
            "fits": bool(self.footprint and self.footprint.fits),
        }


@frozen(kw_only=True)
class Estimate:
    """What a run takes, and remedies if it does not fit.

    Attributes:
        footprint: Of the run as configured.
        remedies: In the order in which to try them, up to the first with which it fits.
    """

    footprint: Footprint
    remedies: tuple[Remedied, ...] = ()

    @property
    def needed(self) -> tuple[str, ...]:
        """What to add to the configuration so that it fits; nothing where no remedy is enough."""
        possible = [each for each in self.remedies if each.footprint]
        if not possible or not (possible[-1].footprint and possible[-1].footprint.fits):
            return ()
        values = dict(pair.split("=", 1) for each in possible for pair in each.remedy.overrides)
        return tuple(f"{key}={value}" for key, value in values.items())

    def to_json(self) -> dict[str, object]:
        """Return what ``tracknet estimate --json`` prints."""
        return {
            **self.footprint.to_json(),
            "remedies": [each.to_json() for each in self.remedies],
            "add": list(self.needed),
        }


def estimate(plan: Plan, target: Target, resolve: Resolve) -> Estimate:
    """Rehearse a run, and remedies if it does not fit.

    Args:
        plan: The run.
        target: Where it is to fit.
        resolve: Reads its configuration with more overrides.

    Raises:
        UserError: The plan does not fit together, or its model cannot be rehearsed.
        RunError: A rehearsal failed.
    """
    libraries = libraries_bytes(plan) if target.device == "cpu" else 0

    def footprint(rehearsal: Rehearsal) -> Footprint:
        return Footprint.of(rehearsal, target, libraries_bytes=libraries)

    def fits(rehearsal: Rehearsal) -> bool:
        return footprint(rehearsal).fits

    outcomes = Outcomes()
    counted = rehearse(plan, target.device, outcomes, resident=False)

    def work(plan: Plan) -> Callable[[], Rehearsal]:
        return partial(rehearse, plan, target.device, outcomes, resident=target.device == "cpu")

    [configured] = in_processes([work(plan)]) if target.device == "cpu" else [counted]
    if isinstance(configured, UserError):
        raise configured
    asked = footprint(configured)
    if asked.fits:
        return Estimate(footprint=asked)
    impossible: dict[str, str] = {}
    while True:
        listed = remedies(plan, target.device, resolve, impossible)
        works = [work(remedy.plan) for remedy in listed if remedy.plan]
        tried = in_processes(works, suffices=fits)
        results = list(tried)
        refused = _refused(listed, results)
        if not refused:
            return Estimate(footprint=asked, remedies=_remedied(listed, results, footprint))
        impossible |= refused


def _refused(listed: Sequence[Remedy], results: Sequence[Rehearsal | UserError]) -> dict[str, str]:
    """Name the first remedy that a rehearsal refused: all after it were tried on top of it."""
    tried = [remedy for remedy in listed if remedy.plan]
    for remedy, result in zip(tried, results, strict=False):
        if isinstance(result, UserError):
            return {remedy.title: str(result)}
    return {}


def _remedied(
    listed: Sequence[Remedy],
    results: Sequence[Rehearsal | UserError],
    footprint: Callable[[Rehearsal], Footprint],
) -> tuple[Remedied, ...]:
    """Put remedies and results together, up to the last that was tried."""
    found: list[Remedied] = []
    rehearsals = iter(results)
    for remedy in listed:
        if remedy.plan is None:
            found.append(Remedied(remedy=remedy))
            continue
        rehearsal = next(rehearsals, None)
        if not isinstance(rehearsal, Rehearsal):
            break
        found.append(Remedied(remedy=remedy, footprint=footprint(rehearsal)))
    return tuple(found)
