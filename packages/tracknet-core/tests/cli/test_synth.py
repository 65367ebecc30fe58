"""``tracknet synth`` through the command line."""

import json
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from tracknet_core.cli.main import main
from tracknet_core.cli.synth import Difficulty, Sport
from tracknet_core.data.synthetic.spec import DifficultyName, SportName

SMALL = ["--games", "1", "--clips", "2", "--frames", "2", "--size", "64x64"]


def test_it_writes_clips_and_says_where(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tracknet_core", "synth", "clips", *SMALL, "--seed", "3"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "2 clips in clips\n"), done.stderr
    assert (tmp_path / "clips/game1/Clip2/0001.jpg").is_file()
    assert (tmp_path / "clips/game1/Clip2.mp4").is_file()
    manifest = json.loads((tmp_path / "clips/synthetic.json").read_text())
    assert "Synthetic" in manifest["about"]
    assert manifest["parameters"]["seed"] == 3


def test_a_second_call_finds_the_clips_and_another_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clips = str(tmp_path / "clips")
    assert main(["synth", clips, *SMALL, "--no-video"]) == 0
    assert main(["synth", clips, *SMALL, "--no-video"]) == 0
    assert "2 clips were there already." in capsys.readouterr().err

    assert main(["synth", clips, *SMALL, "--no-video", "--seed", "1"]) == 2

    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"{clips}: holds other synthetic clips (seed 0, not 1). Name a new folder")


@pytest.mark.parametrize(
    "options",
    [["--size", "big"], ["--games", "0"], ["--sport", "golf"], ["--jobs", "0"], ["--size", "65x64"]],
)
def test_wrong_options_start_nothing(
    tmp_path: Path, options: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["synth", str(tmp_path / "clips"), *options]) == 2

    assert options[0] in capsys.readouterr().err
    assert not (tmp_path / "clips").exists()


def test_the_choices_are_those_of_the_generator() -> None:
    assert get_args(Sport) == get_args(SportName)
    assert get_args(Difficulty) == get_args(DifficultyName)


def test_importing_the_command_loads_nothing_heavy() -> None:
    code = (
        "import sys, tracknet_core.cli.synth\n"
        "print(sorted({'torch', 'numpy', 'cv2', 'av', 'transformers'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "[]\n"


def test_generating_loads_no_torch() -> None:
    code = "import sys, tracknet_core.data.synthetic.write\nprint('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "False\n"
