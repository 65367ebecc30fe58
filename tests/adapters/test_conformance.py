"""Adapter and quantizers pass each other's kits: one on top of the other trains, reloads and merges."""

from tracknet_core.testing import AdapterConformance, QuantizerConformance
from tracknet_lora.config import LoraConfig
from tracknet_quant.config import QuantizationConfig


class TestLoraOverNF4(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True)
    quantizer = ("bnb-manual", QuantizationConfig(enabled=True))


class TestDoraOverFP4(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True, use_dora=True)
    quantizer = ("bnb-manual", QuantizationConfig(enabled=True, quant_type="fp4"))


class TestManualUnderLora(QuantizerConformance):
    name = "bnb-manual"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True)
    adapter = ("peft-lora", LoraConfig(enabled=True))


class TestHfUnderLora(QuantizerConformance):
    name = "bnb-hf"
    plugin = "tracknet_quant.plugin"
    config = QuantizationConfig(enabled=True)
    adapter = ("peft-lora", LoraConfig(enabled=True))
