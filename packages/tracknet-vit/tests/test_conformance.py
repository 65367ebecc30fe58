"""The ViT backbone passes the kit that every backbone author runs."""

from tracknet_core.testing import BackboneConformance
from tracknet_vit.config import ViTConfig

SMALL = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}


class TestRandomDINOv3(BackboneConformance):
    name = "vit_heatmap"
    plugin = "tracknet_vit.plugin"
    config = ViTConfig(pretrained=False, config=SMALL)


class TestRandomDINOv2(BackboneConformance):
    name = "vit_heatmap"
    plugin = "tracknet_vit.plugin"
    config = ViTConfig(
        pretrained=False,
        patch_size=14,
        config={"model_type": "dinov2", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
    )


class TestRandomViT(BackboneConformance):
    name = "vit_heatmap"
    plugin = "tracknet_vit.plugin"
    config = ViTConfig(pretrained=False, config={"model_type": "vit", **SMALL})
