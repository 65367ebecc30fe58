"""``python -m tracknet_core.training.trial``: one trial in a process of its own.

The peak of a process's memory includes all that the process did before, so that every trial begins in
a fresh one. Its result goes to ``FOLDER/TRIAL.json``; exit codes and messages are those of ``tracknet``.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import asdict, frozen

from tracknet_core.config.hardware import keep_freed_memory
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import RunError, UserError
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble
from tracknet_core.progress import Silent
from tracknet_core.training.run import run
from tracknet_core.training.trial.prediction import try_prediction
from tracknet_core.training.trial.tensors import LiveTensors
from tracknet_core.training.trial.training import try_training
from tracknet_core.training.trial.victim import go_first_when_memory_runs_out

DONE, FAILED, WRONG = 0, 1, 2


@frozen(kw_only=True)
class Order:
    """What to try.

    Attributes:
        plan: The run.
        folder: Where results and checkpoints go.
        base: Folder of base weights that were random.
        steps: Optimizer steps, or passes over a batch.
    """

    plan: Plan
    folder: Path
    base: Path
    steps: int


def _base(order: Order) -> dict[str, object]:
    """Save random base weights once, so that every later trial reads the same files."""
    assemble(order.plan, base=order.base)
    return {"random": order.base.is_dir()}


def _train(order: Order) -> dict[str, object]:
    trial = try_training(order.plan, order.folder, base=order.base, steps=order.steps, progress=Silent())
    return asdict(trial)


def _predict(order: Order) -> dict[str, object]:
    return asdict(try_prediction(order.folder / "checkpoint", passes=order.steps))


def _tensors(order: Order) -> dict[str, object]:
    with LiveTensors() as live:
        try_training(order.plan, order.folder, base=order.base, steps=order.steps, progress=Silent())
    return {"peak_tensor_bytes": live.peak}


def _run(order: Order) -> dict[str, object]:
    """Train and evaluate on the config's own data, in full."""
    result = run(order.plan, order.folder / "run", resume=False, progress=Silent())
    return {**result.to_json(), "epochs": order.plan.training.epochs}


TRIALS: Mapping[str, Callable[[Order], dict[str, object]]] = {
    "base": _base,
    "train": _train,
    "predict": _predict,
    "tensors": _tensors,
    "run": _run,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Do one trial.

    Args:
        arguments: What follows the module's name; None takes the process's own.

    Returns:
        The exit code.
    """
    given = _parser().parse_args(arguments)
    go_first_when_memory_runs_out()
    keep_freed_memory()
    try:
        plan, _ = load_plan([given.config], machine=False)
        order = Order(plan=plan, folder=given.folder, base=given.base, steps=given.steps)
        result = TRIALS[given.trial](order)
    except (UserError, RunError) as error:
        sys.stderr.write(f"{error}\n")
        return WRONG if isinstance(error, UserError) else FAILED
    (given.folder / f"{given.trial}.json").write_text(json.dumps(result) + "\n", encoding="utf-8")
    return DONE


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tracknet_core.training.trial", description=__doc__)
    parser.add_argument("trial", choices=list(TRIALS))
    parser.add_argument("config", type=Path, help="A resolved config, as tracknet run --dry-run prints it.")
    parser.add_argument("folder", type=Path, help="Existing folder for the result.")
    parser.add_argument("--base", type=Path, required=True, help="Folder for base weights that are random.")
    parser.add_argument("--steps", type=int, default=3)
    return parser


if __name__ == "__main__":
    sys.exit(main())
