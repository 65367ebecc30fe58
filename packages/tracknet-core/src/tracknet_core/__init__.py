"""TrackNet: teach a large pretrained vision model to follow a small fast ball.

From Python, ``tracknet_core.load(run).track(source)`` yields one point a frame while the video
streams.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from pluggy import HookimplMarker

if TYPE_CHECKING:
    from tracknet_core.inference.points import BallPoint
    from tracknet_core.inference.predictor import Predictor, load

__version__ = "0.1.0"

hookimpl = HookimplMarker("tracknet")
"""Marks a function of a plugin as the implementation of a TrackNet hook."""

__all__ = ["BallPoint", "Predictor", "__version__", "hookimpl", "load"]

_LAZY = {
    "BallPoint": "tracknet_core.inference.points",
    "Predictor": "tracknet_core.inference.predictor",
    "load": "tracknet_core.inference.predictor",
}


def __getattr__(name: str) -> object:
    """Import what needs torch when it is first asked for: plugins import this module too."""
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)
