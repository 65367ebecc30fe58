"""The backbone kit finds planted faults, and only those."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from attrs import frozen
from torch import Tensor, nn
from torch._subclasses.fake_tensor import unset_fake_temporarily
from torch.nn import functional

from tracknet_core.config.options import option
from tracknet_core.descriptors import (
    IMAGENET_MEAN,
    IMAGENET_STD,
    Backbone,
    BackboneOutline,
    BackboneRequest,
)
from tracknet_core.testing import BackboneConformance


@frozen(kw_only=True)
class ToyConfig:
    fault: str = option("", "What is wrong with this backbone.")


class Toy(nn.Module):
    """One strided convolution, and one fault."""

    channels: tuple[int, ...] = (4,)
    strides: tuple[int, ...] = (8,)
    pretrained_module = "net"
    lora_targets = ()
    never_quantize = ()
    weights_files: tuple[Path, ...] = ()
    mean, std = IMAGENET_MEAN, IMAGENET_STD

    def __init__(self, frames: int, fault: str) -> None:
        super().__init__()
        self.fault = fault
        self.net = nn.Conv2d(3 * frames, 4, 8, stride=8)
        if fault == "unused parameter":
            self.spare = nn.Parameter(torch.zeros(1))
        if fault == "state outside the state dict":
            self.scale = torch.randn(4, 1, 1)
        if fault == "no such submodule":
            self.pretrained_module = "missing"
        if fault == "coarse to fine":
            self.channels, self.strides = (4, 4), (8, 8)

    def forward(self, frames: Tensor) -> Sequence[Tensor]:
        pixels = frames.flatten(1, 2)
        maps = self.net(pixels)
        if self.fault == "wrong grid":
            maps = maps[..., 1:]
        if self.fault == "noise in eval":
            maps = functional.dropout(maps, 0.5, training=True)
        if self.fault == "batch statistics":
            maps = maps - maps.mean(0)
        if self.fault == "infinite gradient":
            maps = maps.square().sum().sqrt() * 0 + (maps * 0).sqrt()
        if self.fault == "state outside the state dict":
            maps = maps * self.scale
        return [maps, maps] if self.fault == "coarse to fine" else [maps]


def _build(request: BackboneRequest[ToyConfig]) -> nn.Module:
    if request.config.fault == "weights that are always read":
        with unset_fake_temporarily():
            return Toy(request.frames, request.config.fault)
    return Toy(request.frames, request.config.fault)


def _outline(request: BackboneRequest[ToyConfig]) -> BackboneOutline:
    return BackboneOutline(channels=(5 if request.config.fault == "wrong outline" else 4,), strides=(8,))


def kit(fault: str) -> BackboneConformance:
    """Instantiate the kit for a backbone with this fault."""

    class Mine(BackboneConformance):
        name = "toy"
        plugin = "math"
        config = ToyConfig(fault=fault)
        descriptor = Backbone(name="toy", config=ToyConfig, build=_build, outline=_outline)  # type: ignore[assignment]

    return Mine()


def checks(of: BackboneConformance, folder: Path) -> dict[str, Callable[[], Any]]:
    return {
        "imports": of.test_importing_the_plugin_imports_nothing_heavy,
        "defaults": of.test_every_key_of_the_config_has_a_default,
        "check": of.test_the_check_finds_nothing_wrong_with_a_good_request,
        "outline": of.test_the_outline_agrees_with_the_module,
        "strides": of.test_strides_go_from_fine_to_coarse,
        "submodule": of.test_the_named_submodule_exists,
        "maps": lambda: of.test_maps_follow_from_channels_and_strides(3, 1),
        "gradients": lambda: of.test_all_that_trains_gets_a_finite_gradient(1),
        "determinism": of.test_eval_is_deterministic,
        "independence": of.test_windows_of_a_batch_do_not_see_each_other,
        "state": lambda: of.test_state_goes_through_a_file(folder),
        "shapes": lambda: of.test_shapes_alone_are_built_of_fake_tensors(3),
    }


@pytest.mark.parametrize(
    ("fault", "found_by"),
    [
        ("", None),
        ("wrong outline", "outline"),
        ("coarse to fine", "strides"),
        ("no such submodule", "submodule"),
        ("wrong grid", "maps"),
        ("unused parameter", "gradients"),
        ("infinite gradient", "gradients"),
        ("noise in eval", "determinism"),
        ("batch statistics", "independence"),
        ("state outside the state dict", "state"),
        ("weights that are always read", "shapes"),
    ],
)
def test_a_fault_is_found_by_its_own_test(fault: str, found_by: str | None, tmp_path: Path) -> None:
    failed = []
    for name, test in checks(kit(fault), tmp_path).items():
        try:
            test()
        except (AssertionError, AttributeError):
            failed.append(name)
    assert found_by in failed if found_by else failed == []
