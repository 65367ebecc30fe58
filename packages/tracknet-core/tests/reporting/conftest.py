"""A run's folder as training leaves it."""

import json
from pathlib import Path
from typing import Any

import pytest

HISTORY = """\
step,epoch,loss,lr,frames_per_second,val_loss,f1,precision,recall,accuracy,ap,rmse_px,threshold
10,0.5,0.2,0.001,30.5,,,,,,,,
20,1,0.1,0.0005,31.5,,0.5,0.6,0.4,0.5,0.45,3.5,0.3
30,1.5,0.05,0.0001,31.0,,,,,,,,
40,2,0.02,0.0,31.2,,0.8,0.9,0.7,0.8,0.75,,0.4
"""

COUNTS = {"frames": 100, "tp": 70, "tn": 10, "fp1": 5, "fp2": 3, "fn": 12}


@pytest.fixture
def metrics() -> dict[str, Any]:
    """The content of a ``metrics.json``."""
    return {
        "split": "test",
        **COUNTS,
        "accuracy": 0.8,
        "precision": 0.897,
        "recall": 0.854,
        "f1": 0.87512,
        "ap": 0.81,
        "ap_wasb": 0.86,
        "rmse_px": None,
        "threshold": 0.42,
        "protocol": {"name": "wasb", "distance_px": 4, "reference_size": None, "visible_classes": [1, 2]},
        "tracking": {"enabled": True, "max_gap": 8, "fill": "missed", "ensemble": "none"},
        "by_visibility": {"1": COUNTS},
        "trainable_parameters": 1200,
        "total_parameters": 24000,
        "peak_memory_bytes": 512 * 2**20,
        "frames_per_second": 33.3,
    }


@pytest.fixture
def run(tmp_path: Path, metrics: dict[str, Any]) -> Path:
    """The folder of a finished run."""
    folder = tmp_path / "my-run"
    folder.mkdir()
    (folder / "history.csv").write_text(HISTORY)
    (folder / "metrics.json").write_text(json.dumps(metrics))
    (folder / "environment.json").write_text(
        json.dumps({"platform": "Linux", "cpu": "Some CPU", "versions": {"torch": "2.13.0"}})
    )
    (folder / "config.yaml").write_text("model_name: vit_heatmap  # <&>\n")
    return folder
