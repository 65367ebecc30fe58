"""``tracknet predict`` that is interrupted, killed or out of room, and goes on."""

import csv
import os
import signal
import subprocess
import sys
import time

import av
import numpy as np
import pytest

from tracknet_core.cli.main import main

FRAMES = 1500


@pytest.fixture(scope="module")
def match(tmp_path_factory):
    """A video of a moving square that takes a few seconds to predict."""
    return write_video(tmp_path_factory.mktemp("match") / "match.mp4", FRAMES)


@pytest.fixture(scope="module")
def undisturbed(small, match, tmp_path_factory):
    """The table of the same video when nothing happens."""
    folder = tmp_path_factory.mktemp("undisturbed")
    assert main(predict(small, match, folder)) == 0
    return (folder / "match_ball.csv").read_bytes()


def write_video(file, frames):
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"preset": "ultrafast", "bf": "2"})
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(frames):
            image = np.full((64, 64, 3), 30, np.uint8)
            x, y = 4 + number % 55, 4 + number * 7 // 11 % 55
            image[y : y + 4, x : x + 4] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, "rgb24")))
        container.mux(stream.encode(None))
    return file


def predict(small, source, output, *words):
    return ["predict", str(small.unbroken), str(source), "--output", str(output), *words, "--quiet"]


def rows(file):
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def started(arguments, **options):
    command = [sys.executable, "-m", "tracknet_core", *arguments]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


def heed_ctrl_c():
    """A shell makes what it runs in the background ignore Ctrl-C, and these tests may be run so."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def interrupt(arguments, file, how):
    """Send a signal once ``file`` has grown; returns exit code and standard error."""
    process = started(arguments, preexec_fn=heed_ctrl_c)
    before = file.stat().st_size if file.exists() else 0
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if file.exists() and file.stat().st_size > before:
            break
        time.sleep(0.01)
    process.send_signal(how)
    _, error = process.communicate(timeout=60)
    return process.returncode, error


def test_it_goes_on_after_a_kill_a_termination_and_ctrl_c(small, match, undisturbed, tmp_path, capsys):
    record, part = tmp_path / "match_ball.csv.resume", tmp_path / "match_ball.csv.part"
    code, _ = interrupt(predict(small, match, tmp_path), record, signal.SIGKILL)
    assert code == -signal.SIGKILL
    assert record.exists()

    for how in (signal.SIGTERM, signal.SIGINT):
        arguments = [word for word in predict(small, match, tmp_path, "--resume") if word != "--quiet"]
        code, error = interrupt(arguments, part, how)
        assert code == 130
        assert "Traceback" not in error
        kept = rows(part)
        assert [int(row["Frame"]) for row in kept] == list(range(len(kept)))
        assert 0 < len(kept) < FRAMES
        assert f"holds the {len(kept)} frames until the interruption; go on with --resume" in error
    assert not (tmp_path / "match_ball.csv").exists()

    assert main(predict(small, match, tmp_path)) == 2
    assert "Go on with it with --resume, or begin anew with --force." in capsys.readouterr().err
    assert main(predict(small, match, tmp_path, "--resume", "--start", "1")) == 2
    assert capsys.readouterr().err == (
        f"{record}: the interrupted prediction had another --start. Give what it was begun with, or begin "
        "anew with --force.\n"
    )

    assert main(predict(small, match, tmp_path, "--resume")) == 0
    assert (tmp_path / "match_ball.csv").read_bytes() == undisturbed
    assert sorted(file.name for file in tmp_path.iterdir()) == ["match_ball.csv"]


def test_a_full_disk_is_one_line_and_what_was_written_goes_on(small, match, undisturbed, tmp_path):
    def little_room():
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    process = started(predict(small, match, tmp_path), preexec_fn=little_room)
    _, error = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "cannot be written (File too large)" in error
    assert error.count("\n") == 1
    assert "go on with --resume" in error
    part = tmp_path / "match_ball.csv.part"
    assert part.read_bytes() == undisturbed[: part.stat().st_size]
    assert part.read_bytes().endswith(b"\n")
    assert part.stat().st_size > 4_000
    assert main(predict(small, match, tmp_path, "--resume")) == 0
    assert (tmp_path / "match_ball.csv").read_bytes() == undisturbed


def test_of_several_sources_complete_ones_are_left_alone(small, tmp_path, capsys):
    sources = [str(write_video(tmp_path / f"{name}.mp4", 30)) for name in "ab"]
    output = tmp_path / "out"
    assert main(predict(small, sources[0], output)) == 0
    first = (output / "a_ball.csv").stat()
    arguments = ["predict", str(small.unbroken), *sources, "--output", str(output), "--quiet"]
    assert main(arguments) == 2
    assert "a_ball.csv: exists already" in capsys.readouterr().err
    assert main([*arguments, "--resume"]) == 0
    assert (output / "a_ball.csv").stat().st_mtime_ns == first.st_mtime_ns
    assert len(rows(output / "b_ball.csv")) == 30
    said = capsys.readouterr().out.splitlines()
    assert "of 30 frames, finished before: " in said[0]
    assert " frames/s: " in said[1]


def test_begin_anew_or_go_on_but_not_both(small, match, tmp_path, capsys):
    assert main(predict(small, match, tmp_path, "--resume", "--force")) == 2
    assert "Give one of them" in capsys.readouterr().err


def test_a_folder_that_cannot_be_written_to_is_refused_before_the_work(small, match, tmp_path, capsys):
    (tmp_path / "file").write_text("no folder")
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    outputs = [tmp_path / "file" / "out"] if os.geteuid() == 0 else [tmp_path / "file", closed / "out"]
    for output in outputs:
        assert main(predict(small, match, output)) == 2
        error = capsys.readouterr().err
        assert "Give another folder with --output" in error
        assert error.count("\n") == 1
