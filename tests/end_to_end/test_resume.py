"""A run that is killed or interrupted, and goes on."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest


def interrupt_at_step(monkeypatch, step: int, number: signal.Signals) -> None:
    """Send this process a signal while it takes a step."""
    from tracknet_core.training.trainer import HeatmapTrainer

    training_step, taken = HeatmapTrainer.training_step, [0]

    def watched(self, *arguments):
        taken[0] += 1
        if taken[0] == step:
            os.kill(os.getpid(), number)
        return training_step(self, *arguments)

    monkeypatch.setattr(HeatmapTrainer, "training_step", watched)


def start(small, output: Path, *words: str) -> "subprocess.Popen[str]":
    command = [
        sys.executable,
        "-m",
        "tracknet_core",
        "run",
        str(small.config),
        "--output",
        str(output),
        *words,
    ]
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True)


def wait_for_rows(process: "subprocess.Popen[str]", run: Path, count: int) -> None:
    """Wait until a running process has written that many rows of history."""
    while process.poll() is None:
        history = run / "history.csv"
        if history.exists() and len(history.read_text().splitlines()) > count:
            return
        time.sleep(0.002)
    pytest.fail(f"the run ended before it was interrupted: {process.stderr.read()}")


def test_killed_mid_epoch_and_resumed_a_run_ends_in_the_same_bits(small, tmp_path):
    every = ["training.log_every=1", "training.checkpoint_every=1", "training.data_loader.num_workers=1"]
    process = start(small, tmp_path / "run", *every)
    wait_for_rows(process, tmp_path / "run", 6)
    process.kill()
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    assert not (tmp_path / "run/metrics.json").exists()
    assert small.run(tmp_path / "expected", "--quiet", *every) == 0
    assert small.run(tmp_path / "run", "--quiet", "--resume", *every) == 0
    small.assert_same(tmp_path / "run", tmp_path / "expected")
    small.assert_same_weights(tmp_path / "run", small.unbroken)


@pytest.mark.parametrize("step", [1, 4, 6, 12], ids=["first", "end of epoch", "mid-epoch", "last"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_a_run_finishes_its_step_and_can_go_on(
    small, tmp_path, monkeypatch, capsys, step, number
):
    with monkeypatch.context() as patched:
        interrupt_at_step(patched, step, number)
        assert small.run(tmp_path / "run") == 130
    err = capsys.readouterr().err
    assert f"tracknet run {tmp_path / 'run' / 'config.yaml'} --resume" in err
    assert "Traceback" not in err
    assert small.run(tmp_path / "run", "--resume") == 0
    assert f"going on after step {step}" in capsys.readouterr().err
    small.assert_same(tmp_path / "run", small.unbroken)


def test_the_line_that_was_printed_resumes_the_run(small, tmp_path, monkeypatch, capsys):
    from tracknet_core.cli.main import main

    with monkeypatch.context() as patched:
        interrupt_at_step(patched, 6, signal.SIGINT)
        assert small.run(tmp_path / "run") == 130
    line = capsys.readouterr().err.splitlines()[-1]
    assert main(line.partition("tracknet ")[2].split()) == 0
    small.assert_same(tmp_path / "run", small.unbroken)


def test_interrupted_in_a_validation_it_is_left_to_the_resumed_run(small, tmp_path, monkeypatch):
    from tracknet_core.training.validation import Validation

    measure = Validation.measure
    with monkeypatch.context() as patched:

        def watched(self, *arguments, **keywords):
            os.kill(os.getpid(), signal.SIGINT)
            return measure(self, *arguments, **keywords)

        patched.setattr(Validation, "measure", watched)
        assert small.run(tmp_path / "run", "--quiet") == 130
    assert small.state(tmp_path / "run")["validated_step"] == 0
    assert small.run(tmp_path / "run", "--quiet", "--resume") == 0
    small.assert_same(tmp_path / "run", small.unbroken)


def test_a_second_interrupt_stops_at_once(small, tmp_path, monkeypatch):
    from tracknet_core.training.trainer import HeatmapTrainer

    def interrupted_twice(self, *_):
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGINT)

    monkeypatch.setattr(HeatmapTrainer, "training_step", interrupted_twice)
    assert small.run(tmp_path / "run", "--quiet") == 130
    assert not (tmp_path / "run/checkpoints/last").exists()


def test_a_run_that_died_before_its_first_checkpoint_begins_anew(small, tmp_path, monkeypatch):
    from tracknet_core.training.trainer import HeatmapTrainer

    with monkeypatch.context() as patched:

        def dies(self, *_):
            raise RuntimeError("power cut")

        patched.setattr(HeatmapTrainer, "training_step", dies)
        assert small.run(tmp_path / "run", "--quiet") == 1
    assert small.run(tmp_path / "run", "--quiet", "--resume") == 0
    small.assert_same(tmp_path / "run", small.unbroken)


def test_a_resumed_run_unfreezes_as_an_unbroken_one(small, tmp_path, monkeypatch):
    words = ["--quiet", "backbone.freeze=true", "training.backbone_freeze_epochs=1"]
    assert small.run(tmp_path / "expected", *words) == 0
    for step in (3, 3, 3):  # before, and twice after the base is unfrozen
        with monkeypatch.context() as patched:
            interrupt_at_step(patched, step, signal.SIGINT)
            resume = ["--resume"] if (tmp_path / "run").exists() else []
            assert small.run(tmp_path / "run", *words, *resume) == 130
    assert small.run(tmp_path / "run", *words, "--resume") == 0
    small.assert_same(tmp_path / "run", tmp_path / "expected")


def test_a_validation_left_undone_keeps_what_the_unfrozen_backbone_learned(small, tmp_path, monkeypatch):
    words = ["--quiet", "backbone.freeze=true", "training.backbone_freeze_epochs=1"]
    words += ["training.early_stopping.monitor=loss"]  # falls each epoch, so that the last one is the best
    assert small.run(tmp_path / "expected", *words) == 0
    with monkeypatch.context() as patched:
        interrupt_at_step(patched, 12, signal.SIGINT)
        assert small.run(tmp_path / "run", *words) == 130
    assert small.run(tmp_path / "run", *words, "--resume") == 0
    small.assert_same(tmp_path / "run", tmp_path / "expected")
    backbone = [name for name in small.weights(tmp_path / "run", "best") if name.startswith("backbone.")]
    assert backbone


def test_patience_survives_an_interruption(small, tmp_path, monkeypatch):
    words = [
        "--quiet",
        "training.epochs=20",
        "training.optimizer.lr=1e-12",
        "training.early_stopping.enabled=true",
        "training.early_stopping.patience=2",
    ]
    with monkeypatch.context() as patched:
        interrupt_at_step(patched, 10, signal.SIGINT)
        assert small.run(tmp_path / "run", *words) == 130
    assert small.run(tmp_path / "run", *words, "--resume") == 0
    assert int(small.rows(tmp_path / "run")[-1]["step"]) == 12


def test_a_checkpoint_half_exchanged_is_found_again(small, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(small.unbroken, run)
    (run / "checkpoints/last").rename(run / "checkpoints/.last.previous")
    (run / "checkpoints/.last.tmp").mkdir()
    assert small.run(run, "--quiet", "--resume") == 0
    small.assert_same(run, small.unbroken)


def test_resuming_a_finished_run_measures_it_again(small, tmp_path, capsys):
    run = tmp_path / "run"
    shutil.copytree(small.unbroken, run)
    before = (run / "metrics.json").read_text()
    (run / "metrics.json").unlink()
    assert small.run(run, "--resume") == 0
    assert (run / "metrics.json").read_text() == before
    small.assert_same(run, small.unbroken)


def test_balanced_sampling_goes_on_mid_epoch_as_if_never_interrupted(small, tmp_path, monkeypatch):
    words = [
        "--quiet",
        "data.sequence.enabled=false",
        "data.sequence.length=1",
        "data.sampling.negatives=0.4",
    ]
    assert small.run(tmp_path / "expected", *words) == 0
    with monkeypatch.context() as patched:
        interrupt_at_step(patched, 7, signal.SIGINT)
        assert small.run(tmp_path / "run", *words) == 130
    assert small.run(tmp_path / "run", *words, "--resume") == 0
    small.assert_same(tmp_path / "run", tmp_path / "expected")


@pytest.mark.parametrize("word", ["training.optimizer.lr=1e-3", "seed=1", "data.preprocess.flip_prob=0"])
def test_a_config_that_learns_otherwise_is_refused(small, tmp_path, capsys, word):
    run = tmp_path / "run"
    shutil.copytree(small.unbroken, run)
    assert small.run(run, "--resume", word) == 2
    assert word.partition("=")[0] in capsys.readouterr().err
    small.assert_same(run, small.unbroken)


def test_a_config_that_only_computes_otherwise_is_not(small, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(small.unbroken, run)
    assert small.run(run, "--quiet", "--resume", "training.micro_batch_size=2", "data.cache=ram") == 0


def test_other_data_is_refused(small, tmp_path, capsys):
    run, data = tmp_path / "run", tmp_path / "data"
    shutil.copytree(small.config.parent / "data", data)
    assert small.run(run, "--quiet", f"data.root={data}", "training.epochs=1") == 0
    label = data / "game1/Clip1/Label.csv"
    label.write_text("\n".join(label.read_text().splitlines()[:-1]) + "\n")
    (data / "game1/Clip1/0017.png").unlink()
    assert small.run(run, "--quiet", f"data.root={data}", "training.epochs=1", "--resume") == 2
    assert "training windows" in capsys.readouterr().err


def test_nothing_to_resume_is_a_clear_error(small, tmp_path, capsys):
    assert small.run(tmp_path / "run", "--resume") == 2
    assert "no run to resume" in capsys.readouterr().err


@pytest.mark.parametrize(
    "name",
    [
        "model.safetensors",
        "tracknet.json",
        "trainer/optimizer.pt",
        "trainer/scheduler.pt",
        "trainer/rng_state.pth",
        "trainer/trainer_state.json",
        "trainer/run_state.json",
    ],
)
def test_a_truncated_checkpoint_is_a_clear_error(small, tmp_path, monkeypatch, capsys, name):
    run = tmp_path / "run"
    with monkeypatch.context() as patched:
        interrupt_at_step(patched, 6, signal.SIGINT)
        assert small.run(run) == 130
    file = run / "checkpoints/last" / name
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    capsys.readouterr()
    assert small.run(run, "--resume") == 2
    err = capsys.readouterr().err
    assert str(run) in err
    assert "Traceback" not in err
    assert (run / "checkpoints/last/tracknet.json").exists()
