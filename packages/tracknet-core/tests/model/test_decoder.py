"""The decoder merges maps of any strides into heatmaps of the right size."""

from typing import Any

import pytest
import torch

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import DecoderConfig
from tracknet_core.model.decoder import Decoder, resolve_channels
from tracknet_core.model.detail import DetailStem


def decode(
    config: DecoderConfig, channels: list[int], strides: list[int], size: tuple[int, int], frames: int = 2
) -> torch.Tensor:
    width, height = size
    maps = [
        torch.randn(2, c, -(-height // s), -(-width // s)) for c, s in zip(channels, strides, strict=True)
    ]
    heatmaps: torch.Tensor = Decoder(config, channels=channels, strides=strides, frames=frames)(maps)
    return heatmaps


OPTIONS: list[dict[str, Any]] = [
    {},
    {"norm": "bn"},
    {"activation": "relu"},
    {"use_depthwise": False},
    {"use_se": True, "se_reduction": 4},
    {"dropout": 0.2},
    {"blocks_per_stage": 2},
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_every_option_gives_a_heatmap_for_each_frame(options: dict[str, Any]) -> None:
    config = DecoderConfig(channels=(32, 24, 16, 8), **options)
    assert decode(config, [32], [16], (96, 64)).shape == (2, 2, 32, 48)


def test_options_change_the_network() -> None:
    def size(**options: Any) -> int:
        config = DecoderConfig(channels=(32, 24, 16, 8), **options)
        decoder = Decoder(config, channels=[32], strides=[16], frames=1)
        return sum(parameter.numel() for parameter in decoder.parameters())

    plain = size()
    assert size(use_depthwise=False) > plain
    assert size(use_se=True) > plain
    assert size(blocks_per_stage=2) > plain


def test_a_hierarchical_backbone_and_the_stem_join_at_their_own_scales() -> None:
    config = DecoderConfig(channels=(64, 32, 16, 8), upsample=(2, 2, 2))
    decoder = Decoder(config, channels=[4, 8, 16, 32, 64], strides=[2, 4, 8, 16, 32], frames=1)
    assert decoder.lateral_of == [[3], [2], [0, 1]]


def test_maps_that_do_not_divide_evenly_are_resampled() -> None:
    assert decode(DecoderConfig(channels=(32, 24, 16, 8)), [6, 32], [2, 14], (96, 64)).shape == (2, 2, 40, 56)


def test_null_channels_halve_from_the_backbone() -> None:
    assert resolve_channels(DecoderConfig(channels=None), 384) == (384, 192, 96, 48)


def test_channels_that_do_not_match_the_backbone_are_refused() -> None:
    with pytest.raises(UserError, match=r"starts with 384, but .* 192 channels\. Start with 192"):
        resolve_channels(DecoderConfig(), 192)


def test_a_wrong_number_of_channels_is_refused() -> None:
    with pytest.raises(UserError, match=r"3 entries for 3 upsampling stages\. Give 4"):
        resolve_channels(DecoderConfig(channels=(384, 64, 32)), 384)


def test_an_untrained_head_scores_a_tenth_everywhere() -> None:
    decoder = Decoder(DecoderConfig(channels=(32, 24, 16, 8)), channels=[32], strides=[16], frames=1)
    torch.nn.init.zeros_(decoder.head.weight)
    assert torch.allclose(decoder([torch.randn(1, 32, 4, 4)]).sigmoid(), torch.tensor(0.1))


def test_the_stem_keeps_left_and_right_alike() -> None:
    stem = DetailStem(DecoderConfig(detail_channels=8, detail_levels=3), frames=1).eval()
    for module in stem.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.weight.data = module.weight.data + module.weight.data.flip(-1)
    picture = torch.randn(1, 1, 3, 16, 32)
    for mirrored, plain in zip(stem(picture.flip(-1)), stem(picture), strict=True):
        torch.testing.assert_close(mirrored, plain.flip(-1), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_each_level_of_the_stem_halves_the_grid_and_doubles_the_channels(levels: int) -> None:
    stem = DetailStem(DecoderConfig(detail_channels=8, detail_levels=levels), frames=3)
    maps = stem(torch.randn(2, 3, 3, 32, 64))
    assert stem.channels == (8, 16, 32)[:levels]
    assert stem.strides == (2, 4, 8)[:levels]
    assert [tuple(level.shape) for level in maps] == [
        (2, channels, 32 // stride, 64 // stride)
        for channels, stride in zip(stem.channels, stem.strides, strict=True)
    ]


def test_the_stem_sees_what_moves_apart_from_what_stands() -> None:
    stem = DetailStem(DecoderConfig(detail_channels=8), frames=3)
    seen: list[torch.Tensor] = []
    stem.convolutions.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
    standing = torch.randn(1, 1, 3, 16, 32).expand(-1, 3, -1, -1, -1)
    moving = standing.clone()
    moving[:, 1, :, 4, 6] += 1
    stem(standing)
    stem(moving)
    assert seen[0][:, 9:].abs().max() < 1e-5
    assert sorted({(y, x) for *_, y, x in (seen[1][:, 9:].abs() > 0.1).nonzero().tolist()}) == [(4, 6)]
