"""What to do when a run does not fit, in the order of the migration guide."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from attrs import evolve, frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, Severity
from tracknet_core.training.savings import micro_batch_size, recomputes

SMALL_RANK = 8
"""Rank of an adapter that the guide goes down to."""

Resolve = Callable[[Sequence[str]], Plan]


@frozen(kw_only=True)
class Remedy:
    """A change of the configuration, on top of all remedies before it.

    Attributes:
        title: What it does.
        overrides: What to add to the configuration, each ``key=value``.
        plan: The run with it; None where it cannot be.
        obstacle: Why not.
    """

    title: str
    overrides: tuple[str, ...]
    plan: Plan | None = None
    obstacle: str | None = None


def remedies(plan: Plan, device: str, resolve: Resolve, impossible: Mapping[str, str]) -> list[Remedy]:
    """List what is left to do: quantize, lower the rank, recompute activations, split the batch.

    Args:
        plan: The run.
        device: ``cpu`` or ``cuda``.
        resolve: Reads the configuration with more overrides.
        impossible: Titles of remedies that were tried in vain, and why.
    """
    found: list[Remedy] = []
    taken: list[str] = []
    for step in (_quantize, _lower_rank, _recompute, _split):
        for title, overrides in step(plan, device):
            obstacle = impossible.get(title)
            if obstacle is None:
                try:
                    plan = resolve([*taken, *overrides])
                except ConfigError as error:
                    obstacle = _first_error(error)
            if obstacle is None:
                taken += overrides
            found.append(
                Remedy(
                    title=title,
                    overrides=tuple(overrides),
                    plan=None if obstacle else plan,
                    obstacle=obstacle,
                )
            )
    return found


Change = tuple[str, list[str]]


def _quantize(plan: Plan, device: str) -> Iterator[Change]:  # noqa: ARG001 - as its neighbours
    if plan.quantizer is not None:
        return
    if plan.adapter is None and not getattr(plan.backbone, "freeze", False):
        # Four-bit weights never train: without an adapter the backbone would learn nothing any more.
        yield "4-bit weights under LoRA", ["lora.enabled=true", "quantization.enabled=true"]
    else:
        yield "4-bit weights", ["quantization.enabled=true"]


def _lower_rank(plan: Plan, device: str) -> Iterator[Change]:  # noqa: ARG001
    if plan.adapter is not None and getattr(plan.adapter.config, "r", 0) > SMALL_RANK:
        yield f"rank {SMALL_RANK}", [f"{plan.adapter.section}.r={SMALL_RANK}"]


def _recompute(plan: Plan, device: str) -> Iterator[Change]:
    if not recomputes(plan, device):
        yield "activations computed again", ["training.gradient_checkpointing=true"]


def _split(plan: Plan, device: str) -> Iterator[Change]:
    if plan.decoder.norm == "bn":
        return  # it would see other batches
    size = micro_batch_size(plan, device)
    while size > plan.training.min_micro_batch_size:
        size = max(plan.training.min_micro_batch_size, size // 2)
        windows = "one window" if size == 1 else f"{size} windows"
        yield f"{windows} at a time", [f"training.micro_batch_size={size}"]


def _first_error(error: ConfigError) -> str:
    """Say the first error, without its place: the user did not write what is wrong."""
    problem = next(each for each in error.problems if each.severity is Severity.ERROR)
    return str(evolve(problem, place=None))
