"""Base weights: where they came from, and random ones saved beside the run.

A checkpoint never copies base weights; it records their files with a sha256 each. Weights that
were random cannot be had again from anywhere, so they are saved once, as RUN/base.
"""

import hashlib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tracknet_core.atomic import replace_directory
from tracknet_core.config.hardware import page_out
from tracknet_core.model.heatmap_model import HeatmapModel

CORE_WEIGHTS = "pretrained.safetensors"
"""What core writes for a backbone that has no ``save_base`` of its own."""


def save_base(model: HeatmapModel, directory: Path) -> None:
    """Write random base weights to a new folder, through the backbone if it knows a better form."""
    with replace_directory(directory) as temporary:
        if hasattr(model.backbone, "save_base"):
            model.description.save_base(temporary)
        else:
            state = model.pretrained.state_dict()
            save_file({name: tensor.contiguous() for name, tensor in state.items()}, temporary / CORE_WEIGHTS)


def restore_base(pretrained: nn.Module, directory: Path) -> None:
    """Load what core wrote; a backbone with ``save_base`` has read its own form while building."""
    if (directory / CORE_WEIGHTS).is_file():
        pretrained.load_state_dict(load_file(directory / CORE_WEIGHTS))


def page_out_tensor(read: Tensor) -> None:
    """Take a tensor on the CPU out of resident memory once others were made of it."""
    if read.device.type == "cpu" and type(read) is Tensor:
        page_out(read.data_ptr(), read.nbytes)


def let_go_of_files(module: nn.Module) -> None:
    """Copy weights that were mapped from their file, so that the mapping of the whole file can end.

    Loaders map a file into memory and give out views of it, and one small norm holds it all. Once
    the large weights have been replaced, by 4-bit or 16-bit ones, what is left is worth a copy.
    """
    for parameter in module.parameters():
        if parameter.is_floating_point():
            parameter.data = parameter.data.clone()
    for buffer in module.buffers():
        buffer.data = buffer.data.clone()


def fingerprint(files: Iterable[Path]) -> Mapping[str, str]:
    """Hash weights files: sha256 by file name."""
    return {file.name: _sha256(file, file.stat().st_size, file.stat().st_mtime_ns) for file in sorted(files)}


def base_fingerprint(model: HeatmapModel, base: Path | None) -> Mapping[str, str]:
    """Hash the files that a model's base weights are kept in.

    Args:
        model: The model.
        base: Folder of base weights that a run saved itself, if it is there.
    """
    if base is not None and base.is_dir():
        return fingerprint(base.glob("*.safetensors"))
    return fingerprint(model.description.weights_files)


@cache
def _sha256(file: Path, size: int, changed_ns: int) -> str:  # noqa: ARG001 - they are part of the cache's key
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
