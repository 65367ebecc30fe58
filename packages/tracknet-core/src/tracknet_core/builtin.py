"""What core itself registers, through the same hooks as any other plugin."""

from collections.abc import Iterable

from tracknet_core import hookimpl
from tracknet_core.data.formats.tracknet import TRACKNET
from tracknet_core.descriptors import DatasetFormat


@hookimpl
def tracknet_register_datasets() -> Iterable[DatasetFormat]:
    """The layout ``gameN/ClipM/Label.csv`` of the TrackNet tennis data set."""
    return (TRACKNET,)
