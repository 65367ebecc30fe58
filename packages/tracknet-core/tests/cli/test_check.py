"""``tracknet check`` finds everything and starts nothing."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tracknet_core.cli.main import main

GUIDE = Path(__file__).parents[4] / "docs/ja/migration-guide.md"

CONFIG = """\
model_name: vit_heatmap
backbone: {pretrained: false, config: {hidden_size: 384}}
data:
  root: clips
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with a sound configuration and no data."""
    monkeypatch.chdir(tmp_path)
    Path("model.yaml").write_text(CONFIG)
    return tmp_path


def test_absent_data_is_said_with_place_remedy_and_layout(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tracknet_vit")

    assert main(["check", "model.yaml"]) == 2

    out, err = capsys.readouterr()
    assert err.startswith("model.yaml:4:3: data.root: clips does not exist. Make synthetic data")
    assert "Label.csv" in err
    assert out == "1 error\n"


def test_json_is_for_scripts(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "model.yaml", "training.epochs=x", "training.amp=true", "--json"]) == 2

    out, err = capsys.readouterr()
    found = json.loads(out)
    assert err == ""
    assert found["ok"] is False
    problem = next(p for p in found["problems"] if p["key"] == "training.epochs")
    assert problem == {
        "file": "command line",
        "line": 1,
        "column": 1,
        "key": "training.epochs",
        "severity": "error",
        "message": "expected a whole number, got the text 'x'",
        "remedy": "Write a whole number, such as 20.",
    }


def label(game: str, rows: str = "0000.jpg,0,,,0\n") -> None:
    cv2 = pytest.importorskip("cv2")
    import numpy as np

    clip = Path("clips") / game / "Clip1"
    clip.mkdir(parents=True)
    cv2.imwrite(str(clip / "0000.jpg"), np.zeros((64, 64, 3), np.uint8))
    (clip / "Label.csv").write_text("file name,visibility,x-coordinate,y-coordinate,status\n" + rows)


def test_sound_data_is_no_problem_and_the_split_is_said_aloud(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tracknet_vit")
    for game in ("game1", "game2", "game3"):
        label(game)

    assert main(["check", "model.yaml"]) == 0

    out, err = capsys.readouterr()
    assert out == "no problems\n"
    assert "data.split is absent" in err


def test_faults_in_labels_are_found_beside_faults_in_the_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    label("game1", "0000.jpg,1,many,3,0\n")

    assert main(["check", "model.yaml", "training.epochs=x"]) == 2

    err = capsys.readouterr().err
    assert "training.epochs: expected a whole number" in err
    assert "model.yaml:3:1: data: 1 fault in 1 clip" in err
    assert "Label.csv:2" in err


def test_a_split_that_names_an_unknown_game_is_placed(capsys: pytest.CaptureFixture[str]) -> None:
    for game in ("game1", "game2", "game3"):
        label(game)
    Path("model.yaml").write_text(CONFIG + "  split:\n    val_games: [game9]\n")

    assert main(["check", "model.yaml"]) == 2

    assert "model.yaml:6:5: data.split.val_games: no game is called 'game9'" in capsys.readouterr().err


def test_strict_lets_warnings_stop(capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("tracknet_vit")
    for game in ("game1", "game2", "game3"):
        label(game)
    words = ["check", "model.yaml", "data.sequence.length=3"]

    assert main(words) == 0
    assert main([*words, "--strict"]) == 2

    assert "has no effect while data.sequence.enabled is false" in capsys.readouterr().err


def test_check_loads_nothing_heavy() -> None:
    for game in ("game1", "game2", "game3"):
        label(game)
    script = (
        "import sys\n"
        "from tracknet_core.cli.main import main\n"
        "main(['check', 'model.yaml'])\n"
        "heavy = {'torch', 'transformers', 'numpy', 'cv2', 'peft', 'bitsandbytes', 'pydantic', 'rich'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert result.stdout.splitlines()[-1] == "[]"


def test_the_guides_first_configuration_lacks_only_data_and_weights(
    monkeypatch: pytest.MonkeyPatch, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("tracknet_vit")
    monkeypatch.setenv("HF_HUB_CACHE", str(folder / "no-cache"))
    guide = GUIDE.read_text(encoding="utf-8")
    Path("model.yaml").write_text(
        re.search(r"```yaml\n(.*?)```", guide, flags=re.DOTALL)[1], encoding="utf-8"
    )

    assert main(["check", "model.yaml", "--json"]) == 2

    problems = json.loads(capsys.readouterr().out)["problems"]
    assert [problem["key"] for problem in problems] == ["data.root", "pretrained_model_name"]


def test_an_old_three_file_setup_is_checked_as_one(capsys: pytest.CaptureFixture[str]) -> None:
    Path("DATA.yaml").write_text("root: nowhere\n")
    Path("TRAINING.yaml").write_text("batch_size: x\n")

    assert main(["check", "model.yaml", "--data", "DATA.yaml", "--training", "TRAINING.yaml"]) == 2

    err = capsys.readouterr().err
    assert "DATA.yaml:1:1: data.root: nowhere does not exist" in err
    assert "TRAINING.yaml:1:1: training.batch_size: expected a whole number" in err


def plugins_json(site: Any, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    assert main(["plugins", "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def test_plugins_lists_what_is_installed_and_what_failed(
    site: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    site.install("tracknet-broken", "import absent_module_xyz", version="3.1")
    monkeypatch.setattr("tracknet_core.plugins.registry", site.registry)

    (plugin,) = plugins_json(site, capsys)["plugins"]

    assert plugin["name"] == "broken"
    assert plugin["distribution"] == "tracknet-broken"
    assert plugin["version"] == "3.1"
    assert plugin["file"].endswith("tracknet_broken_plugin.py")
    assert plugin["registers"] == []
    assert plugin["failure"]["cause"] == "ModuleNotFoundError: No module named 'absent_module_xyz'"
    assert "Traceback" in plugin["failure"]["traceback"]
    assert main(["plugins"]) == 0
    assert "failed: ModuleNotFoundError: No module named" in capsys.readouterr().out


def test_core_registers_its_own_like_any_plugin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "--json"]) == 0

    core = next(p for p in json.loads(capsys.readouterr().out)["plugins"] if p["name"] == "core")
    assert core["registers"] == [
        *(
            {"kind": "dataset format", "name": name}
            for name in ("tracknet", "shuttlecock", "wasb-volleyball", "cvat", "video-csv")
        ),
        *({"kind": "exporter", "name": name} for name in ("merged", "onnx", "openvino")),
    ]


def test_schema_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0

    assert json.loads(capsys.readouterr().out)["title"] == "TrackNet configuration"
