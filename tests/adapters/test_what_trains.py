"""Under an adapter, adapter, decoder and detail path train, all of them, and nothing else ever does."""

import pytest
import torch

from tracknet_core.config.resolve import load_plan
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Silent
from tracknet_core.training.run import prepare
from tracknet_core.training.session import train
from tracknet_core.training.signals import StopRequest

LORA = ["lora.enabled=true", "lora.r=4"]
QUANTIZED = ["quantization.enabled=true"]


def trained(bench, words: list[str]) -> tuple[HeatmapModel, dict[str, torch.Tensor], set[str]]:
    """Run a whole training; the model, its state before, and the names that ever required gradients."""
    plan, _ = load_plan([bench.config], words)
    folder = bench.folder / f"run-{'-'.join(words)}"
    folder.mkdir()
    start = prepare(plan, folder, resume=False, progress=Silent())
    before = {name: value.clone() for name, value in start.model.state_dict().items() if _is_tensor(value)}
    trains = set()
    forward = start.model.forward

    def watched(frames):
        trains.update(name for name, p in start.model.named_parameters() if p.requires_grad)
        return forward(frames)

    start.model.forward = watched
    train(start, progress=Silent(), stop=StopRequest())
    return start.model, before, trains


@pytest.mark.parametrize("quantized", [[], QUANTIZED, [*QUANTIZED, "quantization.mode=hf"]])
@pytest.mark.parametrize("beside", [[], ["training.backbone_freeze_epochs=1"], ["backbone.freeze=true"]])
def test_an_adapter_keeps_the_base_as_it_was(bench, quantized, beside):
    model, before, trains = trained(bench, [*LORA, *quantized, *beside])
    changed = {name for name, value in before.items() if not torch.equal(model.state_dict()[name], value)}
    prefix = model.pretrained_prefix
    parts = {name for name in before if not name.startswith(prefix)}
    adapter = {name for name in before if ".lora_" in name}
    assert changed == trains == parts | adapter
    assert {name.split(".")[0] for name in parts} == {"decoder", "stem"}
    assert any("patch_embeddings.lora_A" in name for name in adapter)


@pytest.mark.parametrize("mode", ["manual", "hf"])
def test_quantization_alone_leaves_the_decoder_to_train(bench, mode):
    words = [*QUANTIZED, f"quantization.mode={mode}", "training.backbone_freeze_epochs=1"]
    model, before, trains = trained(bench, words)
    changed = {name for name, value in before.items() if not torch.equal(model.state_dict()[name], value)}
    assert changed == trains == {name for name in before if not name.startswith(model.pretrained_prefix)}


def test_neither_trains_the_backbone_too(bench):
    model, before, trains = trained(bench, [])
    unused = {"backbone.model.embeddings.mask_token"}
    assert trains == {name for name in before if name not in unused}
    assert torch.equal(model.state_dict()["backbone.model.embeddings.mask_token"], before[unused.pop()])


def _is_tensor(value: object) -> bool:
    return isinstance(value, torch.Tensor)
