"""The conformance kit for adapters."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
import torch
from attrs import NOTHING, fields
from torch import Tensor, nn

from tracknet_core.descriptors import Adapter, Quantizer
from tracknet_core.plugins import registry
from tracknet_core.testing.conformance import Conformance, heavy_imports
from tracknet_core.testing.tiny import TinyBackbone, tiny_frames

STEPS = 3
"""Optimizer steps that count as training."""


class AdapterConformance(Conformance):
    """Tests that every adapter passes, over a tiny transformer (see ``tracknet_core.testing.tiny``).

    Subclass it and name your own::

        class TestMyAdapter(AdapterConformance):
            name = "my-adapter"
            plugin = "my_package.plugin"
            config = MyConfig(enabled=True)

    Attributes:
        name: The descriptor's name.
        plugin: The module of the plugin's entry point.
        config: An instance of the descriptor's config class that suits the tiny backbone.
        quantizer: Name and config of a quantizer to test the adapter over as well; None for none.
    """

    name: ClassVar[str]
    plugin: ClassVar[str]
    config: ClassVar[object]
    quantizer: ClassVar[tuple[str, object] | None] = None

    @property
    def descriptor(self) -> Adapter[Any]:
        """The descriptor as it is registered."""
        return registry().adapter(self.name)

    @property
    def quantizer_descriptor(self) -> Quantizer[Any] | None:
        """The quantizer's descriptor as it is registered; None when none was asked for."""
        if self.quantizer is None:
            return None
        name, _ = self.quantizer
        if name not in registry().quantizers:
            pytest.skip(f"the quantizer {name} is not installed")
        return registry().quantizer(name)

    def adapt(self, backbone: TinyBackbone, seed: int = 0) -> TinyBackbone:
        """Put a new adapter into a backbone, from a fixed seed."""
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            backbone.network = self.descriptor.adapt(backbone.network, self.config, backbone)
        return backbone.eval()

    def trained(self, frames: int = 1) -> TinyBackbone:
        """Build a backbone whose adapter has learned something."""
        return _train(self.adapt(TinyBackbone(frames)), frames)

    def reloaded(self, backbone: TinyBackbone, onto: TinyBackbone, folder: Path) -> TinyBackbone:
        """Save a backbone's adapter and load it onto another backbone."""
        self.descriptor.save(backbone.network, folder, backbone)
        onto.network = self.descriptor.load(onto.network, folder, self.config, onto)
        return onto.eval()

    def quantized(self, frames: int = 1) -> TinyBackbone:
        """Build a quantized backbone."""
        backbone = TinyBackbone(frames).eval()
        if self.quantizer_descriptor and self.quantizer:
            _, config = self.quantizer
            skip = backbone.never_quantize
            backbone.network = self.quantizer_descriptor.convert(backbone.network, config, skip)
        return backbone

    def test_importing_the_plugin_imports_nothing_heavy(self) -> None:
        """`tracknet --help` loads every plugin, so a plugin must not load torch."""
        assert heavy_imports(self.plugin) == []

    def test_every_key_of_the_config_has_a_default_and_the_adapter_is_off(self) -> None:
        """A section names only what differs; ``enabled: true`` switches the adapter on."""
        without = [f.name for f in fields(self.descriptor.config) if f.default is NOTHING]
        assert without == []
        assert self.descriptor.config().enabled is False
        assert isinstance(self.config, self.descriptor.config)

    @pytest.mark.parametrize("frames", [1, 3])
    def test_a_new_adapter_changes_nothing(self, frames: int) -> None:
        """Training starts from what the pretrained backbone knows."""
        plain, adapted = TinyBackbone(frames).eval(), self.adapt(TinyBackbone(frames))
        torch.testing.assert_close(_map(adapted, frames), _map(plain, frames), rtol=1e-5, atol=1e-5)

    def test_a_new_adapter_follows_from_the_seed(self) -> None:
        """The caller seeds torch, so that a run can be repeated."""
        assert torch.equal(_map(self.trained()), _map(self.trained()))

    @pytest.mark.parametrize("frames", [1, 3])
    def test_the_base_does_not_train(self, frames: int) -> None:
        """Its matrices stay as they are; vectors, such as biases, may belong to the adapter."""
        backbone = TinyBackbone(frames)
        matrices = [parameter for parameter in backbone.parameters() if parameter.ndim > 1]
        before = [matrix.detach().clone() for matrix in matrices]
        _train(self.adapt(backbone), frames)
        assert not any(matrix.requires_grad for matrix in matrices)
        assert all(torch.equal(matrix, old) for matrix, old in zip(matrices, before, strict=True))
        assert _size(_training(backbone)) < sum(matrix.numel() for matrix in matrices) / 2

    @pytest.mark.parametrize("frames", [1, 3])
    def test_the_adapter_trains(self, frames: int) -> None:
        """All that requires gradients gets a finite one, and the map follows."""
        backbone = self.trained(frames)
        assert _training(backbone)
        gradients = {name: parameter.grad for name, parameter in _training(backbone).items()}
        assert [name for name, grad in gradients.items() if grad is None] == []
        assert [n for n, grad in gradients.items() if grad is not None and not grad.isfinite().all()] == []
        assert not torch.allclose(_map(backbone, frames), _map(TinyBackbone(frames), frames), rtol=1e-3)

    @pytest.mark.parametrize("frames", [1, 3])
    def test_it_reloads_exactly(self, frames: int, tmp_path: Path) -> None:
        """A saved adapter on another backbone with the same base gives the same map."""
        backbone = self.trained(frames)
        again = self.reloaded(backbone, TinyBackbone(frames), tmp_path)
        assert torch.equal(_map(again, frames), _map(backbone, frames))

    def test_a_reloaded_adapter_goes_on_training(self, tmp_path: Path) -> None:
        """A run that was stopped resumes with the same parameters."""
        backbone = self.trained()
        again = self.reloaded(backbone, TinyBackbone(), tmp_path)
        assert _training(again).keys() == _training(backbone).keys()
        assert torch.equal(_map(_train(again)), _map(_train(backbone)))

    @pytest.mark.parametrize("frames", [1, 3])
    def test_merging_leaves_a_plain_network_that_computes_the_same(self, frames: int) -> None:
        """Nothing of the adapter is left, neither in the state nor in what trains."""
        backbone, plain = self.trained(frames), TinyBackbone(frames)
        before = _map(backbone, frames)
        backbone.network = self.descriptor.merge(backbone.network)
        assert backbone.state_dict().keys() == plain.state_dict().keys()
        assert not _training(backbone)
        torch.testing.assert_close(_map(backbone, frames), before, rtol=1e-3, atol=1e-4)

    def test_inflated_layers_are_adapted(self) -> None:
        """Their weights are not those of the files: they must learn to tell the frames apart."""
        backbone, plain = self.trained(frames=3), TinyBackbone(frames=3)
        merged = self.descriptor.merge(backbone.network).state_dict()
        for layer in plain.inflated_layers:
            state = plain.network.get_submodule(layer).state_dict()
            assert any(not torch.equal(merged[f"{layer}.{key}"], value) for key, value in state.items())

    def test_it_trains_over_a_quantized_base(self) -> None:
        """It starts from what the quantized backbone computes and leaves that base alone."""
        if self.quantizer_descriptor is None:
            return
        frozen, backbone = self.quantized(), self.adapt(self.quantized())
        before = _map(frozen)
        torch.testing.assert_close(_map(backbone), before, rtol=1e-4, atol=1e-4)
        after = _map(_train(backbone))
        assert after.isfinite().all()
        assert not torch.allclose(after, before, rtol=1e-3)

    def test_it_reloads_exactly_over_a_quantized_base(self, tmp_path: Path) -> None:
        """Quantizing the same base again gives the same map."""
        if self.quantizer_descriptor is None:
            return
        backbone = _train(self.adapt(self.quantized()))
        again = self.reloaded(backbone, self.quantized(), tmp_path)
        assert torch.equal(_map(again), _map(backbone))

    def test_it_merges_once_the_base_is_dequantized(self, tmp_path: Path) -> None:
        """Dequantized first and merged then, the network computes nearly the same."""
        quantizer = self.quantizer_descriptor
        if quantizer is None or quantizer.dequantize is None:
            return
        backbone, plain = _train(self.adapt(self.quantized())), self.quantized()
        plain.network = quantizer.dequantize(plain.network)
        merged = self.reloaded(backbone, plain, tmp_path)
        merged.network = self.descriptor.merge(merged.network)
        assert merged.state_dict().keys() == TinyBackbone().state_dict().keys()
        assert (_map(merged) - _map(backbone)).norm() < 0.02 * _map(backbone).norm()


def _map(backbone: TinyBackbone, frames: int = 1) -> Tensor:
    """The backbone's only map of the same frames each time, in eval mode."""
    with torch.no_grad():
        maps: tuple[Tensor] = backbone.eval()(tiny_frames(frames))
    return maps[0]


def _train(backbone: TinyBackbone, frames: int = 1) -> TinyBackbone:
    """Let what trains take a few large steps, the same at each call."""
    training = list(_training(backbone).values())
    optimizer = torch.optim.AdamW(training, lr=0.01)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        for _ in range(STEPS):
            optimizer.zero_grad()
            (features,) = backbone.train()(tiny_frames(frames))
            weights = torch.arange(features.numel()).view_as(features).sin()
            (features * weights).mean().backward()
            optimizer.step()
    return backbone.eval()


def _training(backbone: nn.Module) -> dict[str, nn.Parameter]:
    return {name: parameter for name, parameter in backbone.named_parameters() if parameter.requires_grad}


def _size(parameters: dict[str, nn.Parameter]) -> int:
    return sum(parameter.numel() for parameter in parameters.values())
