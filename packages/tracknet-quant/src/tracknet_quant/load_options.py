"""What mode ``hf`` asks of transformers' ``from_pretrained``: plain data, made without torch."""

import re
from collections.abc import Mapping, Sequence
from fnmatch import translate

from tracknet_quant.config import QuantizationConfig


def load_options(config: QuantizationConfig, skip: Sequence[str]) -> Mapping[str, object]:
    """Ask for 4-bit weights on the CPU; core moves the model to its device later.

    Args:
        config: The section.
        skip: Dotted-component names to leave alone besides ``config.skip_modules``.
    """
    return {
        "quantization_config": {
            "quant_method": "bitsandbytes",
            "load_in_4bit": True,
            "bnb_4bit_quant_type": config.quant_type,
            "bnb_4bit_compute_dtype": config.compute_dtype,
            "bnb_4bit_use_double_quant": config.use_double_quant,
            # A list even when it is empty: None would let transformers add layers of its own choice.
            "llm_int8_skip_modules": [as_regex(pattern) for pattern in (*skip, *config.skip_modules)],
        },
        "device_map": {"": "cpu"},
    }


def as_regex(pattern: str) -> str:
    r"""Write a dotted-component pattern as a regex over whole names.

    transformers skips a layer whose name starts with a match that ends at a component, or simply
    ends with the entry's text. The regex spans the name from start to end, so that ``layer.1`` is
    not ``layer.10``, and no name ends with its text.
    """
    components = r"\.".join(_component(glob) for glob in pattern.split("."))
    return rf"(?:.*\.)?{components}(?:\..*)?$"


def _component(glob: str) -> str:
    """Write a glob as a regex that never crosses a dot, as ``names_layer`` matches one component."""
    characters = re.findall(r"\[!?\]?[^\]]*\]|.", glob)
    return "".join("[^.]*" if one == "*" else rf"(?!\.){_character(one)}" for one in characters)


def _character(glob: str) -> str:
    """Write ``?``, ``[...]`` or a plain character as fnmatch does, without its anchor at the end."""
    return translate(glob)[:-2]
