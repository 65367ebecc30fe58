"""Checkpoints on disk: what was trained, and exact references to what was not.

::

    tracknet.json        format version, base and its sha256, plugins, sizes, threshold
    config.yaml          the resolved config
    model.safetensors    decoder, stem, head; the backbone only if it was trained
    adapter/             what the adapter plugin writes
"""

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, Protocol

from attrs import evolve, frozen
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from tracknet_core.atomic import recover_directory
from tracknet_core.config.document import dump
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, UserError
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble, assemble_merged
from tracknet_core.model.base import base_fingerprint
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.plugins import registry

FORMAT_VERSION = 1
FACTS = "tracknet.json"
CONFIG = "config.yaml"
WEIGHTS = "model.safetensors"
ADAPTER = "adapter"


@frozen(kw_only=True)
class LoadedRun:
    """A trained model, ready to find balls.

    Attributes:
        model: In eval mode, on the CPU.
        plan: What it was trained as; ``pretrained_model_name`` is where its base was found.
        threshold: Smallest score that counts as a ball, chosen on validation.
        directory: The checkpoint it was read from.
        base: sha256 of its base weights, by file name.
        own_backbone: Whether the checkpoint holds backbone weights of its own, beside the base.
    """

    model: HeatmapModel
    plan: Plan
    threshold: float
    directory: Path
    base: Mapping[str, str]
    own_backbone: bool


def write_checkpoint(
    directory: Path,
    model: HeatmapModel,
    plan: Plan,
    *,
    base: Path,
    threshold: float,
    metrics: Mapping[str, float],
    step: int,
    besides: Sequence[str] = (),
) -> None:
    """Fill an existing folder with a checkpoint, without the trainer's state.

    Args:
        directory: The folder to fill; see ``atomic.replace_directory`` for writing it whole.
        model: What to save.
        plan: What it was built from.
        base: Where the run keeps random base weights; it need not exist.
        threshold: Smallest score that counts as a ball.
        metrics: Validation figures at this point.
        step: Optimizer steps done.
        besides: Layers of a frozen pretrained submodule that are not as the base has them.
    """
    facts = {
        "format_version": FORMAT_VERSION,
        "model_name": plan.model_name,
        "base": _base_facts(model, plan, base, directory),
        "plugins": {record.distribution: record.version for record in registry().plugins},
        "sizes": {"frames": model.frames, "input": model.input_size, "heatmap": model.heatmap_size},
        "threshold": threshold,
        "metrics": dict(metrics),
        "step": step,
    }
    (directory / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (directory / CONFIG).write_text(dump(plan), encoding="utf-8")
    save_file(_own_state(model, besides), directory / WEIGHTS)
    if plan.adapter is not None:
        (directory / ADAPTER).mkdir()
        registry().adapter(plan.adapter.name).save(model.pretrained, directory / ADAPTER, model.backbone)


def find_checkpoint(run: Path) -> Path:
    """Find the checkpoint of a run (``best``, else ``last``), or take the folder itself as one.

    Args:
        run: A folder, or the name of a checkpoint that comes with a plugin.

    Raises:
        UserError: There is none.
    """
    if (run / FACTS).is_file():
        return run
    for name in ("best", "last"):
        recover_directory(run / "checkpoints" / name)
        if (run / "checkpoints" / name / FACTS).is_file():
            return run / "checkpoints" / name
    if shipped := registry().checkpoint(run.as_posix()):
        return shipped
    raise UserError(
        f"{run}: no checkpoint there. Give the folder of a run (tracknet run … --output DIR) or a checkpoint."
    )


def load_checkpoint(run: Path) -> LoadedRun:
    """Load a run's best checkpoint, or the checkpoint in that very folder.

    Raises:
        UserError: The checkpoint is missing, damaged, of another version or model, or its base
            weights are gone or have changed.
    """
    return _load(run, assemble)


def load_merged(run: Path) -> LoadedRun:
    """Load what :func:`load_checkpoint` does with plain layers only: see ``assemble_merged``."""
    return _load(run, assemble_merged)


def load_for_prediction(run: Path) -> LoadedRun:
    """Load what :func:`load_checkpoint` does, an adapter over plain weights merged into them.

    Over a quantized base the adapter stays beside it: merged, the base would need its full memory.
    """
    return _load(run, _assemble_for_prediction)


def digest_of(checkpoint: Path) -> str:
    """Return the sha256 of all that a checkpoint holds of its model."""
    digest = sha256()
    names = [checkpoint / name for name in (FACTS, CONFIG, WEIGHTS)]
    for file in [*names, *sorted((checkpoint / ADAPTER).glob("*"))]:
        if file.is_file():
            with file.open("rb") as stream:
                digest.update(file_digest(stream, sha256).digest())
    return digest.hexdigest()


class _Assemble(Protocol):
    def __call__(self, plan: Plan, *, base: Path | None, adapter: Path | None) -> HeatmapModel: ...


def _assemble_for_prediction(plan: Plan, *, base: Path | None, adapter: Path | None) -> HeatmapModel:
    assembling = assemble if plan.quantizer else assemble_merged
    return assembling(plan, base=base, adapter=adapter)


def _load(run: Path, assembling: _Assemble) -> LoadedRun:
    directory = find_checkpoint(run)
    facts = _read_facts(directory)
    plan, base = _plan_with_base(directory, facts)
    model = assembling(plan, base=base, adapter=directory / ADAPTER if plan.adapter else None)
    _require_same_base(model, facts, directory, base)
    restored = _restore(model, directory)
    return LoadedRun(
        model=model,
        plan=plan,
        threshold=float(facts["threshold"]),
        directory=directory,
        base=facts["base"]["sha256"],
        own_backbone=any(name.startswith(model.pretrained_prefix) for name in restored),
    )


def _restore(model: HeatmapModel, directory: Path) -> Iterable[str]:
    """Load the weights of a checkpoint into a model assembled from the same plan; tell their names.

    Raises:
        UserError: The file is damaged, or holds the weights of another model.
    """
    file = directory / WEIGHTS
    try:
        saved = load_file(file)
    except (SafetensorError, OSError) as error:
        raise UserError(
            f"{file}: cannot be read ({error}). The checkpoint is damaged: use another one."
        ) from None
    state = model.state_dict()
    expected = set(_own_state(model)) | {name for name in saved if name.startswith(model.pretrained_prefix)}
    wrong = sorted(expected ^ set(saved)) or sorted(
        name for name in saved if name not in state or saved[name].shape != state[name].shape
    )
    if wrong:
        raise UserError(
            f"{file}: is of another model ({wrong[0]} does not fit). Use the config it was trained with."
        )
    model.load_state_dict(saved, strict=False)
    return saved


def _own_state(model: HeatmapModel, besides: Sequence[str] = ()) -> dict[str, Any]:
    """Everything but base weights that never trained and what the adapter saves itself."""
    prefix = model.pretrained_prefix
    kept = tuple(f"{prefix}{layer}." for layer in besides)
    return {
        name: tensor.contiguous()
        for name, tensor in model.state_dict().items()
        if model.backbone_trains or not name.startswith(prefix) or name.startswith(kept)
    }


def _base_facts(model: HeatmapModel, plan: Plan, base: Path, directory: Path) -> dict[str, object]:
    # A resumed run has read its random base from that folder, as if it were pretrained.
    of_run = base.is_dir() or not model.description.weights_files
    return {
        "id": _absolute(plan.pretrained_model_name),
        "folder": os.path.relpath(base, directory) if of_run else None,
        "sha256": dict(base_fingerprint(model, base)),
    }


def _absolute(name: str | None) -> str | None:
    """Make a local folder's path independent of the working directory; a hub id stays."""
    if name is None or not Path(name).expanduser().is_dir():
        return name
    return str(Path(name).expanduser().resolve())


def _read_facts(directory: Path) -> dict[str, Any]:
    file = directory / FACTS
    try:
        facts: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        version = facts["format_version"]
    except (OSError, ValueError, KeyError, TypeError):
        raise UserError(f"{file}: cannot be read. The checkpoint is damaged: use another one.") from None
    if engine := facts.get("engine"):
        raise UserError(
            f"{directory}: is an export for {engine}, good for predict and eval alone. Give the run's folder."
        )
    if version != FORMAT_VERSION:
        raise UserError(
            f"{file}: has format version {version}; this TrackNet reads {FORMAT_VERSION}. "
            "Upgrade tracknet-core, or load it with the version that wrote it."
        )
    return facts


def _plan_with_base(directory: Path, facts: Mapping[str, Any]) -> tuple[Plan, Path | None]:
    try:
        plan, _ = load_plan([directory / CONFIG], machine=False)
    except ConfigError:
        raise
    except OSError:
        raise UserError(f"{directory / CONFIG}: cannot be read. The checkpoint is damaged.") from None
    plan = evolve(plan, pretrained_model_name=facts["base"]["id"])
    folder = facts["base"]["folder"]
    if folder is None:
        return plan, None
    base = (directory / folder).resolve()
    if not base.is_dir():
        raise UserError(
            f"{base}: the base weights of this checkpoint are gone. Keep the run's folder together."
        )
    return plan, base


def _require_same_base(
    model: HeatmapModel, facts: Mapping[str, Any], directory: Path, base: Path | None
) -> None:
    if base_fingerprint(model, base) != facts["base"]["sha256"]:
        raise UserError(
            f"{directory}: was trained over other base weights than those found at "
            f"{base or facts['base']['id']}. Put back the original files (sha256 in tracknet.json)."
        )
