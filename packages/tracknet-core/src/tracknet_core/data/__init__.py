"""From labelled clips on disk to batches of uint8 windows."""
