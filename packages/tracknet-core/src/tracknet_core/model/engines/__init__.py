"""What does a model's arithmetic: torch itself, or the graph of an export."""
