"""Names that layers had in older versions or have in other libraries, and what they mean here.

transformers 5 gave the layers of its vision models new names, and configurations outlive that.
A layer is known by its part in a transformer block; a name says which parts it means.
"""

import re
from collections.abc import Mapping, Sequence
from enum import Enum, auto

from tracknet_core.layer_names import names_layer


class Part(Enum):
    """What a layer does in a transformer block."""

    QUERY = auto()
    KEY = auto()
    VALUE = auto()
    ATTENTION_OUT = auto()
    MLP_IN = auto()
    MLP_OUT = auto()


_IN_ATTENTION = frozenset({Part.QUERY, Part.KEY, Part.VALUE, Part.ATTENTION_OUT})
_IN_MLP = frozenset({Part.MLP_IN, Part.MLP_OUT})

_PARTS: Mapping[str, frozenset[Part]] = {
    "query": frozenset({Part.QUERY}),
    "q_proj": frozenset({Part.QUERY}),
    "key": frozenset({Part.KEY}),
    "k_proj": frozenset({Part.KEY}),
    "value": frozenset({Part.VALUE}),
    "v_proj": frozenset({Part.VALUE}),
    "qkv": frozenset({Part.QUERY, Part.KEY, Part.VALUE}),
    "proj": frozenset({Part.ATTENTION_OUT}),
    "o_proj": frozenset({Part.ATTENTION_OUT}),
    "out_proj": frozenset({Part.ATTENTION_OUT}),
    "fc1": frozenset({Part.MLP_IN}),
    "up_proj": frozenset({Part.MLP_IN}),
    "gate_proj": frozenset({Part.MLP_IN}),
    "weights_in": frozenset({Part.MLP_IN}),
    "intermediate.dense": frozenset({Part.MLP_IN}),
    "fc2": frozenset({Part.MLP_OUT}),
    "down_proj": frozenset({Part.MLP_OUT}),
    "weights_out": frozenset({Part.MLP_OUT}),
    "output.dense": frozenset({Part.ATTENTION_OUT, Part.MLP_OUT}),
    "dense": frozenset({Part.ATTENTION_OUT, Part.MLP_IN, Part.MLP_OUT}),
}
"""Parts that a name means, by the end of the name."""

_ATTENTION = re.compile(r"(?:.*_)?(?:attention|attn)\d*|self")
_MLP = re.compile(r"(?:.*_)?(?:mlp|ffn)\d*")
_NUMBERED = re.compile(r"(?:.*_)?\d+")


def in_block(layer: str) -> bool:
    """Whether a layer belongs to one of several like blocks, such as ``encoder.layer.3``."""
    return any(_NUMBERED.fullmatch(component) for component in layer.split("."))


def in_attention(layer: str) -> bool:
    """Whether a layer belongs to an attention."""
    return any(_ATTENTION.fullmatch(component) for component in layer.split(".")[:-1])


def translate(name: str, layers: Sequence[str]) -> tuple[str, ...]:
    """Find the layers of a model that a name of another version or library means.

    What stands before the name of the layer itself, such as ``encoder.layer.3``, must name a block
    of the model, wholly or by its end.

    Args:
        name: Such as ``query`` or ``layer.3.attention.output.dense``.
        layers: Dotted names of the model's layers.

    Returns:
        Those that are meant; none when the name is not known to mean any.
    """
    parts, block = _read(name)
    alike = [layer for layer in layers if in_block(layer) and _has_part(layer, parts)]
    if not block:
        return tuple(alike)
    components = block.split(".")
    ends = (".".join(components[start:]) for start in range(len(components)))
    found = (tuple(layer for layer in alike if names_layer(end, layer)) for end in ends)
    return next(filter(None, found), ())


def _has_part(layer: str, parts: frozenset[Part]) -> bool:
    has = _read(layer)[0] & parts
    return bool(has & _IN_MLP) or (bool(has) and in_attention(layer))


def _read(name: str) -> tuple[frozenset[Part], str]:
    """Tell the parts that a name means, and name the block that they are in."""
    *rest, last = name.split(".")
    parts = _PARTS.get(last, frozenset())
    if rest and (both := _PARTS.get(f"{rest[-1]}.{last}")):
        parts = both
        rest.pop()
    owned = False
    while rest and (ours := _parts_below(rest[-1])):
        parts &= ours
        owned = True
        rest.pop()
    if rest and not owned and parts & _IN_MLP:
        parts &= _IN_MLP  # named beside the attention, as in layer.3.output.dense
    return parts, ".".join(rest)


def _parts_below(component: str) -> frozenset[Part]:
    if _ATTENTION.fullmatch(component):
        return _IN_ATTENTION
    return _IN_MLP if _MLP.fullmatch(component) else frozenset()
