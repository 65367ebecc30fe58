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


@hookimpl
def tracknet_register_exporters() -> Iterable[Exporter]:
    """A checkpoint without adapter and quantization, with its whole backbone beside it."""
    return (Exporter(name="merged", export=_export_merged),)
