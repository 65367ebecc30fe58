"""The convolutional encoder of TrackNetV2 for TrackNet."""
