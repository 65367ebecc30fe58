"""The example configurations are valid, need nothing beyond what they name, and train."""

import csv
import json
import math
from pathlib import Path

import pytest
import yaml

from tracknet_core.config.problems import Problem
from tracknet_core.config.resolve import load_plan

FOLDER = Path(__file__).resolve().parents[1] / "configs"
CONFIGS = sorted(FOLDER.glob("*.yaml"))
OVERLAYS = sorted((FOLDER / "overlays").glob("*.yaml"))
RUNS = [[FOLDER / f"{name}.yaml"] for name in ("dinov3", "lora", "qlora")] + [
    [FOLDER / "qlora.yaml", overlay] for overlay in OVERLAYS
]
"""The guide's own, and the overlays; the demo is a test of its own."""

SMALL = ("data.preprocess.resize=[256,144]", "heatmap.size=[128,72]")


def _name(files: list[Path]) -> str:
    return "+".join(file.stem for file in files)


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_an_example_config_has_no_problem(config: Path) -> None:
    plan, warnings = load_plan([config], machine=False)
    assert plan.model_name
    assert warnings == ()


@pytest.mark.parametrize("files", RUNS, ids=_name)
def test_over_real_weights_and_data_nothing_is_wrong_with_it(files: list[Path], supplies) -> None:
    _, warnings = load_plan(files, supplies.named())
    assert [warning for warning in warnings if not _is_of_float16_without_a_gpu(warning)] == []


@pytest.mark.parametrize("files", RUNS, ids=_name)
def test_it_trains_as_it_says(files: list[Path], supplies, tmp_path: Path) -> None:
    run = tmp_path / "run"
    supplies.run(files, run, *SMALL)
    assert all(math.isfinite(float(row["loss"])) for row in _history(run) if row["loss"])
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert 0 < metrics["trainable_parameters"] < metrics["total_parameters"]
    written = yaml.safe_load(files[-1].read_text(encoding="utf-8"))
    resolved = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    for section in ("lora", "quantization"):
        enabled = resolved.get(section, {}).get("enabled", False)
        assert enabled == written.get(section, {}).get("enabled", enabled)
    assert (run / "checkpoints/best/adapter").is_dir() == ("lora" in resolved)


@pytest.mark.parametrize("config", [*CONFIGS, *OVERLAYS], ids=lambda path: path.stem)
def test_its_head_says_what_it_is_for(config: Path) -> None:
    assert config.read_text(encoding="utf-8").startswith("# ")


def test_the_demo_is_among_them() -> None:
    assert "demo" in {config.stem for config in CONFIGS}


def _history(run: Path) -> list[dict[str, str]]:
    with (run / "history.csv").open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def _is_of_float16_without_a_gpu(warning: Problem) -> bool:
    return warning.key == "quantization.compute_dtype" and "float16" in warning.message
