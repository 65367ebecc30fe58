"""What a quantizer asks of the loader, asked in one way by the check and by the run."""

from typing import TypeVar

from attrs import evolve

from tracknet_core.descriptors import BackboneOutline, BackboneRequest, Quantizer

C = TypeVar("C")
Q = TypeVar("Q")


def with_load_options(
    request: BackboneRequest[C], outline: BackboneOutline | None, quantizer: Quantizer[Q], config: Q
) -> BackboneRequest[C]:
    """Add to a request what a quantizer that acts while weights load asks of the loader.

    Args:
        request: The request without load options.
        outline: What the backbone says of this request; tells which layers are never quantized.
        quantizer: The quantizer.
        config: Its section.
    """
    skip = outline.never_quantize if outline else ()
    return evolve(request, load_options=quantizer.load_options(config, skip))
