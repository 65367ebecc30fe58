"""The conformance kit for quantizers."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from attrs import NOTHING, fields
from torch import Tensor, nn

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import Adapter, Quantizer
from tracknet_core.plugins import registry
from tracknet_core.testing.conformance import HEAVY, Conformance, heavy_imports
from tracknet_core.testing.tiny import TinyBackbone, tiny_frames

SKIP = TinyBackbone.never_quantize
EVERYTHING = ("patches", "layer")
STEPS = 3
"""Optimizer steps that count as training."""

MERGING = 0.02
"""How far a merged map may be from the quantized one, relative to it: that of two bfloat16 paths."""


class QuantizerConformance(Conformance):
    """Tests that every quantizer passes, over a tiny transformer (see ``tracknet_core.testing.tiny``).

    A quantizer that acts while weights load is tested on the same network as a transformers model.
    Subclass it and name your own::

        class TestMyQuantizer(QuantizerConformance):
            name = "my-quantizer"
            plugin = "my_package.plugin"
            config = MyConfig(enabled=True)

    Attributes:
        name: The descriptor's name.
        plugin: The module of the plugin's entry point.
        config: An instance of the descriptor's config class.
        tolerance: How far a quantized map may be from the plain one, relative to it. NF4 is 0.13 away.
        adapter: Name and config of an adapter to train over the quantized base; None for none.
    """

    name: ClassVar[str]
    plugin: ClassVar[str]
    config: ClassVar[object]
    tolerance: ClassVar[float] = 0.15
    adapter: ClassVar[tuple[str, object] | None] = None

    @property
    def descriptor(self) -> Quantizer[Any]:
        """The descriptor as it is registered."""
        return registry().quantizer(self.name)

    @property
    def adapter_descriptor(self) -> Adapter[Any] | None:
        """The adapter's descriptor as it is registered; None when none was asked for."""
        if self.adapter is None:
            return None
        name, _ = self.adapter
        if name not in registry().adapters:
            pytest.skip(f"the adapter {name} is not installed")
        return registry().adapter(name)

    def quantized(self, skip: Sequence[str] = SKIP) -> TinyBackbone:
        """Build a quantized backbone."""
        backbone = TinyBackbone()
        if options := self.descriptor.load_options(self.config, skip):
            from tracknet_core.testing.tiny_pretrained import loaded

            backbone.network = loaded(backbone.network, options)
        backbone.network = self.descriptor.convert(backbone.network, self.config, skip)
        return backbone.eval()

    def dequantized(self) -> TinyBackbone | None:
        """Build a quantized backbone and make it plain again; None where that cannot be done."""
        if self.descriptor.dequantize is None:
            return None
        backbone = self.quantized()
        backbone.network = self.descriptor.dequantize(backbone.network)
        return backbone.eval()

    def test_importing_the_plugin_imports_nothing_heavy(self) -> None:
        """`tracknet --help` loads every plugin, so a plugin must not load torch."""
        assert heavy_imports(self.plugin) == []

    def test_asking_for_load_options_and_checking_import_nothing_heavy(self) -> None:
        """`tracknet check` asks for both."""
        code = (
            f"import sys, {self.plugin} as plugin\n"
            "from tracknet_core.descriptors import BackboneRequest\n"
            "request = BackboneRequest(\n"
            "    config=None, pretrained_model_name=None, frames=1, image_size=(64, 64)\n"
            ")\n"
            "for quantizer in plugin.tracknet_register_quantizers():\n"
            "    quantizer.load_options(quantizer.config(), ('layer.1',))\n"
            "    quantizer.check(quantizer.config(), request, None)\n"
            f"print(*[m for m in {HEAVY!r} if m in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert done.stdout.split() == []

    def test_every_key_of_the_config_has_a_default_and_the_quantizer_is_off(self) -> None:
        """A section names only what differs; ``enabled: true`` switches the quantizer on."""
        without = [f.name for f in fields(self.descriptor.config) if f.default is NOTHING]
        assert without == []
        assert self.descriptor.config().enabled is False
        assert isinstance(self.config, self.descriptor.config)

    def test_load_options_are_plain_data(self) -> None:
        """They are made before torch is imported, and shown in messages."""
        options = self.descriptor.load_options(self.config, SKIP)
        assert json.loads(json.dumps(options)) == options

    def test_weights_take_less_memory(self) -> None:
        """Something was quantized, and what has 4 bits says so."""
        network = self.quantized(skip=()).network
        assert _bytes(network) < _bytes(TinyBackbone().network) / 1.5
        packed = any(type(parameter).__name__ == "Params4bit" for parameter in network.parameters())
        assert not packed or getattr(network, "is_loaded_in_4bit", False) is True

    def test_leaving_everything_alone_is_refused(self) -> None:
        """A user who asks for quantization gets it, or is told."""
        with pytest.raises(UserError):
            self.quantized(skip=EVERYTHING)

    def test_skipped_layers_are_left_alone(self) -> None:
        """``layer.1`` is no part of ``layer.11``, which is quantized."""
        network, plain = self.quantized(SKIP).network, TinyBackbone().network
        for name in SKIP:
            state = network.get_submodule(name).state_dict()
            expected = plain.get_submodule(name).state_dict()
            assert state.keys() == expected.keys()
            assert all(torch.equal(state[key], expected[key]) for key in expected)
        for name in ("layer.0", "layer.10", "layer.11"):
            assert _bytes(network.get_submodule(name)) < _bytes(plain.get_submodule(name))

    def test_it_computes_nearly_the_same(self) -> None:
        """Within the tolerance of its data type, but not as if nothing were quantized."""
        error = _distance(_map(self.quantized()), _map(TinyBackbone()))
        assert 0 < error < self.tolerance

    def test_the_same_weights_give_the_same_bits(self) -> None:
        """A run does not store quantized weights: it quantizes the base again when it is loaded."""
        first, second = self.quantized(), self.quantized()
        assert _same_state(first, second)
        assert torch.equal(_map(first), _map(second))

    def test_evaluating_changes_nothing(self) -> None:
        """Validation stands between training steps: not a bit of the state may move, nor a type."""
        backbone, untouched = self.quantized(), self.quantized()
        before = _map(backbone)
        backbone.train()(tiny_frames())
        assert torch.equal(_map(backbone), before)
        assert _same_state(backbone, untouched)

    def test_gradients_pass_through_it_after_an_evaluation(self) -> None:
        """What stands before the quantized layers can train; they themselves cannot."""
        backbone = self.quantized()
        packed = [p for p in backbone.parameters() if not p.is_floating_point()]
        assert not any(parameter.requires_grad for parameter in packed)
        before = _input_gradient(backbone.train())
        _map(backbone)
        after = _input_gradient(backbone.train())
        assert before.isfinite().all()
        assert before.any()
        assert torch.equal(after, before)

    def test_the_gradient_is_that_of_the_plain_network_nearly(self) -> None:
        """A gradient that is merely finite teaches nothing."""
        plain = _input_gradient(TinyBackbone().train())
        assert _distance(_input_gradient(self.quantized().train()), plain) < 2 * self.tolerance

    def test_dequantized_it_is_plain_again(self) -> None:
        """Plain layers in float32 under the plain names, which compute what the quantized ones did."""
        backbone = self.dequantized()
        if backbone is None:
            return
        plain = TinyBackbone()
        assert {name: type(part) for name, part in backbone.network.named_modules() if name} == {
            name: type(part) for name, part in plain.network.named_modules() if name
        }
        assert backbone.state_dict().keys() == plain.state_dict().keys()
        assert {parameter.dtype for parameter in backbone.parameters()} == {torch.float32}
        assert not getattr(backbone.network, "is_loaded_in_4bit", False)
        assert _distance(_map(backbone), _map(self.quantized())) < MERGING

    def test_an_adapter_trains_over_it(self) -> None:
        """The adapter starts from what the quantized base computes, and leaves the base alone."""
        adapted = self._adapted()
        if adapted is None:
            return
        before = _map(self.quantized())
        torch.testing.assert_close(_map(adapted), before, rtol=1e-3, atol=1e-3)
        after = _map(_train(adapted))
        assert after.isfinite().all()
        assert not torch.allclose(after, before, rtol=1e-3)

    def test_an_adapter_over_it_merges_once_it_is_dequantized(self, tmp_path: Path) -> None:
        """Trained, validated, trained, saved, loaded over the dequantized base and merged."""
        adapted, plain = self._adapted(), self.dequantized()
        if adapted is None or plain is None:
            return
        expected = _map(_train(_train(adapted)))
        descriptor, config = self.adapter_descriptor, self.adapter[1] if self.adapter else None
        assert descriptor is not None
        descriptor.save(adapted.network, tmp_path, adapted)
        plain.network = descriptor.merge(descriptor.load(plain.network, tmp_path, config, plain))
        assert plain.state_dict().keys() == TinyBackbone().state_dict().keys()
        assert _distance(_map(plain), expected) < MERGING

    def _adapted(self) -> TinyBackbone | None:
        if self.adapter_descriptor is None or self.adapter is None:
            return None
        backbone = self.quantized()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            adapted = self.adapter_descriptor.adapt(backbone.network, self.adapter[1], backbone)
        backbone.network = adapted
        return backbone.eval()


def _map(backbone: TinyBackbone) -> Tensor:
    """The backbone's only map of the same frames each time, in eval mode and without gradients."""
    with torch.no_grad():
        features: tuple[Tensor] = backbone.eval()(tiny_frames())
    return features[0]


def _input_gradient(backbone: TinyBackbone) -> Tensor:
    frames = tiny_frames().requires_grad_()
    (features,) = backbone(frames)
    gradients: tuple[Tensor, ...] = torch.autograd.grad((features * _weights(features)).mean(), frames)
    return gradients[0]


def _train(backbone: TinyBackbone) -> TinyBackbone:
    """Let what trains take a few steps, and evaluate after each."""
    training = [parameter for parameter in backbone.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(training, lr=0.01)
    for _ in range(STEPS):
        optimizer.zero_grad()
        (features,) = backbone.train()(tiny_frames())
        (features * _weights(features)).mean().backward()
        optimizer.step()
        _map(backbone)
    return backbone.eval()


def _weights(features: Tensor) -> Tensor:
    return torch.arange(features.numel()).view_as(features).sin()


def _distance(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).norm() / expected.norm())


def _same_state(first: nn.Module, second: nn.Module) -> bool:
    """Whether two modules hold the same tensors of the same types."""
    one, other = first.state_dict(), second.state_dict()
    return one.keys() == other.keys() and all(
        one[key].dtype == other[key].dtype and torch.equal(one[key], other[key]) for key in one
    )


def _bytes(module: nn.Module) -> int:
    tensors = (*module.parameters(), *module.buffers())
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors)
