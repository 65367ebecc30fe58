"""The adapter kit finds planted faults, and only those."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from attrs import frozen
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from tracknet_core.config.options import option
from tracknet_core.descriptors import Adapter, Quantizer
from tracknet_core.testing import AdapterConformance
from tracknet_core.testing.tiny import TinyBackbone


@frozen(kw_only=True)
class ScaleConfig:
    enabled: bool = option(False, "Train a factor for each output of the targets.")
    fault: str = option("", "What is wrong with this adapter.")


class Scaled(nn.Module):
    """A layer with a factor for each of its outputs."""

    def __init__(self, layer: nn.Linear | nn.Conv2d, start: float) -> None:
        super().__init__()
        self.layer = layer
        self.scale = nn.Parameter(torch.full((len(layer.weight),), start))

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.layer(inputs)
        channels = self.scale if isinstance(self.layer, nn.Linear) else self.scale.view(-1, 1, 1)
        return outputs * (1 + channels)


class Toy:
    """An adapter of factors, with one fault."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def adapt(self, module: nn.Module, config: ScaleConfig, backbone: nn.Module) -> nn.Module:
        assert isinstance(config, ScaleConfig)
        module.requires_grad_(self.fault == "trains the base")
        inflated = () if self.fault == "forgets inflated layers" else backbone.inflated_layers
        for name, layer in list(module.named_modules()):
            if name.rpartition(".")[2] in backbone.lora_targets or name in inflated:
                module.set_submodule(name, Scaled(layer, 0.1 if self.fault == "no identity" else 0.0))
        if self.fault == "draws from nowhere":
            for layer in self.scaled(module):
                layer.scale.register_hook(lambda grad: grad * torch.rand((), generator=FRESH))
        if self.fault == "spare parameter":
            module.spare = nn.Parameter(torch.zeros(1))
        if self.fault == "never trains":
            module.requires_grad_(False)
        return module

    def save(self, module: nn.Module, directory: Path, backbone: nn.Module) -> None:
        assert isinstance(backbone, TinyBackbone)
        state = {name: value for name, value in module.state_dict().items() if name.endswith("scale")}
        if self.fault == "saves in half":
            state = {name: value.bfloat16() for name, value in state.items()}
        save_file(state, directory / "scales.safetensors")

    def load(self, module: nn.Module, directory: Path, config: ScaleConfig, backbone: nn.Module) -> nn.Module:
        adapted = self.adapt(module, config, backbone)
        adapted.load_state_dict(load_file(directory / "scales.safetensors"), strict=False)
        return adapted.requires_grad_(False) if self.fault == "frozen once loaded" else adapted

    def merge(self, module: nn.Module) -> nn.Module:
        names = [name for name, layer in module.named_modules() if isinstance(layer, Scaled)]
        for name in names:
            scaled = module.get_submodule(name)
            factor = 1 + scaled.scale.detach()
            weight = scaled.layer.weight
            weight.data = weight * factor.view(-1, *[1] * (weight.ndim - 1))
            if self.fault != "merges without bias":
                scaled.layer.bias.data = scaled.layer.bias * factor
            if self.fault != "merge leaves wrappers":
                module.set_submodule(name, scaled.layer)
        return module.requires_grad_(self.fault == "merge leaves trainable parameters")

    def scaled(self, module: nn.Module) -> Iterator[Scaled]:
        return (layer for layer in module.modules() if isinstance(layer, Scaled))


FRESH = torch.Generator()
FRESH.seed()


class Rounding:
    """A quantizer that rounds weights, with one fault."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def convert(self, module: nn.Module, config: float, skip: Sequence[str]) -> nn.Module:
        assert skip
        for parameter in module.parameters():
            parameter.data = (parameter / config).round() * config
        return module

    def dequantize(self, module: nn.Module) -> nn.Module:
        if self.fault == "dequantizes something else":
            for parameter in module.parameters():
                parameter.data *= 1.1
        return module


def kit(fault: str) -> AdapterConformance:
    """Instantiate the kit for an adapter with this fault, over a rounding quantizer."""
    toy, rounding = Toy(fault), Rounding(fault)

    class Mine(AdapterConformance):
        name = "scale"
        plugin = "math"
        config = ScaleConfig(enabled=True)
        quantizer = ("rounding", 0.01)
        descriptor = Adapter(  # type: ignore[assignment]
            name="scale",
            section="scale",
            config=ScaleConfig,
            adapt=toy.adapt,
            save=toy.save,
            load=toy.load,
            merge=toy.merge,
        )
        quantizer_descriptor = Quantizer(  # type: ignore[assignment]
            name="rounding",
            section="quantization",
            config=float,
            convert=rounding.convert,
            dequantize=rounding.dequantize,
        )

    return Mine()


def checks(of: AdapterConformance, folder: Path) -> dict[str, Callable[[], Any]]:
    return {
        "imports": of.test_importing_the_plugin_imports_nothing_heavy,
        "defaults": of.test_every_key_of_the_config_has_a_default_and_the_adapter_is_off,
        "identity": lambda: of.test_a_new_adapter_changes_nothing(1),
        "seed": of.test_a_new_adapter_follows_from_the_seed,
        "base": lambda: of.test_the_base_does_not_train(1),
        "training": lambda: of.test_the_adapter_trains(3),
        "reload": lambda: of.test_it_reloads_exactly(1, folder),
        "resume": lambda: of.test_a_reloaded_adapter_goes_on_training(folder),
        "merge": lambda: of.test_merging_leaves_a_plain_network_that_computes_the_same(1),
        "inflated": of.test_inflated_layers_are_adapted,
        "quantized training": of.test_it_trains_over_a_quantized_base,
        "quantized reload": lambda: of.test_it_reloads_exactly_over_a_quantized_base(folder),
        "quantized merge": lambda: of.test_it_merges_once_the_base_is_dequantized(folder),
    }


@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        ("", set()),
        ("no identity", {"identity", "quantized training"}),
        ("draws from nowhere", {"seed"}),
        ("trains the base", {"base"}),
        ("never trains", {"training"}),
        ("spare parameter", {"training"}),
        ("forgets inflated layers", {"inflated"}),
        ("saves in half", {"reload", "quantized reload"}),
        ("frozen once loaded", {"resume"}),
        ("merges without bias", {"merge"}),
        ("merge leaves wrappers", {"merge", "quantized merge"}),
        ("merge leaves trainable parameters", {"merge"}),
        ("dequantizes something else", {"quantized merge"}),
    ],
)
def test_a_fault_is_found_by_its_own_test(fault: str, found_by: set[str], tmp_path: Path) -> None:
    failed = set()
    for name, test in checks(kit(fault), tmp_path).items():
        try:
            test()
        except (AssertionError, ValueError, RuntimeError, KeyError):
            failed.add(name)
    assert found_by <= failed
    assert bool(found_by) or not failed


def test_without_a_quantizer_its_tests_have_nothing_to_do(tmp_path: Path) -> None:
    class Alone(AdapterConformance):
        name = "no such adapter"

    kit = Alone()
    kit.test_it_trains_over_a_quantized_base()
    kit.test_it_reloads_exactly_over_a_quantized_base(tmp_path)
    kit.test_it_merges_once_the_base_is_dequantized(tmp_path)


def test_a_quantizer_that_is_not_installed_is_a_skip() -> None:
    class Missing(AdapterConformance):
        quantizer = ("no such quantizer", None)

    with pytest.raises(pytest.skip.Exception, match="no such quantizer is not installed"):
        Missing().test_it_trains_over_a_quantized_base()
