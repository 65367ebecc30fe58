"""The encoder passes the kit, and is what its outline says of it."""

import pytest
import torch
from tracknet_unet.plugin import UNetConfig

from tracknet_core.descriptors import BackboneRequest
from tracknet_core.plugins import registry
from tracknet_core.testing import BackboneConformance


class TestUNet(BackboneConformance):
    name = "unet_heatmap"
    plugin = "tracknet_unet.plugin"
    config = UNetConfig(width=4)


class TestUNetAtOddSizes(BackboneConformance):
    name = "unet_heatmap"
    plugin = "tracknet_unet.plugin"
    config = UNetConfig(width=4)
    sizes = ((37, 61), (50, 23))


def request(frames: int = 1, width: int = 4) -> BackboneRequest[UNetConfig]:
    return BackboneRequest(
        config=UNetConfig(width=width), pretrained_model_name=None, frames=frames, image_size=(64, 32)
    )


@pytest.mark.parametrize("frames", [1, 3])
def test_the_outline_lists_every_layer_that_is_built(frames):
    descriptor = registry().backbone("unet_heatmap")
    encoder = descriptor.build(request(frames)).encoder
    built = {
        name.removesuffix(".weight"): tuple(parameter.shape)
        for name, parameter in encoder.named_parameters()
        if name.endswith(".weight")
    }
    assert {layer.name: layer.shape for layer in descriptor.outline(request(frames)).layers} == built


def test_it_has_the_convolutions_of_tracknetv2():
    encoder = registry().backbone("unet_heatmap").build(request(frames=3, width=64)).encoder
    convolutions = [m for m in encoder.modules() if isinstance(m, torch.nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [64] * 2 + [128] * 2 + [256] * 3 + [512] * 3
    assert convolutions[0].in_channels == 9


def test_what_happens_in_a_place_shows_there_in_every_map():
    module = registry().backbone("unet_heatmap").build(request()).eval()
    dark = torch.zeros(1, 1, 3, 64, 64)
    light = dark.clone()
    light[..., 18:22, 42:46] = 9.0
    with torch.no_grad():
        for stride, before, after in zip(module.strides, module(dark), module(light), strict=True):
            change = (after - before).abs().sum((0, 1))
            row, column = divmod(int(change.argmax()), change.shape[1])
            assert abs(row - 20 / stride) <= 3
            assert abs(column - 44 / stride) <= 3
