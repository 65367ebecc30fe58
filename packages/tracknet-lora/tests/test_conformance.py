"""LoRA passes the kit that every adapter author runs, in each of its forms."""

from tracknet_core.testing import AdapterConformance
from tracknet_lora.config import LoraConfig


class TestDefault(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True)


class TestGaussian(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True, init="gaussian")


class TestDoRA(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True, use_dora=True)


class TestRankStabilized(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True, r=8, use_rslora=True)


class TestAllBiases(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True, bias="all")


class TestBiasesOfTargetsOverEverything(AdapterConformance):
    name = "peft-lora"
    plugin = "tracknet_lora.plugin"
    config = LoraConfig(enabled=True, r=4, bias="lora_only", target_modules=("layer", "patches"))
