"""What a quantizer asks of the loader, asked in one way by the check and by the run."""

from typing import TypeVar

from attrs import evolve

from tracknet_core.descriptors import Backbone, BackboneRequest, Quantizer

C = TypeVar("C")
Q = TypeVar("Q")


def with_load_options(
    request: BackboneRequest[C], backbone: Backbone[C], quantizer: Quantizer[Q], config: Q
) -> BackboneRequest[C]:
    """Add to a request what a quantizer that acts while weights load asks of the loader.

    Args:
        request: The request without load options.
        backbone: Tells which layers are never quantized.
        quantizer: The quantizer.
        config: Its section.
    """
    outline = backbone.outline(request)
    skip = outline.never_quantize if outline else ()
    return evolve(request, load_options=quantizer.load_options(config, skip))
