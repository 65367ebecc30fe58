"""tracknet eval RUN measures a checkpoint on its own data or on other, and on nothing it was not made for."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from tracknet_core.atomic import replace_directory
from tracknet_core.cli.main import main
from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import write_checkpoint

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}
decoder: {channels: [32, 24, 16, 8], detail_channels: 8}
heatmap: {size: [48, 32]}
data:
  root: data
  preprocess: {resize: [96, 64]}
training: {batch_size: 2}
tracking: {max_gap: 2}
"""


def write_clips(root: Path, games: Sequence[str], frames: int = 3) -> None:
    for game in games:
        folder = root / game / "Clip1"
        folder.mkdir(parents=True)
        rows = ["file name,visibility,x-coordinate,y-coordinate,status"]
        for frame in range(frames):
            cv2.imwrite(str(folder / f"{frame:04d}.jpg"), np.full((64, 96, 3), 40 * frame, np.uint8))
            rows.append(f"{frame:04d}.jpg,1,{10 + frame},20,0")
        (folder / "Label.csv").write_text("\n".join(rows) + "\n")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``run``, as training leaves it, and ``data``, three games of three frames."""
    root = tmp_path_factory.mktemp("trained")
    (root / "tiny.yaml").write_text(CONFIG)
    write_clips(root / "data", ["game1", "game2", "game3"])
    plan, _ = load_plan([root / "tiny.yaml"], machine=False)
    model = assemble(plan, base=root / "run" / "base")
    with replace_directory(root / "run" / "checkpoints" / "best") as folder:
        write_checkpoint(folder, model, plan, base=root / "run" / "base", threshold=0.4, metrics={}, step=1)
    return root


@pytest.fixture
def workplace(trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(trained, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def measured(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, object]:
    assert main(["eval", "run", *words, "--json", "--quiet"]) == 0, capsys.readouterr().err
    facts: dict[str, object] = json.loads(capsys.readouterr().out)
    return facts


def test_a_run_is_measured_on_its_test_games(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = measured(capsys)
    assert facts["split"] == "test"
    assert facts["frames"] == 3
    assert facts["threshold"] == 0.4
    assert facts["tracking"] == {"enabled": True, "max_gap": 2, "fill": "missed", "ensemble": "none"}
    assert 0 < int(str(facts["trainable_parameters"])) < int(str(facts["total_parameters"]))
    assert float(str(facts["frames_per_second"])) > 0
    assert int(str(facts["peak_memory_bytes"])) > 0


def test_all_clips_and_all_protocols(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    facts = measured(capsys, "--split", "all", "--protocol", "all")
    assert list(facts) == ["wasb", "tracknetv3", "tracknetv2-tennis", "pck"]
    assert isinstance(facts["pck"], dict)
    assert facts["pck"]["frames"] == 9


def test_other_data_is_measured_whole(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clips(workplace / "other", ["matchA"], frames=5)
    facts = measured(capsys, "data.root=other", "tracking.enabled=false", "evaluation.threshold=0.7")
    assert facts["split"] == "all"
    assert facts["frames"] == 5
    assert facts["threshold"] == 0.7
    assert facts["tracking"] == {"enabled": False, "max_gap": 2, "fill": "missed", "ensemble": "none"}


def test_a_config_file_may_name_the_data(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_clips(workplace / "other", ["matchA", "matchB"])
    (workplace / "other.yaml").write_text("data: {root: other}\ntracking: {max_gap: 5}\n")
    facts = measured(capsys, "other.yaml")
    assert facts["frames"] == 6
    assert facts["tracking"] == {"enabled": True, "max_gap": 5, "fill": "missed", "ensemble": "none"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["training.epochs=3"], "training.epochs: the model in"),
        (
            ["data.preprocess.resize=[192, 128]", "heatmap.size=[96, 64]"],
            "data.preprocess.resize, heatmap.size: ",
        ),
        (
            ["data.sequence.enabled=true", "data.sequence.length=3"],
            "data.sequence.enabled, data.sequence.length: ",
        ),
        (["data.rot=other"], "data.rot"),
        (["data.root=nowhere"], "nowhere"),
        (["evaluation.protocol=wsab"], "wasb"),
    ],
)
def test_what_the_model_was_not_made_for_is_refused(
    workplace: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert main(["eval", "run", *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.out == ""


def test_a_split_without_clips_is_refused(workplace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.rmtree(workplace / "data" / "game3")
    shutil.rmtree(workplace / "data" / "game2")
    write_clips(workplace / "data2", ["game1", "game2"])
    words = ["data.root=data2", "data.split.train_games=[game1]", "data.split.val_games=[game2]"]
    assert main(["eval", "run", *words, "--split", "test"]) == 2
    assert "--split test: has no clips" in capsys.readouterr().err


@pytest.fixture
def pair(workplace: Path) -> Path:
    """Beside ``run`` another one of other weights and a lower threshold, ``other``."""
    plan, _ = load_plan([workplace / "tiny.yaml"], ["seed=7"], machine=False)
    model = assemble(plan, base=workplace / "other" / "base")
    with replace_directory(workplace / "other" / "checkpoints" / "best") as folder:
        base = workplace / "other" / "base"
        write_checkpoint(folder, model, plan, base=base, threshold=0.1, metrics={}, step=1)
    write_clips(workplace / "many", [f"match{number}" for number in range(6)])
    return workplace


def compared(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["eval", *words, "--json", "--quiet"]) == 0, capsys.readouterr().err
    content: dict[str, Any] = json.loads(capsys.readouterr().out)
    return content


def test_two_runs_are_measured_on_the_same_clips(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    content = compared(capsys, "run", "other", "data.root=many")
    assert (content["first"]["name"], content["second"]["name"]) == ("run", "other")
    assert (content["first"]["threshold"], content["second"]["threshold"]) == (0.4, 0.1)
    assert content["first"]["frames"] == content["second"]["frames"] == 18
    alone = compared(capsys, "other", "data.root=many")
    same = ("tp", "tn", "fp1", "fp2", "fn", "f1", "ap", "f1_interval")
    assert {key: content["second"][key] for key in same} == {key: alone[key] for key in same}
    low, high = content["differences"]["f1"]["interval"]
    assert low <= content["differences"]["f1"]["difference"] <= high
    content = compared(capsys, "run", "other", "data.root=many", "evaluation.threshold=0.7")
    assert (content["first"]["threshold"], content["second"]["threshold"]) == (0.7, 0.7)


def test_a_run_compared_with_itself_differs_by_exactly_nothing(
    pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = compared(capsys, "run", "run", "data.root=many")
    for each in content["differences"].values():
        assert (each["difference"], each["interval"]) == (0.0, [0.0, 0.0])
    assert content["verdict"].startswith("no difference shown")


def test_a_run_that_knows_the_clips_is_named(pair: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["eval", "run", "other", "--split", "all"]) == 0
    captured = capsys.readouterr()
    assert "run: was trained on 1 of these 3 clips; that favours it" in captured.err
    assert "fewer than 5 clips cannot tell" in captured.out
    shutil.move(pair / "data", pair / "moved")
    assert main(["eval", "run", "other", "data.root=moved"]) == 0
    assert "other: its training data is not there" in capsys.readouterr().err


def test_a_sweep_measures_the_track_at_other_thresholds(
    pair: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = compared(capsys, "other", "--sweep", "--plots", "drawn")
    (used,) = [point for point in content["sweep"]["tracked"] if point["threshold"] == 0.1]
    assert [used[key] for key in ("tp", "fp1", "fp2", "fn")] == [
        content[key] for key in ("tp", "fp1", "fp2", "fn")
    ]
    assert len(content["sweep"]["tracked"]) == 19
    assert (pair / "drawn" / "precision_recall.png").is_file()
    content = compared(capsys, "other", "tracking.enabled=false", "--sweep")
    assert content["sweep"]["tracked"] == [], "without tracking, its curve would be that of the detections"
    assert main(["eval", "other", "--sweep", "--quiet"]) == 0
    assert "used" in capsys.readouterr().out
