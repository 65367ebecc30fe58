"""The conformance kit for backbones."""

import math
from pathlib import Path
from typing import Any, ClassVar, cast

import pytest
import torch
from attrs import NOTHING, evolve, fields
from torch import Tensor, nn
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode

from tracknet_core.descriptors import Backbone, BackboneModule, BackboneRequest
from tracknet_core.plugins import registry
from tracknet_core.testing.conformance import Conformance, heavy_imports


class BackboneConformance(Conformance):
    """Tests that every backbone passes.

    Subclass it and name your own::

        class TestMyBackbone(BackboneConformance):
            name = "my_net"
            plugin = "my_package.plugin"
            config = MyConfig(depth=2)

    Attributes:
        name: The descriptor's name, a value of ``model_name``.
        plugin: The module of the plugin's entry point.
        config: A small instance of the descriptor's config class: tests build it many times.
        pretrained_model_name: Weights to build from, if the config needs any.
        sizes: Two input sizes (width, height), at least one of them not square.
    """

    name: ClassVar[str]
    plugin: ClassVar[str]
    config: ClassVar[object]
    pretrained_model_name: ClassVar[str | None] = None
    sizes: ClassVar[tuple[tuple[int, int], tuple[int, int]]] = ((64, 64), (96, 64))

    @property
    def descriptor(self) -> Backbone[Any]:
        """The descriptor as it is registered."""
        return registry().backbone(self.name)

    def request(self, frames: int = 1, size: tuple[int, int] | None = None) -> BackboneRequest[Any]:
        """Make a request for windows of ``frames`` frames."""
        return BackboneRequest(
            config=self.config,
            pretrained_model_name=self.pretrained_model_name,
            frames=frames,
            image_size=size or self.sizes[1],
        )

    def build(self, frames: int = 1, size: tuple[int, int] | None = None, seed: int = 0) -> nn.Module:
        """Build the backbone from a fixed seed, in eval mode."""
        torch.manual_seed(seed)
        return self.descriptor.build(self.request(frames, size)).eval()

    def test_importing_the_plugin_imports_nothing_heavy(self) -> None:
        """`tracknet --help` loads every plugin, so a plugin must not load torch."""
        assert heavy_imports(self.plugin) == []

    def test_every_key_of_the_config_has_a_default(self) -> None:
        """A config names only what differs."""
        without = [f.name for f in fields(self.descriptor.config) if f.default is NOTHING]
        assert without == []
        assert isinstance(self.config, self.descriptor.config)

    def test_the_check_finds_nothing_wrong_with_a_good_request(self) -> None:
        """What builds must also pass the check."""
        assert self.descriptor.check(self.request()) == []

    def test_the_outline_agrees_with_the_module(self) -> None:
        """What is said without torch is what is built."""
        outline = self.descriptor.outline(self.request())
        if outline is None:
            return
        module = _described(self.build())
        assert outline.channels == tuple(module.channels)
        assert outline.strides == tuple(module.strides)

    def test_strides_go_from_fine_to_coarse(self) -> None:
        """The decoder starts from the last map."""
        module = _described(self.build())
        assert len(module.channels) == len(module.strides)
        assert list(module.strides) == sorted(set(module.strides))

    def test_the_named_submodule_exists(self) -> None:
        """Adapters and quantizers replace it."""
        module = self.build()
        assert isinstance(module.get_submodule(_described(module).pretrained_module), nn.Module)

    @pytest.mark.parametrize("which_size", [0, 1])
    @pytest.mark.parametrize("frames", [1, 3])
    def test_maps_follow_from_channels_and_strides(self, frames: int, which_size: int) -> None:
        """Map i is [B, channels[i], ceil(H / strides[i]), ceil(W / strides[i])]."""
        width, height = self.sizes[which_size]
        module = self.build(frames, (width, height))
        described = _described(module)
        with torch.no_grad():
            maps = module(self._frames(frames, (width, height)))
        expected = [
            (2, channels, math.ceil(height / stride), math.ceil(width / stride))
            for channels, stride in zip(described.channels, described.strides, strict=True)
        ]
        assert [tuple(one.shape) for one in maps] == expected

    @pytest.mark.parametrize("frames", [1, 3])
    def test_all_that_trains_gets_a_finite_gradient(self, frames: int) -> None:
        """A parameter that no map depends on must not ask for gradients."""
        module = self.build(frames).train()
        torch.autograd.backward(_sum(module(self._frames(frames))))
        training = {name: p.grad for name, p in module.named_parameters() if p.requires_grad}
        assert training
        assert [name for name, grad in training.items() if grad is None] == []
        assert [
            name for name, grad in training.items() if grad is not None and not grad.isfinite().all()
        ] == []

    def test_eval_is_deterministic(self) -> None:
        """The same frames give the same maps."""
        module = self.build()
        with torch.no_grad():
            first, second = module(self._frames()), module(self._frames())
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))

    def test_windows_of_a_batch_do_not_see_each_other(self) -> None:
        """A window gives the same maps alone as in company."""
        module, frames = self.build(), self._frames()
        with torch.no_grad():
            together, alone = module(frames), module(frames[:1])
        for a, b in zip(together, alone, strict=True):
            torch.testing.assert_close(a[:1], b, rtol=1e-4, atol=1e-4)

    def test_state_goes_through_a_file(self, tmp_path: Path) -> None:
        """A state dict, saved and loaded into another instance, gives the same maps."""
        from safetensors.torch import load_file, save_file

        module = self.build(frames=3)
        other = self.build(frames=3, seed=1)
        for parameter in other.parameters():
            parameter.data.add_(1)
        file = tmp_path / "state.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in module.state_dict().items()}, file)
        other.load_state_dict(load_file(file))
        with torch.no_grad():
            before, after = module(self._frames(3)), other(self._frames(3))
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))

    @pytest.mark.parametrize("frames", [1, 3])
    def test_shapes_alone_are_built_of_fake_tensors(self, frames: int) -> None:
        """So that memory can be estimated before weights are there, and of any size."""
        expected = [tuple(one.shape) for one in self.build(frames)(self._frames(frames))]
        with FakeTensorMode():
            module = self.descriptor.build(evolve(self.request(frames), shapes_only=True))
            maps = module(self._frames(frames))
            torch.autograd.backward(_sum(maps))
        assert [tuple(one.shape) for one in maps] == expected
        assert {type(parameter.data) for parameter in module.parameters()} == {FakeTensor}

    def _frames(self, frames: int = 1, size: tuple[int, int] | None = None) -> Tensor:
        width, height = size or self.sizes[1]
        return torch.randn(2, frames, 3, height, width, generator=torch.Generator().manual_seed(1))


def _described(module: nn.Module) -> BackboneModule:
    return cast(BackboneModule, module)


def _sum(maps: "tuple[Tensor, ...]") -> Tensor:
    return torch.stack([(one * torch.arange(one.numel()).view_as(one).sin()).sum() for one in maps]).sum()
