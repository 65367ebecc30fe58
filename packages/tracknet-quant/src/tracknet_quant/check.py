"""What can be said of a ``quantization:`` section before torch is imported."""

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from typing import Any

from tracknet_core.config.problems import Problem, Severity
from tracknet_core.descriptors import BackboneOutline, BackboneRequest, LayerOutline
from tracknet_core.hardware import no_gpu
from tracknet_core.layer_names import any_names_layer, names_layer
from tracknet_quant.config import QuantizationConfig


def check_manual(
    config: QuantizationConfig,
    request: BackboneRequest[Any],  # noqa: ARG001 - part of the signature of every check
    outline: BackboneOutline | None,
) -> list[Problem]:
    """Find what mode ``manual`` cannot do, would do slowly, or does not read."""
    unread = _unread_key(config, read="compress_statistics", unread="use_double_quant", mode="manual")
    return [*_layers(config, outline), *_slow_type(config), *unread]


def check_hf(
    config: QuantizationConfig,
    request: BackboneRequest[Any],  # noqa: ARG001 - part of the signature of every check
    outline: BackboneOutline | None,
) -> list[Problem]:
    """Find what mode ``hf`` cannot do, would do slowly, or does not read."""
    unread = _unread_key(config, read="use_double_quant", unread="compress_statistics", mode="hf")
    return [*_layers(config, outline), *_slow_type(config), *unread]


def _layers(config: QuantizationConfig, outline: BackboneOutline | None) -> Iterator[Problem]:
    """Names that mean no layer, and a backbone of which nothing would be quantized."""
    if outline is None or not outline.layers:
        return
    for pattern in config.skip_modules:
        if not any(names_layer(pattern, layer.name) for layer in outline.layers):
            yield Problem(
                key="quantization.skip_modules",
                message=f"{pattern!r} names no layer of the backbone",
                remedy=_did_you_mean(pattern, outline.layers),
            )
    linear = [layer for layer in outline.layers if len(layer.shape) == 2]
    if not linear:
        yield Problem(
            key="quantization.enabled",
            message="4-bit weights are for linear layers, and the backbone has none",
            remedy="Set quantization.enabled: false; LoRA works on convolutions too.",
        )
    elif all(any_names_layer((*outline.never_quantize, *config.skip_modules), one.name) for one in linear):
        yield Problem(
            key="quantization.skip_modules",
            message=f"{list(config.skip_modules)} leaves none of the {len(linear)} linear layers to quantize",
            remedy="Shorten the list, or set quantization.enabled: false.",
        )


def _slow_type(config: QuantizationConfig) -> Iterator[Problem]:
    reason = no_gpu() if config.compute_dtype == "float16" else None
    if reason:
        yield Problem(
            key="quantization.compute_dtype",
            message=f"float16 is very slow on a CPU ({reason})",
            remedy="Write compute_dtype: bfloat16, which needs the same memory.",
            severity=Severity.WARNING,
        )


def _unread_key(config: QuantizationConfig, *, read: str, unread: str, mode: str) -> Iterator[Problem]:
    """Double quantization switched off by the key that this mode does not read.

    A check sees values, not what was written. The unread key off can only have been written. The
    other way round, the read key off and the unread one on, is what a file looks like that names
    the right key alone, and that one is obeyed.
    """
    if getattr(config, read) and not getattr(config, unread):
        yield Problem(
            key=f"quantization.{unread}",
            message=f"is not read in mode {mode}, where {read}: true counts",
            remedy=f"Set {read}: false to switch double quantization off.",
            severity=Severity.WARNING,
        )


def _did_you_mean(pattern: str, layers: Sequence[LayerOutline]) -> str:
    """Name what has as many components as the pattern and was probably meant."""
    length = pattern.count(".") + 1
    known: set[str] = set()
    for layer in layers:
        parts = layer.name.split(".")
        known.update(".".join(parts[start : start + length]) for start in range(len(parts) - length + 1))
    closest = get_close_matches(pattern, sorted(known), n=1, cutoff=0.5)
    return f"Did you mean {closest[0]!r}?" if closest else "Take it out."
