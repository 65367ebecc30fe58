"""``tracknet run``, from a config to a folder with everything in it."""

import json
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file

METRICS = {
    *(
        "split",
        "frames",
        "tp",
        "tn",
        "fp1",
        "fp2",
        "fn",
        "accuracy",
        "precision",
        "recall",
        "f1",
        "ap",
        "ap_wasb",
    ),
    *("rmse_px", "threshold", "protocol", "trainable_parameters", "total_parameters", "peak_memory_bytes"),
    *("frames_per_second", "by_visibility", "by_speed", "by_size", "clips", "f1_interval"),
}


def test_everything_lies_in_the_folder_of_the_run(small):
    files = {str(file.relative_to(small.unbroken)) for file in small.unbroken.rglob("*") if file.is_file()}
    assert {
        "config.yaml",
        "environment.json",
        "metrics.json",
        "sweep.json",
        "history.csv",
        "base/model.safetensors",
        "checkpoints/last/tracknet.json",
        "checkpoints/last/trainer/optimizer.pt",
        "checkpoints/best/tracknet.json",
        "checkpoints/best/config.yaml",
        "checkpoints/best/model.safetensors",
    } <= files
    assert any(file.startswith("events.out.tfevents") for file in files)


def test_torch_files_lie_in_trainer_alone_and_hold_no_code(small):
    torch_files = [file for file in small.unbroken.rglob("*") if file.suffix in (".pt", ".pth", ".bin")]
    assert torch_files
    for file in torch_files:
        assert file.parent == small.unbroken / "checkpoints/last/trainer"
        with torch.serialization.safe_globals(_numpy_of_random_numbers()):
            torch.load(file, weights_only=True)
    assert not list(small.unbroken.rglob("training_args.bin"))


def _numpy_of_random_numbers():
    import numpy as np

    return [np.ndarray, np.dtype, np._core.multiarray._reconstruct, type(np.dtype(np.uint32))]


def test_metrics_are_those_of_the_test_game(small):
    metrics = json.loads((small.unbroken / "metrics.json").read_text())
    assert metrics.keys() >= METRICS
    assert (metrics["split"], metrics["frames"]) == ("test", 18)
    assert metrics["trainable_parameters"] <= metrics["total_parameters"]
    assert metrics["peak_memory_bytes"] > 10**7
    assert metrics["frames_per_second"] > 0
    best = json.loads((small.unbroken / "checkpoints/best/tracknet.json").read_text())
    assert metrics["threshold"] == best["threshold"]


def test_history_has_a_row_each_log_step_and_figures_at_the_end_of_epochs(small):
    rows = small.rows(small.unbroken)
    assert [int(row["step"]) for row in rows] == [2, 4, 6, 8, 10, 12]
    assert [row["f1"] != "" for row in rows] == [False, True] * 3
    assert [float(row["epoch"]) for row in rows] == [0.5, 1.0, 1.5, 2.0, 2.5, 3.0]
    assert all(float(row["frames_per_second"]) > 0 for row in rows)


def test_the_environment_names_versions_plugins_and_hardware(small):
    environment = json.loads((small.unbroken / "environment.json").read_text())
    assert environment["versions"]["torch"] == torch.__version__
    assert "tracknet-vit" in {plugin["distribution"] for plugin in environment["plugins"]}
    assert environment["cores"] >= 1
    assert "process" in environment["peak_memory_bytes_counts"]


def test_the_resolved_config_repeats_the_run(small, tmp_path):
    assert small.run(tmp_path / "again", "--quiet", config=small.unbroken / "config.yaml") == 0
    small.assert_same(tmp_path / "again", small.unbroken)


def test_worker_processes_change_nothing(small, tmp_path):
    assert small.run(tmp_path / "run", "--quiet", "training.data_loader.num_workers=2") == 0
    small.assert_same(tmp_path / "run", small.unbroken)


def test_results_go_to_stdout_and_everything_else_to_stderr(small, tmp_path, capsys):
    assert small.run(tmp_path / "run", "--json", "training.epochs=1") == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["run"] == str(tmp_path / "run")
    assert "epoch 1/1: loss" in err
    assert "a tenth of it warms up" in err


def test_a_quiet_run_says_nothing_but_its_result(small, tmp_path, capfd):
    assert small.run(tmp_path / "run", "--quiet", "training.epochs=1") == 0
    out, err = capfd.readouterr()
    assert "f1" in out
    assert str(tmp_path / "run") in out
    assert err == ""


def test_a_dry_run_prints_the_resolved_config_and_writes_nothing(small, tmp_path, capsys):
    assert small.run(tmp_path / "run", "--dry-run", "training.epochs=9") == 0
    resolved = yaml.safe_load(capsys.readouterr().out)
    assert resolved["training"]["epochs"] == 9
    assert resolved["training"]["optimizer"]["lr"] == 5e-4
    assert not (tmp_path / "run").exists()


def test_runs_without_a_name_are_numbered(small, tmp_path, monkeypatch):
    from tracknet_core.cli.main import main

    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert (
            main(["run", str(small.config), "--quiet", "training.epochs=1", "training.limit_train_batches=1"])
            == 0
        )
    assert sorted(path.name for path in Path("runs").iterdir()) == ["vit_heatmap-1", "vit_heatmap-2"]


def test_epochs_can_be_limited_to_some_batches(small, tmp_path):
    assert small.run(tmp_path / "run", "--quiet", "training.limit_train_batches=0.5") == 0
    assert small.state(tmp_path / "run")["steps_per_epoch"] == 2


@pytest.mark.parametrize(("monitor", "column"), [("loss", "val_loss"), ("rmse_px", "rmse_px")])
def test_the_best_checkpoint_follows_the_monitored_figure(small, tmp_path, monitor, column):
    assert small.run(tmp_path / "run", "--quiet", f"training.early_stopping.monitor={monitor}") == 0
    values = {int(row["step"]): float(row[column]) for row in small.rows(tmp_path / "run") if row[column]}
    best = json.loads((tmp_path / "run/checkpoints/best/tracknet.json").read_text())
    assert best["step"] == min(values, key=lambda step: values[step])


def test_training_stops_early_when_nothing_improves(small, tmp_path, capsys):
    words = [
        "training.epochs=20",
        "training.optimizer.lr=1e-12",
        "training.early_stopping.enabled=true",
        "training.early_stopping.patience=2",
    ]
    assert small.run(tmp_path / "run", *words) == 0
    assert "stopping early" in capsys.readouterr().err
    assert int(small.rows(tmp_path / "run")[-1]["step"]) == 12


def test_as_many_recent_checkpoints_are_kept_as_were_asked_for(small, tmp_path):
    words = ["training.checkpoint_every=2", "training.keep_checkpoints=2"]
    assert small.run(tmp_path / "run", "--quiet", *words) == 0
    names = sorted(path.name for path in (tmp_path / "run/checkpoints").iterdir())
    assert names == ["best", "last", "step-00000010", "step-00000012"]


def test_bf16_trains_on_the_cpu(small, tmp_path):
    assert small.run(tmp_path / "run", "--quiet", "training.precision=bf16") == 0
    trained = small.weights(tmp_path / "run")
    assert all(tensor.dtype == torch.float32 for tensor in trained.values() if tensor.is_floating_point())


def test_recomputing_activations_changes_nothing_that_is_learned(small, tmp_path):
    assert small.run(tmp_path / "run", "--quiet", "training.gradient_checkpointing=true") == 0
    ours, theirs = small.weights(tmp_path / "run"), small.weights(small.unbroken)
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in theirs)


@pytest.mark.slow
def test_compiled_parts_learn_the_same_and_leave_no_trace(small, tmp_path):
    assert small.run(tmp_path / "run", "--quiet", "training.compile=true") == 0
    ours, theirs = small.weights(tmp_path / "run"), small.weights(small.unbroken)
    assert ours.keys() == theirs.keys()
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-3) for name in theirs)


def test_a_run_can_begin_with_what_another_has_learned(small, tmp_path):
    words = [f"init_from={small.unbroken}", "training.optimizer.lr=1e-12", "training.epochs=1"]
    assert small.run(tmp_path / "run", "--quiet", *words) == 0
    ours, theirs = small.weights(tmp_path / "run"), small.weights(small.unbroken, "best")
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-6) for name in theirs)


def test_what_another_has_learned_must_fit(small, tmp_path, capsys):
    words = [f"init_from={small.unbroken}", "decoder.detail_channels=4"]
    assert small.run(tmp_path / "run", *words) == 2
    assert "init_from" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_frozen_base_stays_as_it_was_and_in_eval_mode(small, tmp_path, monkeypatch):
    from tracknet_core.training.trainer import HeatmapTrainer

    modes = set()
    accumulate = HeatmapTrainer._accumulate

    def watched(self, model, batch, size):
        modes.update(module.training for module in self.heatmap_model.pretrained.modules())
        assert self.heatmap_model.decoder.training
        return accumulate(self, model, batch, size)

    monkeypatch.setattr(HeatmapTrainer, "_accumulate", watched)
    assert small.run(tmp_path / "run", "--quiet", "backbone.freeze=true") == 0
    assert modes == {False}
    trained = small.weights(tmp_path / "run")
    assert not any(name.startswith("backbone.") for name in trained)
    assert _unchanged(small, tmp_path / "run") == []


def test_without_freezing_every_part_learns(small):
    trained = small.weights(small.unbroken)
    assert any(name.startswith("backbone.") for name in trained)
    assert _unchanged(small, small.unbroken) == ["backbone.model.embeddings.mask_token"]  # no part of the map


def _unchanged(small, run: Path) -> list[str]:
    """Name the weights that are still those that the run began with, which depend on its seed alone."""
    from tracknet_core.config.resolve import load_plan
    from tracknet_core.model.assembly import assemble

    plan, _ = load_plan([run / "config.yaml"], machine=False)
    before, after = assemble(plan, base=run / "base").state_dict(), small.weights(run)
    return [name for name, value in after.items() if value.numel() and torch.equal(before[name], value)]


def test_a_frozen_base_is_unfrozen_after_as_many_epochs_as_were_asked_for(small, tmp_path, capsys):
    words = ["backbone.freeze=true", "training.backbone_freeze_epochs=2", "training.keep_checkpoints=5"]
    assert small.run(tmp_path / "run", *words) == 0
    assert "epoch 3: the backbone trains" in capsys.readouterr().err
    held = [
        any(name.startswith("backbone.") for name in load_file(folder / "model.safetensors"))
        for folder in sorted((tmp_path / "run/checkpoints").glob("step-*"))
    ]
    assert held == [False, False, True]
    assert _unchanged(small, tmp_path / "run") == ["backbone.model.embeddings.mask_token"]
