"""``tracknet predict`` and ``tracknet report``, with a run that ``tracknet run`` left behind."""

import csv
import json
import shutil

import av
import numpy as np
import pytest

import tracknet_core
from tracknet_core.cli.main import main
from tracknet_core.config.problems import RunError

COLUMNS = ["Frame", "Visibility", "X", "Y", "Score", "Source", "Time"]


@pytest.fixture
def video(tmp_path):
    return write_video(tmp_path / "match.mp4", 50)


def write_video(file, frames):
    noise = np.random.default_rng(0)
    with av.open(str(file), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for number in range(frames):
            image = noise.integers(0, 60, (64, 96, 3), dtype=np.uint8)
            image[30:34, 5 + number % 80 : 9 + number % 80] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    return file


def rows(file):
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def test_a_row_a_frame_and_an_overlay(small, video, tmp_path, capsys):
    assert (
        main(["predict", str(small.unbroken), str(video), "--overlay", "--output", str(tmp_path / "out")])
        == 0
    )
    table = rows(tmp_path / "out" / "match_ball.csv")
    assert list(table[0]) == COLUMNS
    assert [int(row["Frame"]) for row in table] == list(range(50))
    assert [float(row["Time"]) for row in table] == pytest.approx(
        [number / 25 for number in range(50)], abs=1e-6
    )
    with av.open(str(tmp_path / "out" / "match_ball.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 50
    said = capsys.readouterr().out
    assert "match_ball.csv" in said
    assert "match_ball.mp4" in said


def test_python_and_the_command_give_the_same_points(small, video, tmp_path):
    assert main(["predict", str(small.unbroken), str(video), "--output", str(tmp_path)]) == 0
    points = list(tracknet_core.load(small.unbroken).track(video))
    for point, row in zip(points, rows(tmp_path / "match_ball.csv"), strict=True):
        assert (point.frame, point.source or "") == (int(row["Frame"]), row["Source"])
        assert (point.xy is not None) == (row["Visibility"] == "1")
        if point.xy is not None:
            assert point.xy == pytest.approx((float(row["X"]), float(row["Y"])), abs=6e-4)


def test_a_span_keeps_the_numbers_of_the_whole_video(small, video, tmp_path):
    span = ["--start", "0.4", "--end", "0.8"]
    assert main(["predict", str(small.unbroken), str(video), "--output", str(tmp_path), *span]) == 0
    assert [int(row["Frame"]) for row in rows(tmp_path / "match_ball.csv")] == list(range(10, 20))


def test_json_tells_where_everything_is(small, video, tmp_path, capsys):
    assert main(["predict", str(small.unbroken), str(video), "--output", str(tmp_path), "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert told["source"] == str(video)
    assert told["csv"] == str(tmp_path / "match_ball.csv")
    assert (told["frames"], told["overlay"], told["fault"]) == (50, None, None)
    assert told["frames_per_second"] > 0


def test_results_lie_in_the_run_and_are_not_replaced_unasked(small, video, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(small.unbroken, run)
    assert main(["predict", str(run), str(video)]) == 0
    file = run / "predictions" / "match_ball.csv"
    file.write_text("corrected by hand\n")
    assert main(["predict", str(run), str(video)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert file.read_text() == "corrected by hand\n"
    assert main(["predict", str(run), str(video), "--force"]) == 0
    assert len(rows(file)) == 50


def test_a_cut_off_video_keeps_what_decodes_and_fails(small, video, tmp_path, capsys):
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 6 // 10])
    assert main(["predict", str(small.unbroken), str(video), "--output", str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert f"{video}: ends early" in error
    assert "Traceback" not in error
    table = rows(tmp_path / "match_ball.csv")
    assert [int(row["Frame"]) for row in table] == list(range(len(table)))
    assert 10 < len(table) < 50


def test_the_points_before_the_cut_come_from_python_too(small, video):
    video.write_bytes(video.read_bytes()[: video.stat().st_size * 6 // 10])
    tracked = tracknet_core.load(small.unbroken).track(video)
    assert next(tracked).frame == 0
    with pytest.raises(RunError, match="ends early"):
        list(tracked)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["RUN", "nowhere.mp4"], "nowhere.mp4: no such file"),
        (["RUN", "JUNK"], "junk.mp4: not a video that can be opened"),
        (["RUN", "FOLDER"], "no picture there"),
        (["RUN", "VIDEO", "VIDEO"], "two of the sources"),
        (["RUN", "VIDEO", "--start", "60"], "lies after the end"),
        (["RUN", "VIDEO", "--start", "1", "--end", "1"], "does not lie after"),
        (["RUN", "VIDEO", "--device", "warp"], "no such kind of device"),
        (["RUN", "VIDEO", "--tiles", "9x9"], "Give at most 64"),
        (["RUN", "VIDEO", "--fps", "inf"], "--fps inf: is no frame rate"),
        (["FOLDER", "VIDEO"], "no checkpoint there"),
    ],
)
def test_what_cannot_be_done_is_refused_before_anything_is_written(
    small, video, tmp_path, capsys, words, message
):
    junk, folder = tmp_path / "junk.mp4", tmp_path / "empty"
    junk.write_bytes(b"no video" * 100)
    folder.mkdir()
    names = {"RUN": small.unbroken, "JUNK": junk, "FOLDER": folder, "VIDEO": video}
    arguments = [str(names.get(word, word)) for word in words]
    assert main(["predict", *arguments, "--output", str(tmp_path / "out")]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_a_run_leaves_its_report_and_it_can_be_written_again(small, tmp_path, capsys):
    assert {file.name for file in (small.unbroken / "curves").iterdir()} >= {
        "loss.png",
        "lr.png",
        "validation.png",
    }
    run = tmp_path / "run"
    shutil.copytree(small.unbroken, run)
    before = (run / "report.html").read_text()
    assert "Hits and misses" in before or "Curves" in before
    (run / "report.html").unlink()
    assert main(["report", str(run)]) == 0
    assert capsys.readouterr().out.strip() == str(run / "report.html")
    assert "F1" in (run / "report.html").read_text()


def test_the_report_of_an_unfinished_run_is_refused(tmp_path, capsys):
    assert main(["report", str(tmp_path)]) == 2
    assert "has no metrics.json" in capsys.readouterr().err


def test_a_file_in_the_place_of_a_run_is_named(video, capsys):
    assert main(["predict", str(video), str(video)]) == 2
    assert capsys.readouterr().err == (
        f"{video}: is no folder. Give the folder of a run first, then what to predict.\n"
    )
