"""Bases that come inside the package: no download, no account, ready offline.

Each is a folder that ``AutoModel.from_pretrained`` opens, with a model card and, in ``heatmap/``, a
checkpoint of a decoder that was trained over it.
"""

from collections.abc import Mapping
from pathlib import Path

_HERE = Path(__file__).parent

EMBEDDED: Mapping[str, Path] = {"tracknet/vit-tiny-synthetic": _HERE / "vit-tiny-synthetic"}
"""Folder of each embedded base, by what ``pretrained_model_name`` calls it."""

CHECKPOINTS: Mapping[str, Path] = {name: folder / "heatmap" for name, folder in EMBEDDED.items()}
"""Checkpoint of the model that was trained over each, by the same name."""
