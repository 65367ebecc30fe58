"""An adapter over this backbone opens without TrackNet. It needs tracknet-lora."""

import pytest
import torch
from peft import PeftModel
from tracknet_convnext.backbone import build
from tracknet_convnext.config import ConvNextConfig, FPNConfig
from transformers import AutoModel

from tracknet_core.descriptors import BackboneRequest
from tracknet_core.plugins import registry


@pytest.mark.parametrize("family", ["dinov3_convnext", "convnext", "convnextv2"])
def test_plain_peft_gives_the_same_maps(save, tmp_path, family):
    backbone = build_backbone(save(family))
    lora = registry().adapter("peft-lora")
    backbone.model = lora.adapt(backbone.model, lora.config(enabled=True, r=4), backbone).eval()
    for parameter in backbone.model.parameters():
        if parameter.requires_grad:
            parameter.data.normal_(std=0.1)
    lora.save(backbone.model, tmp_path, backbone)

    model = AutoModel.from_pretrained(save(family))
    exec(backbone.plain_recipe, {"model": model})
    plain = PeftModel.from_pretrained(model, tmp_path).eval()
    frames = torch.randn(1, 3, 3, 64, 96)
    with torch.no_grad():
        expected = plain(pixel_values=frames.flatten(1, 2), output_hidden_states=True).hidden_states[1:4]
        before = build_backbone(save(family))(frames)
        maps = backbone(frames)
    assert all(torch.equal(a, b) for a, b in zip(maps, expected, strict=True))
    assert not any(torch.allclose(a, b) for a, b in zip(maps, before, strict=True))


def build_backbone(folder):
    config = ConvNextConfig(return_stages=(1, 2, 3), fpn=FPNConfig(enabled=False))
    request = BackboneRequest(config=config, pretrained_model_name=str(folder), frames=3, image_size=(96, 64))
    return build(request).eval()
