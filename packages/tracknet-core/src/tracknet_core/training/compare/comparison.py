"""What a comparison found, and ``compare.json``."""

import json
from collections.abc import Sequence
from pathlib import Path
from statistics import median

import cattrs
from attrs import frozen

from tracknet_core.atomic import replace_file
from tracknet_core.config.problems import UserError

FILE_NAME = "compare.json"

REFERENCE = "full"
"""Name of the mode that ratios refer to."""


@frozen(kw_only=True)
class Spread:
    """A figure that was measured several times: the median, and the least and the most."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """Summarize measurements."""
        return cls(median=median(values), least=min(values), most=max(values))


@frozen(kw_only=True)
class Cost:
    """What a mode costs.

    Attributes:
        peak_memory_bytes: Most memory used in training: CUDA's tensors, or on a CPU the resident
            memory of the whole process, libraries included.
        peak_tensor_bytes: Most bytes of tensors that were alive at the same time in training.
        weights_bytes: Bytes of parameters, buffers and the scales of packed weights.
        gradient_bytes: Bytes of gradients.
        optimizer_bytes: Bytes of the optimizer's state.
        trainable_parameters: Parameters that train.
        total_parameters: All of them.
        step_seconds: Time of an optimizer step.
        micro_batch_size: Windows that went through the model at once.
        gradient_checkpointing: Whether activations were computed again instead of kept.
        prediction_memory_bytes: Most memory used in prediction, like ``peak_memory_bytes``.
        frames_per_second: Speed of the model in prediction.
        checkpoint_bytes: Size of a checkpoint.
        base_bytes: Size of the files of the base weights.
    """

    peak_memory_bytes: Spread
    peak_tensor_bytes: int
    weights_bytes: int
    gradient_bytes: int
    optimizer_bytes: int
    trainable_parameters: int
    total_parameters: int
    step_seconds: Spread
    micro_batch_size: int
    gradient_checkpointing: bool
    prediction_memory_bytes: Spread
    frames_per_second: Spread
    checkpoint_bytes: int
    base_bytes: int

    @property
    def held_bytes(self) -> int:
        """Weights, gradients and optimizer state: what stays from step to step."""
        return self.weights_bytes + self.gradient_bytes + self.optimizer_bytes

    @property
    def trainable_share(self) -> float:
        """Trainable parameters over all."""
        return self.trainable_parameters / self.total_parameters


@frozen(kw_only=True)
class Accuracy:
    """How well a mode found the ball after some epochs.

    Attributes:
        epochs: Passes over the training windows.
        split: Which clips it was measured on.
        f1: F1 under the configured protocol.
        f1_interval: Its 95 % interval over clips; None with too few of them.
    """

    epochs: int
    split: str
    f1: float
    f1_interval: tuple[float, float] | None


@frozen(kw_only=True)
class Row:
    """A mode and what it costs.

    Attributes:
        mode: Its name.
        title: What tables call it.
        suits: What the guide recommends it for.
        overrides: What to add to the configuration to train in this mode.
        cost: What was measured; None where it could not be.
        accuracy: What it learned, where that was asked for.
        failure: Why something could not be measured.
    """

    mode: str
    title: str
    suits: str
    overrides: tuple[str, ...]
    cost: Cost | None
    accuracy: Accuracy | None
    failure: str | None


@frozen(kw_only=True)
class Table:
    """All modes under one set of settings.

    Attributes:
        settings: ``defaults``, where each mode saves memory as it does by default, or ``same``.
        overrides: What was set for all modes alike.
        rows: The modes.
    """

    settings: str
    overrides: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def reference(self) -> Cost | None:
        """What ratios refer to; None where full fine-tuning was not measured."""
        return next((row.cost for row in self.rows if row.mode == REFERENCE), None)


@frozen(kw_only=True)
class Subject:
    """What was compared, and where.

    Attributes:
        model: ``pretrained_model_name``, or ``model_name`` for random weights.
        random_weights: Whether its weights were random.
        frames: Frames in a window, T.
        input_size: Width and height of frames.
        batch_size: Windows in an optimizer step.
        precision: Arithmetic of training.
        memory_counts: What ``peak_memory_bytes`` counts.
        machine: The processor, its usable cores, its memory and the versions that matter.
        steps: Optimizer steps, and batches of prediction, that were timed in each process.
        repeats: Processes for each mode, in a shuffled order.
        seed: Of the order.
    """

    model: str
    random_weights: bool
    frames: int
    input_size: tuple[int, int]
    batch_size: int
    precision: str
    memory_counts: str
    machine: dict[str, str]
    steps: int
    repeats: int
    seed: int


@frozen(kw_only=True)
class Comparison:
    """Everything that ``tracknet compare`` found."""

    subject: Subject
    tables: tuple[Table, ...]

    @property
    def found_anything(self) -> bool:
        """Whether any mode could be measured."""
        return any(row.cost for table in self.tables for row in table.rows)

    def to_json(self) -> dict[str, object]:
        """Return the content of ``compare.json``: all of it, and ratios to full fine-tuning."""
        content: dict[str, object] = cattrs.unstructure(self)
        tables = [
            {**cattrs.unstructure(table), "relative_to_full": relative_to_full(table)}
            for table in self.tables
        ]
        return {**content, "tables": tables}


def relative_to_full(table: Table) -> dict[str, dict[str, float]]:
    """Tell each mode's figures as shares of those of full fine-tuning, medians by medians."""
    reference = table.reference
    if reference is None:
        return {}
    return {row.mode: _relative(row.cost, reference) for row in table.rows if row.cost}


def _relative(cost: Cost, reference: Cost) -> dict[str, float]:
    return {
        "peak_memory": cost.peak_memory_bytes.median / reference.peak_memory_bytes.median,
        "peak_tensors": cost.peak_tensor_bytes / reference.peak_tensor_bytes,
        "held": cost.held_bytes / reference.held_bytes,
        "trainable": cost.trainable_parameters / reference.trainable_parameters,
        "step": cost.step_seconds.median / reference.step_seconds.median,
        "prediction_memory": cost.prediction_memory_bytes.median / reference.prediction_memory_bytes.median,
        "frames_per_second": cost.frames_per_second.median / reference.frames_per_second.median,
    }


def write_comparison(comparison: Comparison, folder: Path) -> Path:
    """Write ``compare.json`` into an existing folder."""
    file = folder / FILE_NAME
    with replace_file(file) as temporary:
        temporary.write_text(json.dumps(comparison.to_json(), indent=2) + "\n", encoding="utf-8")
    return file


def read_comparison(folder: Path) -> Comparison | None:
    """Read ``compare.json`` of a folder; None where there is none.

    Raises:
        UserError: It is damaged.
    """
    file = folder / FILE_NAME
    if not file.is_file():
        return None
    try:
        return cattrs.structure(json.loads(file.read_text(encoding="utf-8")), Comparison)
    except (ValueError, cattrs.BaseValidationError):
        raise UserError(f"{file}: is damaged. Run tracknet compare again, or take the file away.") from None
