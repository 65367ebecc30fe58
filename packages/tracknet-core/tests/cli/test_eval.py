"""tracknet eval through the command line."""

import json
from pathlib import Path

import pytest

from tracknet_core.cli.main import main

PREDICTED = "Frame,Visibility,X,Y,Score\n0,1,101,100,0.9\n1,1,120,100,0.4\n2,1,5,5,0.2\n"
LABELLED = "Frame,Visibility,X,Y\n0,1,100,100\n1,1,110,100\n2,0,,\n3,1,130,100\n"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Two rallies, each predicted and labelled alike."""
    monkeypatch.chdir(tmp_path)
    for rally in ("one", "two"):
        (tmp_path / f"{rally}_ball.csv").write_text(PREDICTED)
        (tmp_path / f"{rally}.csv").write_text(LABELLED)
    return tmp_path


def test_scores_csv_files_as_json(files, capsys):
    words = [
        "eval",
        "--predictions",
        "one_ball.csv",
        "two_ball.csv",
        "--labels",
        "one.csv",
        "two.csv",
        "--json",
    ]
    assert main(words) == 0
    facts = json.loads(capsys.readouterr().out)
    assert facts["frames"] == 8
    assert [facts[key] for key in ("tp", "tn", "fp1", "fp2", "fn")] == [2, 0, 2, 2, 2]
    assert facts["protocol"]["name"] == "wasb"
    assert facts["threshold"] is facts["tracking"] is None


def test_all_protocols_in_one_table(files, capsys):
    words = ["eval", "--predictions", "one_ball.csv", "--labels", "one.csv", "--protocol", "all"]
    assert main([*words, "--size", "1280x720"]) == 0
    table = capsys.readouterr().out
    for name in ("wasb", "tracknetv3", "tracknetv2-tennis", "pck", "ap_wasb", "4 frames", "visibility 0 (1)"):
        assert name in table


def test_all_protocols_as_json_by_name(files, capsys):
    words = ["eval", "--predictions", "one_ball.csv", "--labels", "one.csv", "--protocol", "all", "--json"]
    assert main([*words, "--size", "1280x720"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert list(facts) == ["wasb", "tracknetv3", "tracknetv2-tennis", "pck"]
    assert facts["tracknetv3"]["tp"] == 2


def test_folders_of_labelled_clips(tiny_tracknet, tmp_path, monkeypatch, capsys):
    root = tiny_tracknet(games=2, clips=1, frames=4)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "game1_Clip1_ball.csv").write_text("Frame,Visibility,X,Y\n0,0,,\n")
    words = [
        "eval",
        "--predictions",
        "game1_Clip1_ball.csv",
        "--labels",
        str(root),
        "--protocol",
        "pck",
        "--json",
    ]
    assert main(words) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["frames"] == 4
    assert "1 of 2 clips have no predictions and are left out" in captured.err


def rally(shift=0.0, first=0, frames=30):
    """Rows of a ball that flies 9 px a frame, off by ``shift`` px in every third frame."""
    rows = [
        f"{first + i},1,{100 + 9 * i + (shift if i % 3 == 0 else 0)},200,0.{i % 9 + 1}" for i in range(frames)
    ]
    return "Frame,Visibility,X,Y,Score\n" + "\n".join(rows) + "\n"


@pytest.fixture
def rallies(tmp_path, monkeypatch):
    """Six labelled rallies, predicted by ``good_*`` and ``bad_*``; returns the words that name them."""
    monkeypatch.chdir(tmp_path)
    for number in range(6):
        (tmp_path / f"label_{number}.csv").write_text(rally())
        (tmp_path / f"good_{number}.csv").write_text(rally(1.0))
        (tmp_path / f"bad_{number}.csv").write_text(rally(20.0 + number))
    return {kind: [f"{kind}_{number}.csv" for number in range(6)] for kind in ("label", "good", "bad")}


def test_intervals_are_printed_below_the_figures(rallies, capsys):
    assert main(["eval", "--predictions", *rallies["bad"], "--labels", *rallies["label"]]) == 0
    assert "95 %" in capsys.readouterr().out
    assert main(["eval", "--predictions", rallies["bad"][0], "--labels", rallies["label"][0]]) == 0
    assert "no 95 % intervals: 1 clip cannot tell" in capsys.readouterr().out


def test_all_protocols_fit_100_columns(rallies, capsys):
    words = ["--labels", *rallies["label"], "--size", "1280x720", "--protocol", "all"]
    assert main(["eval", "--predictions", *rallies["bad"], *words]) == 0
    table = capsys.readouterr().out
    assert "accuracy, speed 0.5-1 % (180)" in table
    assert max(map(len, table.splitlines())) <= 100


def test_two_sets_of_files_are_compared(rallies, capsys):
    words = ["--against", *reversed(rallies["good"]), "--labels", *rallies["label"]]
    assert main(["eval", "--predictions", *rallies["bad"], *words]) == 0
    text = capsys.readouterr().out
    assert "--against is better by 0.2" in text
    assert "clips that differ most" in text
    assert max(map(len, text.splitlines())) <= 100
    assert main(["eval", "--predictions", *rallies["bad"], *words, "--json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert content["differences"]["f1"]["interval"][0] > 0
    assert (content["first"]["tp"], content["second"]["tp"]) == (120, 180)


def test_a_sweep_as_table_json_and_pictures(rallies, capsys):
    words = ["--predictions", *rallies["bad"], "--labels", *rallies["label"], "--sweep"]
    assert main(["eval", *words]) == 0
    text = capsys.readouterr().out
    assert "best on these clips: 0.200" in text
    assert "Choose on validation" in text
    assert main(["eval", *words, "--json", "--plots", "drawn", "--protocol", "wasb"]) == 0
    captured = capsys.readouterr()
    sweep = json.loads(captured.out)["sweep"]
    assert [point["threshold"] for point in sweep["detections"]] == [each / 10 for each in range(9, 0, -1)]
    assert sweep["tracked"] == []
    for name in ("precision_recall", "thresholds"):
        assert f"wrote drawn/{name}.png" in captured.err.replace("\\", "/")


def test_frames_that_count_from_1_are_noticed(rallies, tmp_path, capsys):
    (tmp_path / "one_based.csv").write_text(rally(1.0, first=1, frames=29))
    assert main(["eval", "--predictions", "one_based.csv", "--labels", "label_0.csv"]) == 0
    error = capsys.readouterr().err
    assert "one_based.csv: lies 9.0 px from its labels in the median, but 0.0 px" in error
    assert "a frame earlier. Do its frames count from 1?" in error
    assert main(["eval", "--predictions", "label_0.csv", "--labels", "one_based.csv"]) == 0
    assert "a frame later. Do the labels' frames count from 1?" in capsys.readouterr().err
    assert main(["eval", "--predictions", "good_0.csv", "--labels", "label_0.csv"]) == 0
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Nothing to measure"),
        (["--predictions", "one_ball.csv"], "needs --labels"),
        (
            ["--predictions", "one_ball.csv", "two_ball.csv", "--labels", "one.csv"],
            "1 files for 2 of --predictions",
        ),
        (["--predictions", "one_ball.csv", "--labels", "one.csv", "."], "files and folders mixed"),
        (["--predictions", "none.csv", "--labels", "one.csv"], "none.csv: cannot be read"),
        (["--predictions", "one_ball.csv", "--labels", "one.csv", "--split", "test"], "stands alone"),
        (
            ["--predictions", "one_ball.csv", "--labels", "one.csv", "--size", "big"],
            "--size big: is not a size",
        ),
        (
            ["--predictions", "one_ball.csv", "--labels", "one.csv", "--protocol", "wsab"],
            "Did you mean 'wasb'?",
        ),
        (["--predictions", "one_ball.csv", "--labels", "one.csv", "--protocol", "pck"], "--size 1280x720"),
        (["runs/none"], "runs/none: no checkpoint there"),
        (["runs/a", "runs/b"], "runs/a: no checkpoint there"),
        (["runs/a", "runs/b", "runs/c"], "runs/c: is a third run"),
        (["runs/a", "runs/b", "--sweep"], "are of one run"),
        (["runs/a", "--against", "one_ball.csv"], "belong to --predictions"),
        (
            [
                "--predictions",
                "one_ball.csv",
                "--against",
                "one_ball.csv",
                "two_ball.csv",
                "--labels",
                "one.csv",
            ],
            "2 files for 1 of --predictions",
        ),
        (
            ["--predictions", "one_ball.csv", "--labels", "one.csv", "--against", "one_ball.csv", "--sweep"],
            "are of one run",
        ),
        (["--predictions", "one.csv", "--labels", "one.csv", "--sweep"], "Add a column Score"),
        (["runs/none", "--labels", "one.csv"], "data.root=DIR"),
    ],
)
def test_what_cannot_be_measured_is_said_in_a_line(files, capsys, words, message):
    assert main(["eval", *words]) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert captured.out == ""


def test_csv_files_are_scored_without_torch(files):
    import subprocess
    import sys

    code = (
        "import sys; from tracknet_core.cli.main import main; "
        "code = main(['eval', '--predictions', 'one_ball.csv', '--labels', 'one.csv', '--json']); "
        "sys.exit(code or ('torch' in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, capture_output=True).returncode == 0


def test_a_folder_for_pictures_that_cannot_be_is_refused_before_the_work(rallies, capsys):
    Path("drawn").write_text("no folder")
    words = ["--predictions", *rallies["bad"], "--labels", *rallies["label"], "--plots", "drawn"]
    assert main(["eval", *words]) == 2
    captured = capsys.readouterr()
    assert captured.err.endswith("drawn: is no folder. Give another folder with --plots.\n")
    assert captured.out == ""
