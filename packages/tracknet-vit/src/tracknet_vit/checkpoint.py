"""What a checkpoint's files say about a model, read without torch or transformers."""

import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import TypedDict

from attrs import frozen

from tracknet_core.descriptors import LayerOutline
from tracknet_vit.bases import EMBEDDED

INDEX = "model.safetensors.index.json"
WEIGHTS = "model.safetensors"
PREPROCESSOR = "preprocessor_config.json"


@frozen(kw_only=True)
class LocalCheckpoint:
    """A checkpoint that lies on this machine.

    Attributes:
        directory: The folder with ``config.json`` (for hub ids, the cached snapshot).
        config: The contents of ``config.json``.
        weights: The safetensors files; empty when only the config is there.
    """

    directory: Path
    config: Mapping[str, object]
    weights: tuple[Path, ...]


class _TensorEntry(TypedDict):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


def find_checkpoint(name: str) -> LocalCheckpoint | None:
    """Find an embedded base, a folder, or a hub id in the local cache; None when it is not on this machine.

    Raises:
        ValueError: A file of the checkpoint is damaged; the message names it.
    """
    folder = Path(EMBEDDED.get(name, name)).expanduser()
    directory = folder if (folder / "config.json").is_file() else _cached_snapshot(name)
    if directory is None:
        return None
    config = _read_json(directory / "config.json")
    return LocalCheckpoint(directory=directory, config=config, weights=_weight_files(directory))


def read_layers(checkpoint: LocalCheckpoint) -> tuple[LayerOutline, ...]:
    """Read the names and shapes of all layers with a weight from the safetensors headers.

    Raises:
        ValueError: A weights file is truncated or not safetensors.
    """
    layers = []
    for file in checkpoint.weights:
        for name, entry in _read_header(file).items():
            if name.endswith(".weight"):
                layers.append(LayerOutline(name=name.removesuffix(".weight"), shape=tuple(entry["shape"])))
    return tuple(layers)


def _cached_snapshot(hub_id: str) -> Path | None:
    repository = _hub_cache() / ("models--" + hub_id.replace("/", "--"))
    reference = repository / "refs" / "main"
    if not reference.is_file():
        return None
    snapshot = repository / "snapshots" / reference.read_text().strip()
    return snapshot if (snapshot / "config.json").is_file() else None


def _hub_cache() -> Path:
    """Find the hub's cache as huggingface_hub does, without its import of half a second."""
    if cache := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(cache).expanduser()
    base = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    home = os.environ.get("HF_HOME") or f"{base}/huggingface"
    return Path(home).expanduser() / "hub"


def _weight_files(directory: Path) -> tuple[Path, ...]:
    if (directory / INDEX).is_file():
        shards = _read_json(directory / INDEX).get("weight_map")
        if not isinstance(shards, dict):
            raise ValueError(f"{directory / INDEX} has no weight_map")
        return tuple(directory / shard for shard in sorted(set(shards.values())))
    return (directory / WEIGHTS,) if (directory / WEIGHTS).is_file() else ()


def _read_json(file: Path) -> dict[str, object]:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON ({error})") from None
    if not isinstance(content, dict):
        raise ValueError(f"{file} does not hold a mapping")
    return content


def _read_header(file: Path) -> dict[str, _TensorEntry]:
    """Read a safetensors header: eight bytes of length, then that much JSON, then the tensors."""
    if not file.is_file():
        raise ValueError(f"{file} does not exist")
    with file.open("rb") as stream:
        start = stream.read(8)
        length = struct.unpack("<Q", start)[0] if len(start) == 8 else 0
        raw = stream.read(length) if 0 < length <= file.stat().st_size - 8 else b""
    try:
        header: dict[str, _TensorEntry] = json.loads(raw)
    except ValueError:
        raise ValueError(f"{file} is truncated or not a safetensors file") from None
    header.pop("__metadata__", None)
    end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
    if file.stat().st_size < 8 + length + end:
        raise ValueError(f"{file} is truncated")
    return header
