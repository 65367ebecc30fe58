"""Which folder a run is written to, or gone on with; nothing here needs torch."""

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from attrs import evolve

from tracknet_core.config.document import document, dump
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.config.resolve import load_plan

CONFIG = "config.yaml"
CHECKPOINTS = "checkpoints"

FREE_KEYS = (
    "output",
    "data.cache",
    "training.device",
    "training.adaptive_micro_batch",
    "training.micro_batch_size",
    "training.min_micro_batch_size",
    "training.mb_backoff_factor",
    "training.oom_retries",
    "training.data_loader.num_workers",
    "training.data_loader.pin_memory",
    "training.data_loader.persistent_workers",
    "training.data_loader.prefetch_factor",
    "training.log_every",
    "training.checkpoint_every",
    "training.keep_checkpoints",
)
"""What a resumed run may have otherwise than before: none of it changes what is learned."""

FILLED_KEYS = ("data.sequence.fps",)
"""What a run fills in by its data where the config says null; a null goes on as it began."""


def new_folder(plan: Plan, output: Path | None) -> Path:
    """Choose the folder of a new run: ``output``, or ``output.dir/name`` from the config.

    Raises:
        UserError: It is there already, with something in it.
    """
    folder = output or _named_folder(plan) or _next_folder(plan)
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder}: is a file. Name another folder with --output.")
    if folder.is_dir() and any(folder.iterdir()):
        raise UserError(f"{folder}: is not empty. Go on with it by --resume, or name another with --output.")
    return folder


def resumed_folder(plan: Plan, output: Path | None, configs: Sequence[Path]) -> Path:
    """Find the folder to go on with, and make sure that the config is still the one it began with.

    It is ``output``, else ``output.dir/name``, else that of the first config if it is a run's
    own, else the latest ``<model_name>-<n>``.

    Raises:
        UserError: There is nothing to resume, or a key that decides what is learned has changed.
    """
    own = [config.parent for config in configs[:1] if (config.parent / CHECKPOINTS).is_dir()]
    folder = output or _named_folder(plan) or next(iter(own), None) or _latest_folder(plan)
    if folder is None or not (folder / CONFIG).is_file():
        where = folder or Path(plan.output.dir)
        raise UserError(
            f"{where}: no run to resume there. Name its folder with --output, or leave out --resume."
        )
    _require_same_config(plan, folder)
    return folder


def write_config(plan: Plan, folder: Path) -> None:
    """Write the resolved config; ``output.name`` is left out, so that it repeats beside this run."""
    repeatable = evolve(plan, output=evolve(plan.output, name=None))
    (folder / CONFIG).write_text(dump(repeatable), encoding="utf-8")


def _named_folder(plan: Plan) -> Path | None:
    return Path(plan.output.dir) / plan.output.name if plan.output.name else None


def _numbers(plan: Plan) -> list[int]:
    pattern = re.compile(rf"{re.escape(plan.model_name)}-(\d+)")
    parent = Path(plan.output.dir)
    names = [entry.name for entry in parent.iterdir()] if parent.is_dir() else []
    return sorted(int(found[1]) for name in names if (found := pattern.fullmatch(name)))


def _next_folder(plan: Plan) -> Path:
    number = max(_numbers(plan), default=0) + 1
    return Path(plan.output.dir) / f"{plan.model_name}-{number}"


def _latest_folder(plan: Plan) -> Path | None:
    numbers = _numbers(plan)
    return Path(plan.output.dir) / f"{plan.model_name}-{numbers[-1]}" if numbers else None


def _require_same_config(plan: Plan, folder: Path) -> None:
    before, _ = load_plan([folder / CONFIG], machine=False)
    then, now = dict(_flat(document(before))), dict(_flat(document(plan)))
    for key in sorted(then.keys() | now.keys()):
        if then.get(key) != now.get(key) and not _is_free(key) and not _is_filled(key, now):
            raise UserError(
                f"{folder}: began with {key}: {_shown(then, key)}, now it is {_shown(now, key)}. "
                f"Resume with the run's own config ({folder / CONFIG}), or start a new run."
            )


def _is_free(key: str) -> bool:
    return any(key == free or key.startswith(f"{free}.") for free in FREE_KEYS)


def _is_filled(key: str, now: dict[str, object]) -> bool:
    return key in FILLED_KEYS and now.get(key) is None


def _shown(values: dict[str, object], key: str) -> str:
    return repr(values[key]) if key in values else "absent"


def _flat(node: object, prefix: str = "") -> Iterator[tuple[str, object]]:
    if not isinstance(node, dict) or not node:
        yield prefix, node
        return
    items: Iterable[tuple[str, object]] = node.items()
    for key, value in items:
        yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
