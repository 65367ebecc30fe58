"""What can be said of a ``lora:`` section before torch is imported."""

import math
from collections.abc import Iterator
from typing import Any

from tracknet_core.config.problems import Problem, Severity
from tracknet_core.descriptors import BackboneOutline, BackboneRequest, LayerOutline
from tracknet_lora.config import LoraConfig
from tracknet_lora.targets import outlined_layers, resolve


def check(
    config: LoraConfig,
    request: BackboneRequest[Any],  # noqa: ARG001 - part of the signature of every check
    outline: BackboneOutline | None,
) -> list[Problem]:
    """Find targets that match no layer or cannot be adapted, older names, and a rank beyond all use.

    Of a backbone whose layers are not known, nothing is said: ``adapt`` then finds what is wrong.
    """
    layers = outline.layers if outline else ()
    if not layers and config.target_modules != ():
        return []
    targets = resolve(config.target_modules, outlined_layers(layers))
    names = {target.name for target in targets.layers}
    return [*targets.problems, *_rank(config.r, [layer for layer in layers if layer.name in names])]


def _rank(r: int, targets: list[LayerOutline]) -> Iterator[Problem]:
    smallest = min(targets, key=_full_rank, default=None)
    if smallest is not None and r > _full_rank(smallest):
        yield Problem(
            key="lora.r",
            message=f"{r} is more than the full rank of {smallest.name}, which is {_full_rank(smallest)}",
            remedy="Lower it: a larger adapter learns nothing more.",
            severity=Severity.WARNING,
        )


def _full_rank(layer: LayerOutline) -> int:
    return min(layer.shape[0], math.prod(layer.shape[1:]))
