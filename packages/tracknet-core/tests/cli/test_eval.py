"""tracknet eval through the command line."""

import json

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
