"""A checkpoint brings back exactly what was saved, or says in one line why it cannot."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import DINOv3ViTConfig, DINOv3ViTModel

from tracknet_core.atomic import replace_directory
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import load_checkpoint, write_checkpoint
from tracknet_core.model.heatmap_model import HeatmapModel

MakePlan = Callable[..., Plan]


def disturb(model: HeatmapModel) -> None:
    """Stand in for training: change everything that trains."""
    torch.manual_seed(3)
    for parameter in model.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)


def save(run: Path, plan: Plan) -> HeatmapModel:
    model = assemble(plan, base=run / "base")
    disturb(model)
    with replace_directory(run / "checkpoints" / "best") as folder:
        write_checkpoint(folder, model, plan, base=run / "base", threshold=0.4, metrics={"f1": 0.5}, step=3)
    return model.eval()


def heatmaps(model: HeatmapModel) -> torch.Tensor:
    pixels = torch.arange(3 * 3 * 64 * 96).view(1, 3, 3, 64, 96) % 251
    with torch.inference_mode():
        logits: torch.Tensor = model(pixels.to(torch.uint8))
    return logits


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return tmp_path / "run"


@pytest.fixture
def pretrained(tmp_path: Path) -> Path:
    torch.manual_seed(5)
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    DINOv3ViTModel(DINOv3ViTConfig(**small)).save_pretrained(tmp_path / "dinov3")
    return tmp_path / "dinov3"


@pytest.mark.parametrize("freeze", [False, True])
@pytest.mark.parametrize("norm", ["gn", "bn"])
def test_a_model_comes_back_exactly(make_plan: MakePlan, run: Path, freeze: bool, norm: str) -> None:
    model = save(run, make_plan(backbone__freeze=freeze, decoder__norm=norm))
    loaded = load_checkpoint(run)
    assert torch.equal(heatmaps(loaded.model), heatmaps(model))
    assert loaded.threshold == 0.4


def test_frozen_base_weights_are_not_copied(make_plan: MakePlan, run: Path, pretrained: Path) -> None:
    from safetensors import safe_open

    plan = make_plan(backbone__freeze=True, backbone__pretrained=True, pretrained_model_name=str(pretrained))
    model = save(run, plan.__class__(**_shallow(plan, backbone_config={})))
    with safe_open(run / "checkpoints" / "best" / "model.safetensors", "pt") as file:
        assert not [name for name in file.keys() if name.startswith("backbone.")]  # noqa: SIM118
    assert not (run / "base").exists()
    assert torch.equal(heatmaps(load_checkpoint(run).model), heatmaps(model))


def _shallow(plan: Plan, backbone_config: dict[str, object]) -> dict[str, object]:
    from attrs import asdict, evolve

    return asdict(plan, recurse=False) | {"backbone": evolve(plan.backbone, config=backbone_config)}


class TestFaults:
    def test_no_checkpoint(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="no checkpoint there"):
            load_checkpoint(tmp_path)

    def test_truncated_weights(self, make_plan: MakePlan, run: Path) -> None:
        save(run, make_plan())
        weights = run / "checkpoints" / "best" / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-10])
        with pytest.raises(UserError, match=r"model\.safetensors: cannot be read"):
            load_checkpoint(run)

    def test_truncated_facts(self, make_plan: MakePlan, run: Path) -> None:
        save(run, make_plan())
        facts = run / "checkpoints" / "best" / "tracknet.json"
        facts.write_text(facts.read_text()[:40])
        with pytest.raises(UserError, match=r"tracknet\.json: cannot be read"):
            load_checkpoint(run)

    def test_another_format_version(self, make_plan: MakePlan, run: Path) -> None:
        save(run, make_plan())
        file = run / "checkpoints" / "best" / "tracknet.json"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"format_version": 2}))
        with pytest.raises(UserError, match="has format version 2; this TrackNet reads 1"):
            load_checkpoint(run)

    def test_weights_of_another_model(self, make_plan: MakePlan, run: Path, tmp_path: Path) -> None:
        save(run, make_plan())
        save(tmp_path / "other", make_plan(decoder__channels=[32, 24, 16, 12]))
        weights = Path("checkpoints") / "best" / "model.safetensors"
        shutil.copy(tmp_path / "other" / weights, run / weights)
        with pytest.raises(UserError, match="is of another model"):
            load_checkpoint(run)

    def test_a_base_that_has_changed(self, make_plan: MakePlan, run: Path, tmp_path: Path) -> None:
        save(run, make_plan(backbone__freeze=True))
        save(tmp_path / "other", make_plan(backbone__freeze=True, seed=9))
        shutil.copy(tmp_path / "other" / "base" / "model.safetensors", run / "base" / "model.safetensors")
        with pytest.raises(UserError, match="other base weights"):
            load_checkpoint(run)

    def test_a_base_that_is_gone(self, make_plan: MakePlan, run: Path) -> None:
        save(run, make_plan())
        shutil.rmtree(run / "base")
        with pytest.raises(UserError, match="base weights of this checkpoint are gone"):
            load_checkpoint(run)
