"""ConvNeXt backbones for TrackNet."""
