"""Each family passes the kit that every backbone author runs, with random weights."""

from tracknet_convnext.config import ConvNextConfig, FPNConfig

from tracknet_core.testing import BackboneConformance

SMALL = {"hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 2, 1]}


def config(family: str, *, pyramid: bool = True, stages: tuple[int, ...] = (1, 2, 3, 4)) -> ConvNextConfig:
    return ConvNextConfig(
        pretrained=False,
        config={"model_type": family, **SMALL},
        return_stages=stages,
        fpn=FPNConfig(enabled=pyramid, out_channels=12),
    )


class TestDINOv3ConvNext(BackboneConformance):
    name = "convnext_fpn_heatmap"
    plugin = "tracknet_convnext.plugin"
    config = config("dinov3_convnext")


class TestConvNext(BackboneConformance):
    name = "convnext_fpn_heatmap"
    plugin = "tracknet_convnext.plugin"
    config = config("convnext")


class TestConvNextV2(BackboneConformance):
    name = "convnext_fpn_heatmap"
    plugin = "tracknet_convnext.plugin"
    config = config("convnextv2", pyramid=False)


class TestTwoStagesAtOddSizes(BackboneConformance):
    name = "convnext_fpn_heatmap"
    plugin = "tracknet_convnext.plugin"
    config = config("dinov3_convnext", stages=(1, 3))
    sizes = ((37, 61), (70, 50))
