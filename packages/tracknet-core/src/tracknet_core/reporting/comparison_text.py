"""A comparison of modes as rows of text, whatever draws the table."""

from collections.abc import Callable
from functools import partial

from attrs import frozen

from tracknet_core.training.compare.comparison import Comparison, Cost, Row, Spread, Subject, Table
from tracknet_core.wording import counted

MIB = 2**20

UNKNOWN = "–"


@frozen(kw_only=True)
class Column:
    """A column of the table.

    Attributes:
        title: Its head.
        unit: What its figures are in; empty for shares.
        brief: Whether a terminal has room for it.
        lines: Text for a row, given the reference of ratios: the figure with its share of full
            fine-tuning, and below it the least and the most.
    """

    title: str
    unit: str
    brief: bool
    lines: Callable[[Row, Cost | None], tuple[str, ...]]


@frozen(kw_only=True)
class Texts:
    """A table of texts.

    Attributes:
        title: How the modes save memory.
        columns: Its columns.
        rows: Lines of text by row and column.
        obstacles: What could not be measured, and why, in a line each.
    """

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[tuple[str, ...], ...], ...]
    obstacles: tuple[str, ...]


def texts_of(table: Table, subject: Subject, *, brief: bool) -> Texts:
    """Lay a table out as text.

    Args:
        table: The table.
        subject: What was compared.
        brief: Whether only the columns for a terminal are wanted.
    """
    columns = tuple(column for column in _columns(table, subject) if column.brief or not brief)
    reference = table.reference
    return Texts(
        title=_title(table),
        columns=columns,
        rows=tuple(tuple(column.lines(row, reference) for column in columns) for row in table.rows),
        obstacles=tuple(f"{row.title}: {row.failure}" for row in table.rows if row.failure),
    )


def subject_text(subject: Subject) -> str:
    """Say in a line or two what was measured, and on what."""
    width, height = subject.input_size
    weights = " (random weights)" if subject.random_weights else ""
    spread = ": medians, and below them the least and the most" if subject.repeats > 1 else ""
    return (
        f"{subject.model}{weights}: {width}×{height}, {counted(subject.frames, 'frame')} a window, "
        f"batches of {subject.batch_size}, {subject.precision}.\n"
        f"{subject.machine['cpu']}, {counted(int(subject.machine['cores']), 'core')}. "
        f"Each mode {counted(subject.repeats, 'time')}, in a process of its own and a shuffled order, "
        f"for {counted(subject.steps, 'step')}{spread}."
    )


def notes(comparison: Comparison, *, brief: bool) -> tuple[str, ...]:
    """Say what the columns mean."""
    counts = comparison.subject.memory_counts
    held = "Held is what stays from step to step: weights, gradients and the optimizer's state."
    return (
        f"Memory is the peak in training: {counts or 'nothing was measured'}"
        + (", libraries included." if "process" in counts else "."),
        "Tensors are those alive at the same time, at most, whatever the device.",
        *([] if brief else [held]),
        "Percentages are shares of full fine-tuning; for trained parameters, of all parameters.",
    )


def _title(table: Table) -> str:
    if table.settings == "defaults":
        return "Each mode as it saves memory by default"
    return f"All modes with the same settings: {' '.join(table.overrides)}"


def _columns(table: Table, subject: Subject) -> tuple[Column, ...]:
    spread = partial(_spread, with_ends=subject.repeats > 1)
    measured = (
        Column(title="mode", unit="", brief=True, lines=lambda row, _: _mode(row, subject)),
        spread("memory", "MiB", lambda cost: cost.peak_memory_bytes, MIB),
        _single("tensors", "MiB", lambda cost: cost.peak_tensor_bytes, MIB),
        _single("held", "MiB", lambda cost: cost.held_bytes, MIB, brief=False),
        Column(title="trained", unit="", brief=True, lines=_trained),
        spread("step", "s", lambda cost: cost.step_seconds),
        spread("prediction", "frames/s", lambda cost: cost.frames_per_second),
        spread("prediction memory", "MiB", lambda cost: cost.prediction_memory_bytes, MIB, brief=False),
        Column(title="checkpoint", unit="MiB", brief=True, lines=_checkpoint),
    )
    learned = Column(title="F1", unit="", brief=True, lines=lambda row, _: _accuracy(row))
    suits = Column(title="for", unit="", brief=False, lines=lambda row, _: (row.suits,))
    has_learned = any(row.accuracy for row in table.rows)
    return (*measured, *([learned] if has_learned else []), suits)


def _mode(row: Row, subject: Subject) -> tuple[str, ...]:
    cost, saving = row.cost, []
    if cost and cost.micro_batch_size < subject.batch_size:
        saving.append(f"{counted(cost.micro_batch_size, 'window')} at a time")
    if cost and cost.gradient_checkpointing:
        saving.append("recomputing")
    return (row.title, *([", ".join(saving)] if saving else []))


def _spread(
    title: str,
    unit: str,
    of: Callable[[Cost], Spread],
    scale: float = 1,
    *,
    brief: bool = True,
    with_ends: bool,
) -> Column:
    def lines(row: Row, reference: Cost | None) -> tuple[str, ...]:
        if row.cost is None:
            return (UNKNOWN,)
        figure = of(row.cost)
        share = _share(figure.median, of(reference).median) if reference else ""
        middle = f"{_number(figure.median / scale)}{share}"
        ends = f"{_number(figure.least / scale)}–{_number(figure.most / scale)}"
        return (middle, ends) if with_ends else (middle,)

    return Column(title=title, unit=unit, brief=brief, lines=lines)


def _single(
    title: str, unit: str, of: Callable[[Cost], float], scale: float, *, brief: bool = True
) -> Column:
    def lines(row: Row, reference: Cost | None) -> tuple[str, ...]:
        if row.cost is None:
            return (UNKNOWN,)
        share = _share(of(row.cost), of(reference)) if reference else ""
        return (f"{_number(of(row.cost) / scale)}{share}",)

    return Column(title=title, unit=unit, brief=brief, lines=lines)


def _trained(row: Row, _: Cost | None) -> tuple[str, ...]:
    return (f"{row.cost.trainable_share:.1%}",) if row.cost else (UNKNOWN,)


def _checkpoint(row: Row, _: Cost | None) -> tuple[str, ...]:
    return (_number(row.cost.checkpoint_bytes / MIB),) if row.cost else (UNKNOWN,)


def _accuracy(row: Row) -> tuple[str, ...]:
    if row.accuracy is None:
        return (UNKNOWN,)
    ends = row.accuracy.f1_interval
    return (f"{row.accuracy.f1:.3f}", *([f"{ends[0]:.3f}–{ends[1]:.3f}"] if ends else []))


def _share(value: float, of: float) -> str:
    return f" ({value / of:.0%})"


def _number(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
