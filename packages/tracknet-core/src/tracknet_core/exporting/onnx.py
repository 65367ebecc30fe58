"""``onnx``: a graph for ONNX Runtime, or for anything else that reads ONNX."""

from collections.abc import Sequence
from pathlib import Path

from tracknet_core.exporting.graph import export_graph, write_onnx
from tracknet_core.model.engines.extras import require_modules
from tracknet_core.progress import Progress


def export_onnx(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    """Write a run as an ONNX graph: see ``export_graph``.

    Weights of more than 2 GB, the limit of a file, stand beside it in ``model.onnx.data``.

    Raises:
        UserError: ONNX is not installed, or the checkpoint cannot be exported.
        RunError: The model cannot be traced.
    """
    require_modules("onnx", "onnx", "onnxscript", "onnxruntime")
    return export_graph(run, directory, progress, engine="onnx", graph="model.onnx", write=write_onnx)
