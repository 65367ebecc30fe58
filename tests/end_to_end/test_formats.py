"""Every dataset format from the command line: converted to, checked, scored against; videos trained on."""

import json

import pytest

from tracknet_core.cli.main import main
from tracknet_core.plugins import registry

FORMATS = ("tracknet", "shuttlecock", "wasb-volleyball", "cvat", "video-csv")


@pytest.fixture(scope="module")
def folders(small, tmp_path_factory):
    """The same clips as videos in each format that keeps videos, and as pictures in the others."""
    source, folder = small.config.parent / "data", tmp_path_factory.mktemp("formats")
    assert main(["convert", str(source), "--to", "video-csv", str(folder / "video-csv")]) == 0
    for name in set(FORMATS) - {"video-csv"}:
        assert main(["convert", str(folder / "video-csv"), "--to", name, str(folder / name)]) == 0
    return folder


def test_these_are_all_formats_of_core():
    assert set(FORMATS) <= set(registry().datasets)


@pytest.mark.parametrize("format", FORMATS)
def test_a_format_is_checked(small, folders, format, capsys):
    assert main(["check", str(small.config), f"data.root={folders / format}"]) == 0
    assert capsys.readouterr().out == "no problems\n"


@pytest.mark.parametrize("format", FORMATS)
def test_anybodys_csv_is_scored_against_a_format(folders, tmp_path, capsys, format):
    table = tmp_path / "game2_Clip1_ball.csv"
    table.write_text("Frame,Visibility,X,Y\n0,1,5,5\n1,1,8,7\n2,1,40,40\n6,1,20,20\n")
    assert main(["eval", "--predictions", str(table), "--labels", str(folders / format), "--json"]) == 0
    facts = json.loads(capsys.readouterr().out)
    assert [facts[key] for key in ("tp", "fp1", "fp2", "tn", "fn")] == [2, 1, 1, 1, 13]


def test_a_run_trains_on_videos_that_its_workers_read(small, folders, tmp_path):
    data = f"data.root={folders / 'video-csv'}"
    words = ["training.epochs=1", "training.limit_train_batches=2", "training.data_loader.num_workers=2"]
    assert small.run(tmp_path / "run", data, *words, "training.scheduler.warmup_epochs=0", "--quiet") == 0
    assert json.loads((tmp_path / "run/metrics.json").read_text())["frames"] == 18


def test_a_prediction_beside_its_video_is_labelled_data(small, folders, tmp_path, capsys):
    film = tmp_path / "film"
    film.mkdir()
    video = film / "rally.mp4"
    video.write_bytes((folders / "video-csv/game1/Clip1.mp4").read_bytes())
    words = ["predict", str(small.unbroken), str(video), "--output", str(film), "--overlay", "--quiet"]
    assert main(words) == 0
    assert (film / "rally_ball.mp4").is_file()
    capsys.readouterr()
    assert main(["convert", str(film), "--to", "tracknet", str(tmp_path / "out")]) == 0
    assert capsys.readouterr().out.startswith("1 clip, 18 frames, ")
    assert len(list((tmp_path / "out/rally/rally").glob("*.jpg"))) == 18
