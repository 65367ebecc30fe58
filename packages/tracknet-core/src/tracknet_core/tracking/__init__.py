"""From peaks in single frames to one track."""
