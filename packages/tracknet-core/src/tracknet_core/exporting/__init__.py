"""Trained runs in other forms, each with a report of how far it is from the run."""
