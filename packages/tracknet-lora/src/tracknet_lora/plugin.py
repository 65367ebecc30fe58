"""The TrackNet plugin."""

from collections.abc import Iterable
from typing import Any

from tracknet_core import hookimpl
from tracknet_core.descriptors import Adapter


@hookimpl
def tracknet_register_adapters() -> Iterable[Adapter[Any]]:
    """Register nothing yet."""
    return []
