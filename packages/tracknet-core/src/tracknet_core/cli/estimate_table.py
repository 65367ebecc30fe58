"""What a run takes, as tables for people."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tracknet_core.cli.tables import drawn

if TYPE_CHECKING:
    from tracknet_core.config.plan import Plan
    from tracknet_core.training.estimate.estimate import Estimate, Remedied
    from tracknet_core.training.estimate.footprint import Footprint

NAMES = {
    "weights": "weights",
    "adapter": "adapter",
    "gradients": "gradients",
    "optimizer_state": "optimizer state",
    "activations": "activations",
    "workspace": "workspace",
    "data": "data",
    "allocator": "holes that the heap keeps",
    "libraries": "Python and libraries",
    "cuda": "CUDA itself (assumed)",
}
"""What the parts of an estimate are called."""


def estimate_text(estimate: "Estimate", plan: "Plan") -> str:
    """Lay an estimate out: the parts, what trains, the verdict, and remedies."""
    footprint = estimate.footprint
    lines = [_parts(footprint, plan), _facts(footprint), _verdict(footprint)]
    if estimate.remedies:
        lines += [_remedies(estimate), _advice(estimate)]
    return "\n".join(lines)


def _parts(footprint: "Footprint", plan: "Plan") -> str:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    rehearsal = footprint.rehearsal
    when = "while the model is loaded" if rehearsal.while_loading else "in training"
    windows = f"{rehearsal.windows} of {plan.training.batch_size} windows at a time"
    savings = ", activations computed again" if rehearsal.recomputes else ""
    table = Table(box=SIMPLE_HEAD)
    table.add_column(f"{windows}, {plan.training.precision}{savings}")
    table.add_column("MiB", justify="right")
    for part, size in footprint.parts.items():
        if size:
            table.add_row(NAMES[part], _mib(size))
    table.add_section()
    table.add_row(f"peak, {when}", _mib(footprint.peak_bytes))
    return drawn(table)


def _facts(footprint: "Footprint") -> str:
    rehearsal = footprint.rehearsal
    trainable, total = rehearsal.trainable_parameters, rehearsal.total_parameters
    return (
        f"trains {trainable:,} of {total:,} parameters ({trainable / total:.2%}); "
        f"a checkpoint takes {_mib(rehearsal.checkpoint_bytes)} MiB"
    )


def _verdict(footprint: "Footprint") -> str:
    available = footprint.target.memory_bytes
    if available is None:
        return f"nobody knows the size of {footprint.target}"
    if not footprint.fits:
        return f"does not fit {footprint.target}: {_mib(footprint.peak_bytes - available)} MiB too much"
    left = available - footprint.peak_bytes
    close = ", less than an estimate may be wrong by" if left < footprint.peak_bytes / 10 else ""
    return f"fits {footprint.target}, {_mib(left)} MiB left{close}"


def _remedies(estimate: "Estimate") -> str:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD)
    table.add_column("remedy, on top of those above it", overflow="fold")
    table.add_column("add", overflow="fold")
    table.add_column("peak, MiB", justify="right")
    for each in estimate.remedies:
        table.add_row(each.remedy.title, "\n".join(each.remedy.overrides), _peak(each))
    return "\n".join([f"\n{drawn(table)}", *_obstacles(estimate)])


def _peak(each: "Remedied") -> str:
    if each.footprint is None:
        return "-"
    return f"{_mib(each.footprint.peak_bytes)}{' fits' if each.footprint.fits else ''}"


def _obstacles(estimate: "Estimate") -> Iterator[str]:
    for each in estimate.remedies:
        if each.remedy.obstacle:
            yield f"{each.remedy.title}: {each.remedy.obstacle}"


def _advice(estimate: "Estimate") -> str:
    if estimate.needed:
        return f"to make it fit, add: {' '.join(estimate.needed)}"
    return (
        "no remedy is enough: take a smaller model, a smaller picture (data.preprocess.resize) "
        "or a device with more memory"
    )


def _mib(size: int) -> str:
    return f"{size / 2**20:,.0f}"
