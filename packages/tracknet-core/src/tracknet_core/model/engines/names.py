"""What engines are called and where their exports lie; imports no torch."""

from pathlib import Path

ENGINES = ("torch", "onnx", "openvino")
"""Names that ``--engine`` takes; all but ``torch`` are formats of ``tracknet export`` too."""


def export_directory(run: Path, name: str) -> Path:
    """Return where ``tracknet export`` puts a format where nobody says otherwise: ``RUN/NAME``.

    A checkpoint that comes with a plugin is no place to write to: its exports go to ``exports/NAME``.
    """
    return (run if run.is_dir() else Path("exports")) / name
