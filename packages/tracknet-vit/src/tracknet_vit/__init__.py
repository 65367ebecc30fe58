"""Vision transformer backbones for TrackNet."""

__version__ = "0.1.0"
