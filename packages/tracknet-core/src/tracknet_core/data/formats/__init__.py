"""Dataset layouts, one file a format."""
