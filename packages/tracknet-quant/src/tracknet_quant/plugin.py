"""The TrackNet plugin."""

from collections.abc import Iterable
from typing import Any

from tracknet_core import hookimpl
from tracknet_core.descriptors import Quantizer


@hookimpl
def tracknet_register_quantizers() -> Iterable[Quantizer[Any]]:
    """Register nothing yet."""
    return []
