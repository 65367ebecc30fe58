"""A small convolutional backbone for TrackNet."""
