"""What does a model's arithmetic: torch itself, or the graph of an export. This file imports no torch."""

ENGINES = ("torch", "onnx", "openvino")
"""Names that ``--engine`` takes; all but ``torch`` are formats of ``tracknet export`` too."""
