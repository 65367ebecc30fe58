"""Both modes pass the kit that every quantizer's author runs."""

from tracknet_core.testing import QuantizerConformance
from tracknet_quant.config import QuantizationConfig


class TestManual(QuantizerConformance):
    name = "bnb-manual"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True)


class TestManualFp4(QuantizerConformance):
    name = "bnb-manual"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, quant_type="fp4")
    tolerance = 0.2


class TestManualWithPlainScales(QuantizerConformance):
    name = "bnb-manual"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, compress_statistics=False)


class TestManualInFloat32(QuantizerConformance):
    name = "bnb-manual"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, compute_dtype="float32")


class TestManualInFloat16(QuantizerConformance):
    name = "bnb-manual"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, compute_dtype="float16")


class TestHf(QuantizerConformance):
    name = "bnb-hf"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True)


class TestHfFp4(QuantizerConformance):
    name = "bnb-hf"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, quant_type="fp4")
    tolerance = 0.2


class TestHfWithPlainScales(QuantizerConformance):
    name = "bnb-hf"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, use_double_quant=False)


class TestHfInFloat32(QuantizerConformance):
    name = "bnb-hf"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True, compute_dtype="float32")
