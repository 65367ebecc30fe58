"""What core itself registers, through the same hooks as any other plugin."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tracknet_core import hookimpl
from tracknet_core.data.formats.cvat import CVAT
from tracknet_core.data.formats.shuttlecock import SHUTTLECOCK
from tracknet_core.data.formats.tracknet import TRACKNET
from tracknet_core.data.formats.video_csv import VIDEO_CSV
from tracknet_core.data.formats.wasb_volleyball import WASB_VOLLEYBALL
from tracknet_core.descriptors import DatasetFormat, Exporter
from tracknet_core.progress import Progress


@hookimpl
def tracknet_register_datasets() -> Iterable[DatasetFormat]:
    """The layouts of published data sets, of a labelling tool, and of ``tracknet predict`` itself."""
    return (TRACKNET, SHUTTLECOCK, WASB_VOLLEYBALL, CVAT, VIDEO_CSV)


def _export_merged(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    from tracknet_core.exporting.merged import export_merged

    return export_merged(run, directory, progress)


def _export_onnx(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    from tracknet_core.exporting.onnx import export_onnx

    return export_onnx(run, directory, progress)


def _export_openvino(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    from tracknet_core.exporting.openvino import export_openvino

    return export_openvino(run, directory, progress)


@hookimpl
def tracknet_register_exporters() -> Iterable[Exporter]:
    """A checkpoint with plain weights only, and graphs for the engines of ``tracknet predict``."""
    return (
        Exporter(name="merged", export=_export_merged),
        Exporter(name="onnx", export=_export_onnx),
        Exporter(name="openvino", export=_export_openvino),
    )
