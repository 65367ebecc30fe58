"""Exports that stand in for a run: a graph, and beside it all that predicting needs.

::

    model.onnx, or openvino.xml and openvino.bin
    tracknet.json        engine, graph, sha256 of the checkpoint, sizes, threshold
    config.yaml          the run's, without adapter and quantizer
    parity.json          how far heatmaps and metrics are from the run's
"""

import json
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from tracknet_core.config.document import dump
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, UserError
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.checkpoint import (
    CONFIG,
    FACTS,
    FORMAT_VERSION,
    LoadedRun,
    digest_of,
    find_checkpoint,
)
from tracknet_core.model.engines.names import ENGINES, export_directory
from tracknet_core.plugins import registry


@frozen(kw_only=True)
class Export:
    """An export on disk.

    Attributes:
        directory: Its folder.
        engine: What it was made for.
        graph: File of the graph.
        plan: What the run was trained by, without adapter and quantizer.
        threshold: Smallest score that counts as a ball.
        checkpoint: sha256 of the checkpoint that it was made of.
        frames: Frames in a window, T.
        input_size: Width and height of frames, px.
        heatmap_size: Width and height of heatmaps, px.
    """

    directory: Path
    engine: str
    graph: Path
    plan: Plan
    threshold: float
    checkpoint: str
    frames: int
    input_size: tuple[int, int]
    heatmap_size: tuple[int, int]


def find_export(run: Path, engine: str | None) -> Path | None:
    """Find the export that stands in for a run.

    Args:
        run: Folder of a run, of a checkpoint, or of an export itself.
        engine: One of ``ENGINES``; None takes the export's own, and torch for a run.

    Returns:
        The folder of the export; None where torch is to run the checkpoint.

    Raises:
        UserError: There is no such engine, no such export, or it is of another checkpoint than
            the run's best is now.
    """
    if engine is not None and engine not in ENGINES:
        raise UserError(f"--engine {engine}: there is no such engine. Give one of {', '.join(ENGINES)}.")
    own = _facts(run).get("engine")
    if own is not None and engine in (None, own):
        return run
    if own is not None:
        raise UserError(
            f"--engine {engine}: {run} is an export for {own}. Leave --engine out, or give the run's folder."
        )
    if engine in (None, "torch"):
        return None
    checkpoint, directory = find_checkpoint(run), export_directory(run, str(engine))
    again = f"tracknet export {run} --format {engine}"
    facts = _facts(directory)
    if "engine" not in facts:
        raise UserError(f"--engine {engine}: {directory} holds no such export. Make it first: {again}")
    if facts["checkpoint"] != digest_of(checkpoint):
        raise UserError(
            f"{directory}: was made of another checkpoint than {checkpoint}. Remove it, then: {again}"
        )
    return directory


def read_export(directory: Path) -> Export:
    """Read what an export says of itself.

    Raises:
        UserError: It is damaged, or of another version.
    """
    facts = _facts(directory)
    try:
        version, graph = facts["format_version"], directory / facts["graph"]
        plan, _ = load_plan([directory / CONFIG], machine=False)
        export = Export(
            directory=directory,
            engine=facts["engine"],
            graph=graph,
            plan=plan,
            threshold=float(facts["threshold"]),
            checkpoint=facts["checkpoint"],
            frames=facts["sizes"]["frames"],
            input_size=tuple(facts["sizes"]["input"]),
            heatmap_size=tuple(facts["sizes"]["heatmap"]),
        )
    except ConfigError:
        raise
    except (OSError, KeyError, TypeError):
        raise UserError(f"{directory}: is a damaged export. Make it again with tracknet export.") from None
    if version != FORMAT_VERSION or not graph.is_file():
        what = f"has format version {version}" if version != FORMAT_VERSION else f"lacks {graph.name}"
        raise UserError(f"{directory}: {what}. Make it again with tracknet export.")
    return export


def write_facts(directory: Path, run: LoadedRun, *, engine: str, graph: str) -> None:
    """Write what stands beside a graph.

    Args:
        directory: Folder of the export.
        run: What was exported.
        engine: What it is for.
        graph: Name of the file of the graph.
    """
    model, plan = run.model, evolve(run.plan, adapter=None, quantizer=None)
    facts = {
        "format_version": FORMAT_VERSION,
        "engine": engine,
        "graph": graph,
        "checkpoint": digest_of(run.directory),
        "model_name": plan.model_name,
        "plugins": {record.distribution: record.version for record in registry().plugins},
        "sizes": {"frames": model.frames, "input": model.input_size, "heatmap": model.heatmap_size},
        "threshold": run.threshold,
    }
    (directory / FACTS).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    (directory / CONFIG).write_text(dump(plan), encoding="utf-8")


def _facts(directory: Path) -> dict[str, Any]:
    try:
        facts = json.loads((directory / FACTS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) else {}
