"""RUN/environment.json: on what a run was made."""

import json
import os
import platform
from pathlib import Path

import torch

from tracknet_core.atomic import replace_file
from tracknet_core.config.hardware import memory_bytes
from tracknet_core.plugins import registry
from tracknet_core.training.machine import DISTRIBUTIONS, cpu_name, version_of
from tracknet_core.training.memory import peak_memory_kind

FILE_NAME = "environment.json"


def describe_environment(device: torch.device) -> dict[str, object]:
    """Collect versions, plugins and hardware; bytes for memory."""
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "versions": {name: version for name in DISTRIBUTIONS if (version := version_of(name))},
        "plugins": [
            {"name": plugin.name, "distribution": plugin.distribution, "version": plugin.version}
            for plugin in registry().plugins
        ],
        "device": str(device),
        "cpu": cpu_name(),
        "cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "memory_bytes": memory_bytes(),
        "gpus": _gpus(),
        "peak_memory_bytes_counts": peak_memory_kind(device),
    }


def write_environment(run: Path, device: torch.device) -> None:
    """Write ``environment.json`` into a run's folder."""
    text = json.dumps(describe_environment(device), indent=2) + "\n"
    with replace_file(run / FILE_NAME) as temporary:
        temporary.write_text(text, encoding="utf-8")


def _gpus() -> list[dict[str, object]]:
    return [
        {
            "name": torch.cuda.get_device_properties(index).name,
            "memory_bytes": torch.cuda.get_device_properties(index).total_memory,
        }
        for index in range(torch.cuda.device_count())
    ]
