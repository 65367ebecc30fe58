"""What core itself registers, through the same hooks as any other plugin."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tracknet_core import hookimpl
from tracknet_core.data.formats.tracknet import TRACKNET
from tracknet_core.descriptors import DatasetFormat, Exporter
from tracknet_core.progress import Progress


@hookimpl
def tracknet_register_datasets() -> Iterable[DatasetFormat]:
    """The layout ``gameN/ClipM/Label.csv`` of the TrackNet tennis data set."""
    return (TRACKNET,)


def _export_merged(run: Path, directory: Path, progress: Progress) -> Sequence[Path]:
    from tracknet_core.exporting.merged import export_merged

    return export_merged(run, directory, progress)


@hookimpl
def tracknet_register_exporters() -> Iterable[Exporter]:
    """A checkpoint without adapter and quantization, with its whole backbone beside it."""
    return (Exporter(name="merged", export=_export_merged),)
