"""The bases inside the package: found by name, offline, small, and what their cards and records say."""

import hashlib
import json
import re
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModel

from tracknet_core.descriptors import BackboneRequest
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_vit.backbone import ViTBackbone, build
from tracknet_vit.bases import CHECKPOINTS, EMBEDDED
from tracknet_vit.check import check, outline
from tracknet_vit.checkpoint import find_checkpoint
from tracknet_vit.config import ViTConfig

LARGEST_BYTES = 4_000_000
NAMES = sorted(EMBEDDED)

pytestmark = pytest.mark.parametrize("name", NAMES)


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither a hub cache nor a working directory that could hold the base instead."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


def _request(name: str, **settings: object) -> BackboneRequest[ViTConfig]:
    return BackboneRequest(
        config=ViTConfig(**settings), pretrained_model_name=name, frames=1, image_size=(96, 64)
    )


def _build(name: str, **settings: object) -> ViTBackbone:
    return build(_request(name, **settings)).eval()


def test_its_name_has_no_problem_and_tells_its_shapes_without_loading_it(name: str) -> None:
    assert check(_request(name)) == []
    shapes = outline(_request(name))
    assert shapes is not None
    assert shapes.channels == _build(name).channels
    assert shapes.strides == (16,)


def test_by_name_it_gives_the_tokens_that_plain_transformers_gives_of_the_folder(name: str) -> None:
    plain = AutoModel.from_pretrained(EMBEDDED[name], dtype=torch.float32).eval()
    pixels = torch.randn(2, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        (tokens,) = _build(name)(pixels[:, None])
        expected = plain(pixel_values=pixels).last_hidden_state[:, -24:]
    assert torch.isfinite(tokens).all()
    assert torch.equal(tokens.flatten(2).transpose(1, 2), expected)


def test_it_was_trained(name: str) -> None:
    trained, random = _build(name), _build(name, pretrained=False)
    for weight in ("embeddings.patch_embeddings.weight", "model.layer.0.attention.q_proj.weight"):
        assert trained.model.get_parameter(weight).std() > 1.2 * random.model.get_parameter(weight).std()


def test_it_is_stored_in_bfloat16_and_computes_in_float32(name: str) -> None:
    with safe_open(EMBEDDED[name] / "model.safetensors", "pt") as file:
        assert {file.get_slice(key).get_dtype() for key in file.keys()} == {"BF16"}  # noqa: SIM118 - no mapping
    for backbone in (_build(name), _build(name, pretrained=False)):
        assert {parameter.dtype for parameter in backbone.parameters()} == {torch.float32}


def test_all_of_its_weights_are_small(name: str) -> None:
    files = sorted(EMBEDDED[name].rglob("*.safetensors"))
    assert [file.parent.name for file in files] == ["heatmap", EMBEDDED[name].name]
    assert sum(file.stat().st_size for file in files) <= LARGEST_BYTES


def test_its_attention_and_mlp_divide_into_blocks_of_4_bit_quantization(name: str) -> None:
    layers = outline(_request(name)).layers
    linear = [layer for layer in layers if ".attention." in layer.name or ".mlp." in layer.name]
    assert linear
    assert [layer.name for layer in linear if any(side % 64 for side in layer.shape)] == []


def test_its_heatmap_checkpoint_opens_over_it(name: str) -> None:
    loaded = load_checkpoint(CHECKPOINTS[name])
    assert loaded.plan.pretrained_model_name == name
    assert loaded.plan.frames == 3
    assert 0 < loaded.threshold < 1
    frames = torch.randint(0, 256, (1, 3, 3, 288, 512), dtype=torch.uint8)
    with torch.no_grad():
        logits = loaded.model(frames)
    assert logits.shape == (1, 3, 144, 256)
    assert torch.isfinite(logits).all()


def test_its_heatmap_checkpoint_records_the_weights_that_are_shipped(name: str) -> None:
    recorded = json.loads((CHECKPOINTS[name] / "tracknet.json").read_text(encoding="utf-8"))["base"]
    base = find_checkpoint(name)
    assert base is not None
    shipped = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in base.weights}
    assert recorded == {"id": name, "folder": None, "sha256": shipped}


def test_nothing_in_it_tells_where_it_was_made(name: str) -> None:
    texts = [file for file in EMBEDDED[name].rglob("*") if file.suffix in {".json", ".yaml", ".md"}]
    assert {file.name for file in texts} >= {"config.json", "config.yaml", "tracknet.json", "README.md"}
    for file in texts:
        absolute = re.findall(r"(?<![\w/:.])(?:~?/|[A-Z]:\\)\w\S*", file.read_text(encoding="utf-8"))
        assert (file.name, absolute) == (file.name, [])


def test_its_card_says_what_it_is_made_of(name: str) -> None:
    card = (EMBEDDED[name] / "README.md").read_text(encoding="utf-8")
    for fact in (name, "license: apache-2.0", "python scripts/pretrain_base.py", "synthetic", "badminton"):
        assert fact in card
