"""The configuration that existing users have keeps working: the guide's first YAML, as it stands."""

import json
import re
from pathlib import Path

import pytest
import torch
from transformers import DINOv3ViTConfig, DINOv3ViTModel

from tracknet_core.cli.main import main

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "ja" / "migration-guide.md"


@pytest.fixture
def existing_config(tmp_path: Path) -> Path:
    first = re.search(r"```yaml\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert first is not None
    file = tmp_path / "model.yaml"
    file.write_text(first[1], encoding="utf-8")
    return file


@pytest.fixture
def dinov3(tmp_path: Path) -> Path:
    """A DINOv3 as wide as ViT-S, one layer deep, on disk as transformers saves it."""
    torch.manual_seed(0)
    config = DINOv3ViTConfig(
        hidden_size=384, num_hidden_layers=1, num_attention_heads=6, intermediate_size=64
    )
    DINOv3ViTModel(config).save_pretrained(tmp_path / "dinov3")
    return tmp_path / "dinov3"


def test_it_lacks_nothing_but_data_and_weights(
    existing_config: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
    assert main(["check", str(existing_config), "--json"]) == 2
    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [problem["key"] for problem in problems] == ["data.root", "pretrained_model_name"]


def test_it_trains_once_weights_and_data_are_named(
    existing_config: Path, dinov3: Path, tmp_path: Path
) -> None:
    clips, run = tmp_path / "clips", tmp_path / "run"
    size = ["--games", "3", "--clips", "1", "--frames", "2", "--size", "256x144"]
    assert main(["synth", str(clips), *size, "--no-video", "--jobs", "1", "--quiet"]) == 0
    overrides = [
        f"pretrained_model_name={dinov3}",
        f"data.root={clips}",
        "training.epochs=1",
        "training.batch_size=2",
        "training.data_loader.num_workers=0",
    ]
    assert main(["run", str(existing_config), *overrides, "--output", str(run), "--quiet"]) == 0
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert 0 < metrics["trainable_parameters"] < metrics["total_parameters"]
    assert not (run / "base").exists()
