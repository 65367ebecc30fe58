"""Where trials are done, and what came of them."""

import random
import shutil
from pathlib import Path
from statistics import median
from typing import Any

from attrs import define, evolve, field, frozen

from tracknet_core.config.document import dump
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import RunError, UserError
from tracknet_core.progress import Progress, Task
from tracknet_core.training.compare.comparison import Accuracy, Cost, Spread
from tracknet_core.training.compare.processes import do
from tracknet_core.training.savings import micro_batch_size, recomputes

WARM_UP = 1
"""Steps, and batches, at the beginning of each process that do not count."""

ALL_ALIVE = 2
"""Steps after which all tensors have been alive that ever are: the optimizer's state is made in the first."""


@frozen(kw_only=True)
class Effort:
    """How thoroughly to measure.

    Attributes:
        steps: Optimizer steps, and batches of prediction, to time in each process.
        repeats: Processes for each plan.
        seed: Of their order.
        epochs: Passes over the training data after which to measure accuracy; 0 measures none.
    """

    steps: int
    repeats: int
    seed: int
    epochs: int = 0


@define(kw_only=True, eq=False)
class Case:
    """One plan, however many rows of tables it stands for, and the results of its trials.

    Attributes:
        title: What notes call it.
        plan: The plan.
        folder: Where its trials write.
        learning: Whether its accuracy is wanted.
        results: By the name of the trial.
        failure: Why its trials came to an end before their time.
    """

    title: str
    plan: Plan
    folder: Path
    learning: bool
    results: dict[str, list[dict[str, Any]]] = field(factory=dict)
    failure: str | None = None

    def cost(self) -> Cost | None:
        """Put the trials together; None where one is missing."""
        if not all(self.results.get(trial) for trial in ("train", "predict", "tensors")):
            return None
        training, prediction = self.results["train"], self.results["predict"]
        first = training[0]
        return Cost(
            peak_memory_bytes=Spread.of([each["peak_memory_bytes"] for each in training]),
            peak_tensor_bytes=self.results["tensors"][0]["peak_tensor_bytes"],
            weights_bytes=first["weights_bytes"],
            gradient_bytes=first["gradient_bytes"],
            optimizer_bytes=first["optimizer_bytes"],
            trainable_parameters=first["trainable_parameters"],
            total_parameters=first["total_parameters"],
            step_seconds=Spread.of([median(each["step_seconds"][WARM_UP:]) for each in training]),
            micro_batch_size=min(each["micro_batch_size"] for each in training),
            gradient_checkpointing=first["gradient_checkpointing"],
            prediction_memory_bytes=Spread.of([each["peak_memory_bytes"] for each in prediction]),
            frames_per_second=Spread.of([median(each["frames_per_second"][WARM_UP:]) for each in prediction]),
            checkpoint_bytes=first["checkpoint_bytes"],
            base_bytes=first["base_bytes"],
        )

    def accuracy(self) -> Accuracy | None:
        """Say how well it learned; None where that was not asked for, or came to nothing."""
        for found in self.results.get("run", []):
            return Accuracy(
                epochs=found["epochs"],
                split=found["split"],
                f1=found["f1"],
                f1_interval=tuple(found["f1_interval"]) if found["f1_interval"] else None,
            )
        return None


class Bench:
    """Does trials, and keeps what they gave.

    Args:
        folder: Existing folder for all that they write.
        effort: How thoroughly to measure.
        progress: Where the bar and notes go.

    Attributes:
        memory_counts: What peaks of memory count here; empty before anything was measured.
    """

    def __init__(self, folder: Path, effort: Effort, progress: Progress) -> None:
        self.memory_counts = ""
        self._folder = folder
        self._effort = effort
        self._progress = progress
        self._cases: list[Case] = []
        self._base = folder / "base"

    def save_random_base(self, plan: Plan) -> Path | None:
        """Save base weights if they are random, so that all trials read the same files.

        Returns:
            Their folder; None for weights that come from files already.

        Raises:
            UserError: The model cannot be built.
            RunError: It does not fit into memory.
        """
        made = self._do("base", plan, self._new_folder("base-of"))
        return self._base if made["random"] else None

    def add(self, title: str, plan: Plan, *, learning: bool) -> None:
        """Take a plan on, unless it is there already.

        Args:
            title: What notes call it.
            plan: The plan.
            learning: Whether its accuracy is wanted too.
        """
        if self._find(plan) is None:
            folder = self._new_folder(f"case-{len(self._cases)}")
            self._cases.append(Case(title=title, plan=plan, folder=folder, learning=learning))

    def case(self, plan: Plan) -> Case:
        """Return what is known of a plan that was taken on."""
        found = self._find(plan)
        if found is None:
            raise KeyError(plan)
        return found

    def measure(self) -> None:
        """Do all trials of all plans, in an order that is random but for the seed."""
        effort = self._effort
        work = [(case, number) for case in self._cases for number in range(effort.repeats)]
        random.Random(effort.seed).shuffle(work)  # noqa: S311 - fairness, not secrecy
        learning = [case for case in self._cases if case.learning and effort.epochs]
        total = 2 * len(work) + len(self._cases) + len(learning)
        with self._progress.task("compare", total=total) as task:
            for case, number in work:
                self._try(case, ("train", "predict"), f"repeat-{number}", task)
            for case in self._cases:
                self._try(case, ("tensors",), "tensors", task)
            for case in learning:
                self._try(case, ("run",), "run", task)

    def _try(self, case: Case, trials: tuple[str, ...], name: str, task: Task) -> None:
        """Do trials in a folder of their own; after a failure, none of this case any more."""
        folder = case.folder / name
        folder.mkdir()
        for trial in trials:
            if case.failure is None:
                try:
                    result = self._do(trial, case.plan, folder)
                except (UserError, RunError) as error:
                    case.failure = str(error)
                    self._progress.say(f"{case.title}: {error}")
                else:
                    case.results.setdefault(trial, []).append(result)
                    self.memory_counts = result.get("peak_memory_counts", self.memory_counts)
            task.advance()
        shutil.rmtree(folder)

    def _do(self, trial: str, plan: Plan, folder: Path) -> dict[str, Any]:
        if trial == "run":
            plan = evolve(plan, training=evolve(plan.training, epochs=self._effort.epochs))
        config = folder / "config.yaml"
        config.write_text(dump(plan), encoding="utf-8")
        steps = ALL_ALIVE if trial == "tensors" else WARM_UP + self._effort.steps
        return do(trial, config=config, folder=folder, base=self._base, steps=steps)

    def _find(self, plan: Plan) -> Case | None:
        return next((case for case in self._cases if _is_alike(case.plan, plan)), None)

    def _new_folder(self, name: str) -> Path:
        folder = self._folder / name
        folder.mkdir()
        return folder


def _is_alike(one: Plan, other: Plan) -> bool:
    """Whether two plans do the same, though one says how to save memory and the other leaves it open."""
    return all(_spelt_out(one, device) == _spelt_out(other, device) for device in ("cpu", "cuda"))


def _spelt_out(plan: Plan, device: str) -> Plan:
    training = evolve(
        plan.training,
        gradient_checkpointing=recomputes(plan, device),
        micro_batch_size=micro_batch_size(plan, device),
    )
    return evolve(plan, training=training)
