"""``tracknet convert`` through the command line."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tracknet_core.cli.main import main

Build = Callable[..., Path]


def test_it_writes_and_says_what_went_over_and_what_was_lost(tiny_tracknet: Build, tmp_path, capsys) -> None:
    root = tiny_tracknet(games=2, frames=4)
    label = root / "game1" / "Clip1" / "Label.csv"
    label.write_text(label.read_text().replace("0001.jpg,1", "0001.jpg,2"))

    assert main(["convert", str(root), "--to", "wasb-volleyball", str(tmp_path / "out")]) == 0

    out, err = capsys.readouterr()
    assert out == f"2 clips, 8 frames, 6 with a ball, in {tmp_path / 'out'} as wasb-volleyball\n"
    assert err == "not as it was: 1 label of visibility 2, now 1\n"
    assert (tmp_path / "out/videos/game1/Clip1/0.jpg").is_file()


def test_what_was_lost_is_told_however_quiet(tiny_tracknet: Build, tmp_path, capsys) -> None:
    root = tiny_tracknet(games=1)
    assert main(["convert", str(root), str(tmp_path / "out"), "--to", "shuttlecock", "--quiet"]) == 0
    assert capsys.readouterr().err == "not as it was: 1 clip of no side on the side train\n"


def test_the_source_may_be_named_where_it_could_be_two_things(tiny_tracknet: Build, tmp_path, capsys) -> None:
    root = tiny_tracknet(games=1)
    assert main(["convert", str(root), "--to", "video-csv", str(root.parent / "other")]) == 0
    for file in (root.parent / "other" / "game1").iterdir():
        file.rename(root / "game1" / file.name)
    assert main(["convert", str(root), "--to", "cvat", str(tmp_path / "out")]) == 2
    assert "--from: " in (err := capsys.readouterr().err)
    assert "looks like each of tracknet, video-csv" in err
    assert main(["convert", str(root), "--to", "cvat", str(tmp_path / "out"), "--from", "tracknet"]) == 0
    assert (tmp_path / "out/game1/Clip1/000000.jpg").is_file()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--to", "tracknte"],
            "--to: no installed plugin registers the dataset format 'tracknte'. Did you mean",
        ),
        (["--to", "cvat", "--from", "shuttlecok"], "Did you mean 'shuttlecock'?"),
        (["--to", "cvat", "--on-bad-data", "ignore"], "'--on-bad-data'"),
        ([], "--to"),
    ],
)
def test_wrong_options_start_nothing(tiny_tracknet: Build, tmp_path, capsys, words, message) -> None:
    root = tiny_tracknet(games=1)
    assert main(["convert", str(root), str(tmp_path / "out"), *words]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert message in err
    assert not (tmp_path / "out").exists()


def test_what_is_no_data_set_is_told_by_its_argument(tmp_path, capsys) -> None:
    assert main(["convert", str(tmp_path / "absent"), "--to", "cvat", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith(f"SRC: {tmp_path / 'absent'} does not exist.")


def test_a_folder_that_holds_something_is_left_alone(tiny_tracknet: Build, tmp_path, capsys) -> None:
    root = tiny_tracknet(games=1)
    for target in (root, root / "game1" / "Clip1" / "Label.csv"):
        assert main(["convert", str(root), "--to", "cvat", str(target)]) == 2
        assert "exists and is not empty. Name a new folder" in capsys.readouterr().err


def test_faults_stop_before_anything_is_written_or_are_left_out(
    tiny_tracknet: Build, tmp_path, capsys
) -> None:
    root = tiny_tracknet(games=2)
    label = root / "game1" / "Clip1" / "Label.csv"
    label.write_text(label.read_text().replace("0001.jpg,1", "0001.jpg,9"))
    words = ["convert", str(root), "--to", "cvat", str(tmp_path / "out")]

    assert main(words) == 2
    err = capsys.readouterr().err
    assert "Mend them, or leave these clips out with --on-bad-data skip." in err
    assert f"  {label}:3: visibility is 9" in err
    assert not (tmp_path / "out").exists()

    assert main([*words, "--on-bad-data", "skip"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("1 clip, 4 frames")
    assert f"{label}:3: visibility is 9" in err


def test_a_broken_picture_is_a_fault_too(tiny_tracknet: Build, tmp_path, capsys) -> None:
    root = tiny_tracknet(games=2)
    (root / "game2" / "Clip1" / "0002.jpg").write_bytes(b"\xff\xd8 cut")
    words = ["convert", str(root), "--to", "shuttlecock", str(tmp_path / "out")]
    assert main(words) == 2
    assert "0002.jpg" in capsys.readouterr().err
    assert main([*words, "--on-bad-data", "skip"]) == 0
    assert capsys.readouterr().out.startswith("1 clip, 4 frames")


def test_a_place_that_cannot_be_written_is_told_before_the_work(
    tiny_tracknet: Build, tmp_path, capsys
) -> None:
    root = tiny_tracknet(games=1)
    (tmp_path / "file").write_text("in the way")
    assert main(["convert", str(root), "--to", "cvat", str(tmp_path / "file" / "out")]) == 2
    assert f"{tmp_path / 'file'}: is no folder. Give another folder with DIR." in capsys.readouterr().err


@pytest.mark.parametrize("place", ["new", "game1/new", "game1/Clip1/new"])
def test_nothing_is_written_into_the_source(tiny_tracknet: Build, capsys, place: str) -> None:
    """It would be read as a game or a clip of it the next time."""
    root = tiny_tracknet(games=1)
    assert main(["convert", str(root), "--to", "cvat", str(root / place)]) == 2
    assert f"{root / place}: lies in {root}, and would be read as a part" in capsys.readouterr().err
    assert not (root / place).exists()


def test_converting_loads_no_torch(tiny_tracknet: Build, tmp_path) -> None:
    code = f"""
import sys
import tracknet_core.cli.convert
assert not {{'torch', 'numpy', 'cv2', 'av'}} & set(sys.modules)
from tracknet_core.cli.main import main
assert main(['convert', {str(tiny_tracknet(games=1))!r}, {str(tmp_path / "out")!r}, '--to', 'video-csv']) == 0
assert 'torch' not in sys.modules
"""
    subprocess.run([sys.executable, "-c", code], check=True)
