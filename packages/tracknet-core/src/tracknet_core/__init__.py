"""TrackNet: teach a large pretrained vision model to follow a small fast ball."""

from pluggy import HookimplMarker

__version__ = "0.1.0"

hookimpl = HookimplMarker("tracknet")
"""Marks a function of a plugin as the implementation of a TrackNet hook."""

__all__ = ["__version__", "hookimpl"]
