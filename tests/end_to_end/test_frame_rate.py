"""A run notes at which rate it learned, goes on with it, and serves footage of other rates."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
import yaml

from tracknet_core.cli.main import main
from tracknet_core.data.video.writer import VideoWriter

QUICK = [
    "training.epochs=1",
    "training.limit_train_batches=1",
    "training.scheduler.warmup_epochs=0",
    "--quiet",
]


@pytest.fixture(scope="module")
def run(small, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("rate")
    pictures, videos = small.config.parent / "data", folder / "videos"
    assert main(["convert", str(pictures), "--to", "video-csv", str(videos)]) == 0
    assert small.run(folder / "run", f"data.root={videos}", *QUICK) == 0
    return folder / "run"


def fps(folder: Path) -> float | None:
    config = yaml.safe_load((folder / "config.yaml").read_text())
    rate: float | None = config["data"]["sequence"]["fps"]
    return rate


def test_a_run_fills_in_the_rate_of_its_clips(small, run):
    assert fps(run) == fps(run / "checkpoints/best") == 30.0
    assert fps(small.unbroken) is None  # pictures do not know


def test_a_run_goes_on_with_the_config_it_began_with(small, run, capsys):
    data = f"data.root={run.parent / 'videos'}"
    words = ["--output", str(run), "--resume", data, *QUICK]
    assert main(["run", str(small.config), *words]) == 0
    assert main(["run", str(small.config), *words, "data.sequence.fps=50"]) == 2
    assert "began with data.sequence.fps: 30.0, now it is 50.0" in capsys.readouterr().err


@pytest.mark.parametrize(("rate", "noted"), [(60, False), (20, True)])
def test_footage_of_another_rate_has_a_row_a_frame(run, tmp_path, capsys, rate, noted):
    file = tmp_path / "clip.mp4"
    with VideoWriter(file, (64, 48), rate, 20) as video:
        for frame in range(20):
            picture = np.full((48, 64, 3), 40, np.uint8)
            cv2.circle(picture, (10 + 2 * frame, 20), 2, (255, 255, 255), -1)
            video.add(picture)
    assert main(["predict", str(run), str(file), "--output", str(tmp_path / "out")]) == 0
    with (tmp_path / "out/clip_ball.csv").open(newline="") as table:
        assert [int(row["Frame"]) for row in csv.DictReader(table)] == list(range(20))
    captured = capsys.readouterr()
    assert ("data.sequence.fps: frames of a window lie" in captured.out + captured.err) == noted
