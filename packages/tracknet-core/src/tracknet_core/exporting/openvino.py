"""``openvino``: OpenVINO's own form of a graph.

It is read from ONNX by OpenVINO's runtime. ``openvino.convert_model`` could read torch's programs
without that step, but reports each use over the network unless the user has opted out.
"""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from torch.export import ExportedProgram

from tracknet_core.exporting.graph import export_graph, write_onnx
from tracknet_core.model.engines.extras import require_modules
from tracknet_core.progress import Progress


def export_openvino(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    """Write a run for OpenVINO, weights in float32: see ``export_graph``.

    Raises:
        UserError: OpenVINO or ONNX is not installed, or the checkpoint cannot be exported.
        RunError: The model cannot be traced.
    """
    require_modules("openvino", "onnx", "onnxscript", "openvino")
    return export_graph(run, directory, progress, engine="openvino", graph="openvino.xml", write=_write)


def _write(program: ExportedProgram, file: Path) -> None:
    import openvino

    with TemporaryDirectory(dir=file.parent) as folder:
        between = Path(folder) / "model.onnx"
        write_onnx(program, between)
        openvino.save_model(openvino.Core().read_model(between), file, compress_to_fp16=False)
