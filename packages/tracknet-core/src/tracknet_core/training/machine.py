"""Facts about this machine that need no torch."""

import importlib.metadata
import os
import platform
from pathlib import Path

DISTRIBUTIONS = (
    "tracknet-core",
    "torch",
    "transformers",
    "accelerate",
    "peft",
    "bitsandbytes",
    "safetensors",
    "numpy",
    "opencv-python-headless",
    "av",
)
"""What the figures of a run depend on."""


def version_of(distribution: str) -> str | None:
    """Version of an installed distribution; None if it is not installed."""
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def cpu_name() -> str:
    """The processor's own name where the system tells it."""
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def usable_cores() -> int:
    """Cores that this process may use, which a container or a scheduler may have limited."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
