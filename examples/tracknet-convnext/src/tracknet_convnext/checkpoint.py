"""A checkpoint on this machine, found without torch or transformers."""

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

CONFIG = "config.json"
PREPROCESSOR = "preprocessor_config.json"
WEIGHTS = "model*.safetensors"


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


def find_checkpoint(name: str) -> LocalCheckpoint | None:
    """Find a folder, or a hub id in the local cache; None when it is not on this machine.

    Raises:
        ValueError: Its ``config.json`` is damaged.
    """
    folder = Path(name).expanduser()
    directory = folder if (folder / CONFIG).is_file() else _cached_snapshot(name)
    if directory is None:
        return None
    file = directory / CONFIG
    try:
        config = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ValueError(f"{file} is not JSON ({error})") from None
    if not isinstance(config, dict):
        raise ValueError(f"{file} does not hold a mapping")
    return LocalCheckpoint(directory=directory, config=config, weights=tuple(sorted(directory.glob(WEIGHTS))))


def _cached_snapshot(hub_id: str) -> Path | None:
    from huggingface_hub import try_to_load_from_cache
    from huggingface_hub.errors import HFValidationError

    try:
        config = try_to_load_from_cache(hub_id, CONFIG)
    except HFValidationError:  # a path, not a hub id
        return None
    return Path(config).parent if isinstance(config, str) else None
