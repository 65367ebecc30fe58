"""What ``tracknet eval`` prints."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.cli.comparison_table import comparison_text
from tracknet_core.cli.console import Console
from tracknet_core.cli.metrics_table import metrics_table
from tracknet_core.cli.sweep_table import sweep_table

if TYPE_CHECKING:
    from tracknet_core.evaluation.metrics import Measured
    from tracknet_core.evaluation.sweep import Sweep


def show(
    console: Console,
    measured: "Sequence[Measured]",
    sweeps: "Sequence[Sweep]",
    facts: dict[str, object],
    plots: Path | None,
    *,
    as_json: bool,
) -> None:
    """Print metrics, and sweeps where there are any; draw these where ``plots`` says.

    Args:
        console: Where to.
        measured: One entry a protocol.
        sweeps: As many, or none.
        facts: What JSON tells of the run beside its metrics.
        plots: A folder for pictures of the sweeps.
        as_json: Whether to print JSON instead of tables.
    """
    names = [each.metrics.protocol.name for each in measured]
    if plots:
        from tracknet_core.reporting.sweep_plots import write_sweep_plots

        for name, sweep in zip(names, sweeps, strict=True):
            for file in write_sweep_plots(sweep, plots, suffix=f"-{name}" if len(names) > 1 else ""):
                console.say(f"wrote {file}")
    if as_json:
        content = [{**each.metrics.to_json(), **facts} for each in measured]
        for one, sweep in zip(content, sweeps, strict=False):  # there are as many sweeps, or none
            one["sweep"] = sweep.to_json()
        _print_json(console, names, content)
        return
    console.result(metrics_table([each.metrics for each in measured]))
    for name, sweep in zip(names, sweeps, strict=False):
        console.result(f"\n{sweep_table(sweep, name)}")


def show_comparison(
    console: Console,
    names: tuple[str, str],
    first: "Sequence[Measured]",
    second: "Sequence[Measured]",
    *,
    as_json: bool,
) -> None:
    """Print how two differ, under each protocol.

    Args:
        console: Where to.
        names: What to call the two.
        first: One entry a protocol.
        second: Likewise, of the same clips.
        as_json: Whether to print JSON instead of tables.
    """
    from tracknet_core.evaluation.comparison import compare

    compared = [compare(one, other) for one, other in zip(first, second, strict=True)]
    if as_json:
        protocols = [comparison.first.protocol.name for comparison in compared]
        _print_json(console, protocols, [comparison.to_json(names) for comparison in compared])
        return
    console.result("\n\n".join(comparison_text(comparison, names) for comparison in compared))


def _print_json(console: Console, names: Sequence[str], content: Sequence[dict[str, object]]) -> None:
    """Print one object, or several by the names of their protocols."""
    from json import dumps

    every = content[0] if len(content) == 1 else dict(zip(names, content, strict=True))
    console.result(dumps(every, indent=2))
