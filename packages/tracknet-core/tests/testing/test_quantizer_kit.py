"""The quantizer kit finds planted faults, and only those."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from attrs import frozen
from torch import Tensor, nn
from torch.nn import functional

from tracknet_core.config.options import option
from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import Adapter, Quantizer
from tracknet_core.layer_names import any_names_layer
from tracknet_core.testing import QuantizerConformance


@frozen(kw_only=True)
class ToyConfig:
    enabled: bool = option(False, "Keep weights in 8 bits.")


@frozen(kw_only=True)
class FaultyConfig:
    enabled: bool = option(True, "On unless it is switched off.")


class Params4bit(nn.Parameter):
    """Named as bitsandbytes names the weights of 4-bit layers."""


class Rounded(nn.Module):
    """A linear layer whose weight is kept as whole numbers, with one fault."""

    def __init__(self, layer: nn.Linear, fault: str) -> None:
        super().__init__()
        self.fault = fault
        scale = layer.weight.detach().abs().max() / 31
        if fault == "coarse":
            scale = scale * 10
        if fault == "depends on what was before":
            scale = scale * (1 + 0.1 * torch.rand((), generator=FRESH))
        whole = (layer.weight.detach() / scale).round().to(torch.int8)
        kind = Params4bit if fault == "unmarked" else nn.Parameter
        self.weight = kind(whole, requires_grad=False)
        self.bias = nn.Parameter(layer.bias.detach())
        self.register_buffer("scale", scale)

    def forward(self, inputs: Tensor) -> Tensor:
        if self.fault == "repacks" and not self.training and not torch.is_grad_enabled():
            self.weight.data = self.weight.data + 1
        if self.fault == "casts its bias":
            self.bias.data = self.bias.data.bfloat16()
        weight = self.weight * self.scale
        if self.fault == "cuts gradients":
            inputs = inputs.detach()
        if self.fault == "scales gradients" and inputs.requires_grad:
            inputs = inputs + (inputs - inputs.detach())
        return functional.linear(inputs, weight, self.bias.float())


FRESH = torch.Generator()
FRESH.seed()


class Toy:
    """A quantizer to whole numbers, with one fault."""

    def __init__(self, fault: str) -> None:
        self.fault = fault

    def load_options(self, config: object, skip: Sequence[str]) -> dict[str, object]:
        return {"dtype": torch.float32} if self.fault == "options with torch in them" else {}

    def convert(self, module: nn.Module, config: ToyConfig, skip: Sequence[str]) -> nn.Module:
        linear = [name for name, layer in module.named_modules() if isinstance(layer, nn.Linear)]
        named = [name for name in linear if any_names_layer(skip, name)]
        if self.fault == "matches substrings":
            named = [name for name in linear if any(pattern in name for pattern in skip)]
        if self.fault == "ignores what to skip":
            named = []
        if len(named) == len(linear) and self.fault != "nothing is fine":
            raise UserError("nothing to quantize")
        for name in [] if self.fault == "does nothing" else linear:
            if name not in named:
                module.set_submodule(name, Rounded(module.get_submodule(name), self.fault))
        return module

    def dequantize(self, module: nn.Module) -> nn.Module:
        for name, layer in list(module.named_modules()):
            if isinstance(layer, Rounded) and self.fault != "leaves packed layers":
                plain = nn.Linear(layer.weight.shape[1], layer.weight.shape[0])
                scale = layer.scale * 1.1 if self.fault == "dequantizes something else" else layer.scale
                plain.weight = nn.Parameter(layer.weight * scale)
                plain.bias = nn.Parameter(layer.bias.detach().float())
                dtype = torch.float64 if self.fault == "dequantizes to another type" else torch.float32
                module.set_submodule(name, plain.to(dtype))
        return module.double() if self.fault == "dequantizes to another type" else module


class Scaled(nn.Module):
    """A layer with a factor for each of its outputs: the toy adapter's."""

    def __init__(self, layer: nn.Module, outputs: int) -> None:
        super().__init__()
        self.layer = layer
        self.scale = nn.Parameter(torch.zeros(outputs))

    def forward(self, inputs: Tensor) -> Tensor:
        outputs: Tensor = self.layer(inputs)
        return outputs * (1 + self.scale)


def _adapt(module: nn.Module, config: object, backbone: nn.Module) -> nn.Module:
    module.requires_grad_(False)
    for name, layer in list(module.named_modules()):
        if name.rpartition(".")[2] == "o_proj":
            module.set_submodule(name, Scaled(layer, layer.bias.numel()))
    return module


def _save(module: nn.Module, directory: Path, backbone: nn.Module) -> None:
    torch.save({n: p for n, p in module.state_dict().items() if _is_factor(n)}, directory / "factors.pt")


def _load(module: nn.Module, directory: Path, config: object, backbone: nn.Module) -> nn.Module:
    adapted = _adapt(module, config, backbone)
    adapted.load_state_dict(torch.load(directory / "factors.pt"), strict=False)
    return adapted


def _merge(module: nn.Module) -> nn.Module:
    for name, scaled in list(module.named_modules()):
        if isinstance(scaled, Scaled):
            factor = 1 + scaled.scale.detach()
            scaled.layer.weight.data *= factor[:, None]
            scaled.layer.bias.data *= factor
            module.set_submodule(name, scaled.layer)
    return module


def _is_factor(name: str) -> bool:
    return name.endswith("o_proj.scale")


def kit(fault: str) -> QuantizerConformance:
    """Instantiate the kit for a quantizer with this fault, under an adapter of factors."""
    toy = Toy(fault)
    section = FaultyConfig if fault == "on by itself" else ToyConfig

    class Mine(QuantizerConformance):
        name = "rounding"
        plugin = "math"
        config = section(enabled=True)
        adapter = ("factors", None)
        descriptor = Quantizer(  # type: ignore[assignment]
            name="rounding",
            section="quantization",
            config=section,
            load_options=toy.load_options,
            convert=toy.convert,
            dequantize=toy.dequantize,
        )
        adapter_descriptor = Adapter(  # type: ignore[assignment]
            name="factors",
            section="factors",
            config=ToyConfig,
            adapt=_adapt,
            save=_save,
            load=_load,
            merge=_merge,
        )

    return Mine()


def checks(of: QuantizerConformance, folder: Path) -> dict[str, Callable[[], Any]]:
    return {
        "imports": of.test_importing_the_plugin_imports_nothing_heavy,
        "defaults": of.test_every_key_of_the_config_has_a_default_and_the_quantizer_is_off,
        "options": of.test_load_options_are_plain_data,
        "memory": of.test_weights_take_less_memory,
        "nothing": of.test_leaving_everything_alone_is_refused,
        "skip": of.test_skipped_layers_are_left_alone,
        "closeness": of.test_it_computes_nearly_the_same,
        "determinism": of.test_the_same_weights_give_the_same_bits,
        "evaluation": of.test_evaluating_changes_nothing,
        "gradients": of.test_gradients_pass_through_it_after_an_evaluation,
        "right gradients": of.test_the_gradient_is_that_of_the_plain_network_nearly,
        "dequantized": of.test_dequantized_it_is_plain_again,
        "adapter": of.test_an_adapter_trains_over_it,
        "merging": lambda: of.test_an_adapter_over_it_merges_once_it_is_dequantized(folder),
    }


@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        ("", set()),
        ("on by itself", {"defaults"}),
        ("options with torch in them", {"options"}),
        ("does nothing", {"memory", "closeness"}),
        ("unmarked", {"memory"}),
        ("nothing is fine", {"nothing"}),
        ("ignores what to skip", {"skip"}),
        ("matches substrings", {"skip"}),
        ("coarse", {"closeness"}),
        ("depends on what was before", {"determinism"}),
        ("repacks", {"evaluation", "gradients"}),
        ("casts its bias", {"evaluation"}),
        ("cuts gradients", {"right gradients"}),
        ("scales gradients", {"right gradients"}),
        ("leaves packed layers", {"dequantized", "merging"}),
        ("dequantizes to another type", {"dequantized"}),
        ("dequantizes something else", {"dequantized", "merging"}),
    ],
)
def test_a_fault_is_found_by_its_own_test(fault: str, found_by: set[str], tmp_path: Path) -> None:
    failed = set()
    for name, test in checks(kit(fault), tmp_path).items():
        try:
            test()
        except (AssertionError, RuntimeError, TypeError, pytest.fail.Exception):
            failed.add(name)
    assert found_by <= failed
    assert bool(found_by) or not failed


PLUGIN = """
from attrs import frozen
from tracknet_core import hookimpl
from tracknet_core.descriptors import Quantizer

@frozen
class Config:
    enabled: bool = False

def quiet(*arguments):
    return {}

def loud(*arguments):
    import torch
    return []

@hookimpl
def tracknet_register_quantizers():
    yield Quantizer(name="toy", section="toy", config=Config, load_options=quiet, check=CHECK)
"""


@pytest.mark.parametrize(("check", "passes"), [("quiet", True), ("loud", False)])
def test_a_check_that_imports_torch_is_found(
    check: str, passes: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "toy_quantizer.py").write_text(PLUGIN.replace("CHECK", check))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    class Mine(QuantizerConformance):
        plugin = "toy_quantizer"

    test = Mine().test_asking_for_load_options_and_checking_import_nothing_heavy
    if passes:
        test()
    else:
        with pytest.raises(AssertionError):
            test()


def test_without_an_adapter_its_tests_have_nothing_to_do(tmp_path: Path) -> None:
    class Alone(QuantizerConformance):
        name = "no such quantizer"

    Alone().test_an_adapter_trains_over_it()


def test_an_adapter_that_is_not_installed_is_a_skip() -> None:
    class Missing(QuantizerConformance):
        adapter = ("no such adapter", None)

    with pytest.raises(pytest.skip.Exception, match="no such adapter is not installed"):
        Missing().test_an_adapter_trains_over_it()


def test_the_tiny_network_loads_through_transformers_unchanged() -> None:
    from tracknet_core.testing.tiny import TinyBackbone, tiny_frames
    from tracknet_core.testing.tiny_pretrained import loaded

    plain, again = TinyBackbone().eval(), TinyBackbone(seed=1).eval()
    again.network = loaded(plain.network, {"dtype": "float32"})
    with torch.no_grad():
        assert torch.equal(again(tiny_frames())[0], plain(tiny_frames())[0])
