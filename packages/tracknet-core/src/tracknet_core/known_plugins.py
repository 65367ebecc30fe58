"""Which distribution to install for a name that no installed plugin registers."""

import re

_DISTRIBUTIONS = {
    ("backbone", "vit_heatmap"): "tracknet-vit",
    ("backbone", "convnext_fpn_heatmap"): "tracknet-convnext",
    ("adapter", "peft-lora"): "tracknet-lora",
    ("quantizer", "bnb-manual"): "tracknet-quant",
    ("quantizer", "bnb-hf"): "tracknet-quant",
    ("section", "lora"): "tracknet-lora",
    ("section", "quantization"): "tracknet-quant",
    ("section", "fpn"): "tracknet-convnext",
}

_COMMANDS = {"tracknet-convnext": "pip install ./examples/tracknet-convnext"}
"""Commands for distributions that are not on the package index."""

_RETIRED = re.compile(r"hrnet|deform", re.IGNORECASE)
"""Backbones of older installations that nothing here stands in for under their own names."""


def distribution_of(kind: str, name: str) -> str | None:
    """Name the distribution that is known to register something.

    Args:
        kind: ``section``, or the kind of a descriptor such as ``backbone``.
        name: Name of the section or descriptor.

    Returns:
        The distribution, or None for a name that is not known.
    """
    return _DISTRIBUTIONS.get((kind, name))


def known_names(kind: str) -> tuple[str, ...]:
    """All names of a kind that a known distribution registers."""
    return tuple(name for known, name in _DISTRIBUTIONS if known == kind)


def install_command(distribution: str) -> str:
    """The shell command that installs a known distribution."""
    return _COMMANDS.get(distribution, f"pip install {distribution}")


def is_retired(model_name: str) -> bool:
    """Whether ``model_name`` is a backbone of older installations that is no longer offered."""
    return bool(_RETIRED.search(model_name))
