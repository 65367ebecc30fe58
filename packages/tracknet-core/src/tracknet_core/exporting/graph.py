"""The graph that is exported: uint8 frames in, peaks and heatmaps out."""

import logging
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from tracknet_core.config.problems import RunError
from tracknet_core.exporting.parity import Form, write_parity
from tracknet_core.model.checkpoint import LoadedRun, load_checkpoint, load_merged
from tracknet_core.model.engines.exports import read_export, write_facts
from tracknet_core.model.engines.ready import ready_export
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.peaks import candidates_of
from tracknet_core.progress import Progress

INPUT = "frames"
OUTPUTS = ("xy", "score", "heatmaps")
"""Names of what goes in and comes out; the order of ``PredictionGraph.forward``."""


class PredictionGraph(nn.Module):
    """A model with normalization before it and peaks after it."""

    def __init__(self, model: HeatmapModel) -> None:
        super().__init__()
        self.model = model

    def forward(self, frames: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Map uint8 ``[B, T, 3, H, W]`` to what is seen in it.

        Returns:
            ``[B, T, K, 2]`` x and y in continuous heatmap px, nan where there are fewer than K peaks;
            ``[B, T, K]`` their scores; ``[B, T, Hh, Wh]`` the heatmaps, probabilities. All float32.
        """
        heatmaps = torch.sigmoid(self.model(frames).float())
        candidates = candidates_of(heatmaps)
        return candidates[..., :2], candidates[..., 2], heatmaps


def export_graph(
    run: Path,
    directory: Path,
    progress: Progress,
    *,
    engine: str,
    graph: str,
    write: Callable[[ExportedProgram, Path], None],
) -> Sequence[Path]:
    """Write a run's best checkpoint as a graph, its adapter merged and its 4-bit weights made plain.

    What was written is opened again and held against the run.

    Args:
        run: Folder of a run or of a checkpoint.
        directory: An existing, empty folder.
        progress: Where notes and bars go.
        engine: What the graph is for.
        graph: Name of its file.
        write: Converts the traced program and writes it to a file.

    Returns:
        The files written.

    Raises:
        UserError: The checkpoint cannot be loaded, or its weights cannot be made plain.
        RunError: The model does something that cannot be traced.
    """
    merged = load_merged(run)
    if merged.plan.quantizer:
        progress.say("quantized weights are written as the plain ones that they stand for")
    with progress.task("convert", total=2) as task, _quiet():
        program = trace(merged)
        task.advance()
        write(program, directory / graph)
        task.advance()
    write_facts(directory, merged, engine=engine, graph=graph)
    del program, merged
    export = read_export(directory)
    exported = Form(
        exact=lambda: ready_export(export, device="cpu", precision="fp32").engine,
        ready=lambda: ready_export(export),
    )
    write_parity(directory, load_checkpoint(run), exported, progress)
    return sorted(directory.iterdir())


def trace(run: LoadedRun) -> ExportedProgram:
    """Trace a model for any number of windows.

    Raises:
        RunError: It does something that cannot be traced.
    """
    model, (width, height) = run.model, run.model.input_size
    frames = torch.zeros(2, model.frames, 3, height, width, dtype=torch.uint8)
    try:
        with torch.no_grad():
            return torch.export.export(
                PredictionGraph(model).eval(), (frames,), dynamic_shapes={INPUT: {0: Dim.DYNAMIC}}
            )
    except (RuntimeError, ValueError, TypeError) as error:  # torch.export has no class of its own for it
        reason = str(error).strip().partition("\n")[0]
        raise RunError(
            f"model_name: {run.plan.model_name} cannot be traced for windows of any number: {reason} "
            "Predict with the run as it is, or tell the backbone's author."
        ) from error


def write_onnx(program: ExportedProgram, file: Path) -> None:
    """Write a traced program as ONNX."""
    converted = torch.onnx.export(
        program, dynamo=True, input_names=[INPUT], output_names=list(OUTPUTS), verbose=False
    )
    if converted is None:
        raise RuntimeError("torch.onnx.export gave no program")
    converted.save(file)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep converters from telling what they skip."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
