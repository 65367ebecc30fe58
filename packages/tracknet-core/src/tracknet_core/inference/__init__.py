"""From a video to one point a frame."""
