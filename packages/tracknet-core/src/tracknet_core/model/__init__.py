"""From frames to heatmaps to peaks."""
