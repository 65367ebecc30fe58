"""The TrackNet plugin: registers ``bnb-manual`` and ``bnb-hf``, the two modes of ``quantization``."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from tracknet_core import hookimpl
from tracknet_core.descriptors import Quantizer
from tracknet_quant.check import check_hf, check_manual
from tracknet_quant.config import QuantizationConfig
from tracknet_quant.load_options import load_options

if TYPE_CHECKING:
    from torch import nn


def _convert(module: "nn.Module", config: QuantizationConfig, skip: Sequence[str]) -> "nn.Module":
    from tracknet_quant.manual import convert

    return convert(module, config, skip)


def _confirm(module: "nn.Module", config: QuantizationConfig, skip: Sequence[str]) -> "nn.Module":
    from tracknet_quant.hf import confirm

    return confirm(module, config, skip)


def _convert_shapes(module: "nn.Module", config: QuantizationConfig, skip: Sequence[str]) -> "nn.Module":
    from tracknet_quant.hf import convert_shapes

    return convert_shapes(module, config, skip)


def _dequantize(module: "nn.Module") -> "nn.Module":
    from tracknet_quant.dequantize import dequantize

    return dequantize(module)


@hookimpl
def tracknet_register_quantizers() -> Iterable[Quantizer[Any]]:
    """Register both modes."""
    yield Quantizer(
        name="bnb-manual",
        section="quantization",
        config=QuantizationConfig,
        convert=_convert,
        dequantize=_dequantize,
        check=check_manual,
    )
    yield Quantizer(
        name="bnb-hf",
        section="quantization",
        config=QuantizationConfig,
        load_options=load_options,
        convert=_confirm,
        convert_shapes=_convert_shapes,
        dequantize=_dequantize,
        check=check_hf,
    )
