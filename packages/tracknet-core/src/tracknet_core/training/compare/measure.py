"""Measure modes, each trial in a process of its own, in a shuffled order."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from tracknet_core.config.hardware import memory_bytes
from tracknet_core.config.plan import Plan
from tracknet_core.config.sources import Sources
from tracknet_core.progress import Progress
from tracknet_core.training.compare.bench import Bench, Effort
from tracknet_core.training.compare.candidates import Candidate, candidates
from tracknet_core.training.compare.comparison import Comparison, Row, Subject, Table
from tracknet_core.training.compare.modes import FREE_SETTINGS, Mode, overrides_of, same_settings
from tracknet_core.training.machine import DISTRIBUTIONS, cpu_name, usable_cores, version_of


def compare(
    sources: Sources,
    plan: Plan,
    modes: Sequence[Mode],
    *,
    effort: Effort,
    same: bool,
    progress: Progress,
) -> Comparison:
    """Measure a configuration in several modes.

    Args:
        sources: The user's configuration.
        plan: What it resolves to.
        modes: What to compare; the configuration itself comes after them if it is another.
        effort: How thoroughly.
        same: Whether to measure all modes with the same settings too.
        progress: Where the bar and notes go.

    Raises:
        UserError: The model cannot be built at all.
        RunError: Not even its base weights fit into memory.
    """
    settings = {"defaults": FREE_SETTINGS} | ({"same": same_settings(plan)} if same else {})
    with TemporaryDirectory(prefix="tracknet-compare-") as folder:
        bench = Bench(Path(folder), effort, progress)
        base = bench.save_random_base(plan)
        tables = {
            name: candidates(
                sources, plan, modes, settings=overrides, base=base, needs_data=effort.epochs > 0
            )
            for name, overrides in settings.items()
        }
        for name, rows in tables.items():
            for row in rows:
                if row.plan:
                    bench.add(row.mode.title, row.plan, learning=name == "defaults")
        bench.measure()
        return Comparison(
            subject=_subject(plan, bench, effort, random_weights=base is not None),
            tables=tuple(
                Table(
                    settings=name,
                    overrides=tuple(settings[name]),
                    rows=tuple(_row(candidate, plan, bench) for candidate in rows),
                )
                for name, rows in tables.items()
            ),
        )


def _row(candidate: Candidate, own: Plan, bench: Bench) -> Row:
    mode, case = candidate.mode, bench.case(candidate.plan) if candidate.plan else None
    return Row(
        mode=mode.name,
        title=mode.title,
        suits=mode.suits,
        overrides=overrides_of(mode, own),
        cost=case.cost() if case else None,
        accuracy=case.accuracy() if case else None,
        failure=case.failure if case else candidate.obstacle,
    )


def _subject(plan: Plan, bench: Bench, effort: Effort, *, random_weights: bool) -> Subject:
    memory = memory_bytes()
    machine = {"cpu": cpu_name(), "cores": str(usable_cores())}
    machine |= {"memory_bytes": str(memory)} if memory else {}
    machine |= {name: version for name in DISTRIBUTIONS if (version := version_of(name))}
    return Subject(
        model=plan.pretrained_model_name or plan.model_name,
        random_weights=random_weights,
        frames=plan.frames,
        input_size=plan.data.preprocess.resize,
        batch_size=plan.training.batch_size,
        precision=plan.training.precision,
        memory_counts=bench.memory_counts,
        machine=machine,
        steps=effort.steps,
        repeats=effort.repeats,
        seed=effort.seed,
    )
