"""From predictions and labels to the numbers that papers report."""
