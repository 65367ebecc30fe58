"""The layers of a model under the names that transformers gives them when it is built, without torch.

Checkpoints keep the names of older versions of transformers, which renames while it loads.
"""

import re
from collections.abc import Iterable, Mapping

from tracknet_core.descriptors import LayerOutline

_ATTENTION = (
    (r"attention\.attention\.(query|key|value)$", lambda found: f"attention.{found[1][0]}_proj"),
    (r"attention\.output\.dense$", lambda _: "attention.o_proj"),
)
_MLP = (
    (r"(?<=\d\.)intermediate\.dense$", lambda _: "mlp.fc1"),
    (r"(?<=\d\.)output\.dense$", lambda _: "mlp.fc2"),
)
_BLOCKS = ((r"^encoder\.layer\.", lambda _: "layers."),)

_RENAMED = {
    "dinov3_vit": ((r"^layer\.", lambda _: "model.layer."),),
    "dinov2": _ATTENTION,
    "dinov2_with_registers": _ATTENTION,
    "vit": (*_ATTENTION, *_MLP, *_BLOCKS),
    "deit": (*_ATTENTION, *_MLP, *_BLOCKS),
    "ijepa": (*_ATTENTION, *_MLP, *_BLOCKS),
}
"""By family: what of a name in a file is replaced, in this order."""

_BLOCK = {
    "dinov3_vit": "model.layer",
    "dinov2": "encoder.layer",
    "dinov2_with_registers": "encoder.layer",
    "vit": "layers",
}


def built_layers(family: str, in_file: Iterable[LayerOutline]) -> tuple[LayerOutline, ...]:
    """Rename the layers of a checkpoint; those of families that are not known keep their names."""
    return tuple(built for layer in in_file for built in _built(family, layer))


def planned_layers(family: str, config: Mapping[str, object], channels: int) -> tuple[LayerOutline, ...]:
    """Derive the layers of a model that has no checkpoint from its config.

    Args:
        family: transformers' ``model_type``.
        config: Its config, with ``hidden_size``, ``num_hidden_layers`` and the MLP's width.
        channels: Channels of the picture, 3 for each frame of a window.

    Returns:
        Patch embedding, attention and MLP of all blocks; empty for a family that is not known, or
        a config without whole numbers.
    """
    sizes = [config.get(key) for key in ("hidden_size", "num_hidden_layers", "patch_size")]
    hidden, blocks, patch = (size if isinstance(size, int) else 0 for size in sizes)
    inner = _inner(family, config, hidden)
    if family not in _BLOCK or not (hidden and blocks and patch and inner):
        return ()
    projection = "" if family == "dinov3_vit" else ".projection"
    layers: dict[str, tuple[int, ...]] = {
        f"embeddings.patch_embeddings{projection}": (hidden, channels, patch, patch)
    }
    for block in range(blocks):
        name = f"{_BLOCK[family]}.{block}"
        layers |= {f"{name}.attention.{one}_proj": (hidden, hidden) for one in "qkvo"}
        layers |= {f"{name}.mlp.{one}": (inner, hidden) for one in _mlp_inputs(family, config)}
        layers[f"{name}.mlp.{_mlp_output(family, config)}"] = (hidden, inner)
    return tuple(LayerOutline(name=name, shape=shape) for name, shape in layers.items())


def _built(family: str, layer: LayerOutline) -> tuple[LayerOutline, ...]:
    if layer.name.endswith(".mlp.weights_in"):  # DINOv2 giant keeps gate and up projection in one
        block, shape = layer.name.removesuffix("weights_in"), (layer.shape[0] // 2, *layer.shape[1:])
        halves = [LayerOutline(name=f"{block}{half}_proj", shape=shape) for half in ("gate", "up")]
        return built_layers(family, halves)
    name = layer.name.replace(".mlp.weights_out", ".mlp.down_proj")
    for pattern, replacement in _RENAMED.get(family, ()):
        name = re.sub(pattern, replacement, name)
    return (LayerOutline(name=name, shape=layer.shape),)


def _gated(family: str, config: Mapping[str, object]) -> bool:
    return bool(config.get("use_gated_mlp" if family == "dinov3_vit" else "use_swiglu_ffn"))


def _mlp_inputs(family: str, config: Mapping[str, object]) -> tuple[str, ...]:
    if _gated(family, config):
        return ("gate_proj", "up_proj")
    return ("up_proj",) if family == "dinov3_vit" else ("fc1",)


def _mlp_output(family: str, config: Mapping[str, object]) -> str:
    return "down_proj" if family == "dinov3_vit" or _gated(family, config) else "fc2"


def _inner(family: str, config: Mapping[str, object], hidden: int) -> int:
    if family in ("dinov3_vit", "vit"):
        inner = config.get("intermediate_size")
        return inner if isinstance(inner, int) else 0
    ratio = config.get("mlp_ratio")
    inner = int(hidden * ratio) if isinstance(ratio, int | float) else 0
    return (int(inner * 2 / 3) + 7) // 8 * 8 if _gated(family, config) else inner
