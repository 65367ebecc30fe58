"""Which layers a name means: dotted components, never substrings.

``layer.1`` names everything below ``encoder.layer.1`` and nothing of ``encoder.layer.10``. Each
component may be a glob: ``layer.*.mlp``, ``*_proj``, ``layer.[0-3]``.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase


def names_layer(pattern: str, layer: str) -> bool:
    """Whether a pattern names a layer or something that the layer is part of.

    Args:
        pattern: Components joined by dots; each may hold ``*``, ``?`` and ``[...]``.
        layer: Dotted name of the layer.

    Returns:
        Whether consecutive components of the layer's name match the pattern's, one to one.
    """
    wanted, found = pattern.split("."), layer.split(".")
    return any(
        all(fnmatchcase(part, glob) for part, glob in zip(found[start:], wanted, strict=False))
        for start in range(len(found) - len(wanted) + 1)
    )


def any_names_layer(patterns: Iterable[str], layer: str) -> bool:
    """Whether at least one of the patterns names the layer."""
    return any(names_layer(pattern, layer) for pattern in patterns)
