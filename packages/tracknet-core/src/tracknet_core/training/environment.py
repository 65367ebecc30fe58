"""RUN/environment.json: on what a run was made."""

import importlib.metadata
import json
import os
import platform
from pathlib import Path

import torch

from tracknet_core.atomic import replace_file
from tracknet_core.plugins import registry
from tracknet_core.training.memory import peak_memory_kind

FILE_NAME = "environment.json"

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


def describe_environment(device: torch.device) -> dict[str, object]:
    """Collect versions, plugins and hardware; bytes for memory."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version for name in DISTRIBUTIONS if (version := _version(name))},
        "plugins": [
            {"name": plugin.name, "distribution": plugin.distribution, "version": plugin.version}
            for plugin in registry().plugins
        ],
        "device": str(device),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "memory_bytes": _memory_bytes(),
        "gpus": _gpus(),
        "peak_memory_bytes_counts": peak_memory_kind(device),
    }


def write_environment(run: Path, device: torch.device) -> None:
    """Write ``environment.json`` into a run's folder."""
    text = json.dumps(describe_environment(device), indent=2) + "\n"
    with replace_file(run / FILE_NAME) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _version(distribution: str) -> str | None:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        return None


def _cpu_name() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _memory_bytes() -> int | None:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def _gpus() -> list[dict[str, object]]:
    return [
        {
            "name": torch.cuda.get_device_properties(index).name,
            "memory_bytes": torch.cuda.get_device_properties(index).total_memory,
        }
        for index in range(torch.cuda.device_count())
    ]
