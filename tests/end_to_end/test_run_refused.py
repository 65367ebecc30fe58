"""What is wrong is said before anything is written."""

import shutil

import pytest
import torch
import yaml


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("data.root=nowhere", "nowhere"),
        ("training.epoch=3", "epochs"),
        ("heatmap.size=[24, 24]", "heatmap.size"),
        ("training.batch_size=999", "drop_last"),
        ("init_from=nowhere", "nowhere"),
        ("training.precision=fp16", "bf16"),
    ],
)
def test_a_faulty_config_leaves_nothing_behind(small, tmp_path, capsys, word, said):
    extra = ["training.data_loader.drop_last=true"] if "batch_size" in word else []
    assert small.run(tmp_path / "run", word, *extra) == 2
    out, err = capsys.readouterr()
    assert said in err
    assert "Traceback" not in err
    assert out == ""
    assert not (tmp_path / "run").exists()


def test_a_folder_with_something_in_it_is_not_touched(small, tmp_path, capsys):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "thesis.txt").write_text("years of work")
    assert small.run(tmp_path / "run") == 2
    assert "--resume" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "run").iterdir()] == ["thesis.txt"]


def test_an_empty_folder_is_welcome_and_stays_when_the_run_is_refused(small, tmp_path):
    (tmp_path / "run").mkdir()
    assert small.run(tmp_path / "run", "init_from=nowhere") == 2
    assert list((tmp_path / "run").iterdir()) == []
    assert small.run(tmp_path / "run", "--quiet", "training.epochs=1") == 0


def test_folders_above_that_were_new_go_with_it(small, tmp_path):
    assert small.run(tmp_path / "runs" / "first", "init_from=nowhere") == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_made_is_a_clear_error(small, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert small.run(tmp_path / "file" / "run") == 2
    assert "--output" in capsys.readouterr().err


def test_several_processes_are_refused(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert small.run(tmp_path / "run") == 2
    assert "one process" in capsys.readouterr().err


@pytest.mark.parametrize("workers", [0, 1])
def test_a_picture_that_does_not_decode_ends_a_run_that_can_go_on(small, tmp_path, capsys, workers):
    data = tmp_path / "data"
    shutil.copytree(small.config.parent / "data", data)
    picture = data / "game1/Clip1/0009.png"
    whole = picture.read_bytes()
    picture.write_bytes(whole[: len(whole) // 2] + whole[-12:])  # it looks whole until it is decoded
    words = [f"data.root={data}", f"training.data_loader.num_workers={workers}"]
    assert small.run(tmp_path / "run", *words) == 1
    assert str(picture) in capsys.readouterr().err
    picture.write_bytes(whole)
    assert small.run(tmp_path / "run", "--quiet", *words, "--resume") == 0
    small.assert_same(tmp_path / "run", small.unbroken)


def test_a_picture_that_breaks_off_is_refused_before_a_run(small, tmp_path, capsys):
    data = tmp_path / "data"
    shutil.copytree(small.config.parent / "data", data)
    picture = data / "game1/Clip1/0009.png"
    picture.write_bytes(picture.read_bytes()[:-20])
    assert small.run(tmp_path / "run", f"data.root={data}") == 2
    assert f"{picture}: is truncated" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_memory_that_runs_out_beside_the_model_is_said_too(small, tmp_path, monkeypatch, capsys):
    def runs_out(*_):
        raise RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes")

    monkeypatch.setattr(torch.optim.AdamW, "step", runs_out)
    assert small.run(tmp_path / "run") == 1
    assert "lora.r" in capsys.readouterr().err


def test_strict_lets_warnings_stop(small, tmp_path):
    assert small.run(tmp_path / "run", "--strict", "training.ckpt_dir=elsewhere") == 2
    assert not (tmp_path / "run").exists()


def test_a_loss_that_becomes_nan_is_said_with_remedies(small, tmp_path, capsys):
    assert small.run(tmp_path / "run", "training.optimizer.lr=1e30", "training.grad_clip_norm=0") == 1
    assert "training.optimizer.lr" in capsys.readouterr().err


def run_out_of_memory_above(monkeypatch, windows):
    from tracknet_core.model.heatmap_model import HeatmapModel

    forward = HeatmapModel.forward

    def limited(self, frames):
        if len(frames) > windows:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(self, frames)

    monkeypatch.setattr(HeatmapModel, "forward", limited)


def test_a_batch_that_does_not_fit_is_split_and_learns_the_same(small, tmp_path, monkeypatch, capsys):
    assert small.run(tmp_path / "expected", "--quiet", "decoder.dropout=0") == 0
    run_out_of_memory_above(monkeypatch, 2)
    assert small.run(tmp_path / "run", "decoder.dropout=0") == 0
    assert "going on with 2" in capsys.readouterr().err
    assert small.state(tmp_path / "run")["micro_batch_size"] == 2
    ours, theirs = small.weights(tmp_path / "run"), small.weights(tmp_path / "expected")
    for name, tensor in theirs.items():
        assert torch.allclose(ours[name], tensor, atol=2e-3), name  # Adam makes 5e-4 a step of any sign


def test_when_nothing_fits_the_remedies_are_named(small, tmp_path, monkeypatch, capsys):
    run_out_of_memory_above(monkeypatch, 0)
    assert small.run(tmp_path / "run") == 1
    err = capsys.readouterr().err
    assert "quantization" in err
    assert "lora.r" in err
    assert "batch_size" in err


def test_labels_that_the_protocol_cannot_judge_are_refused_before_training(small, tmp_path, capsys):
    data = tmp_path / "data"
    shutil.copytree(yaml.safe_load(small.config.read_text())["data"]["root"], data)
    for labels in data.glob("*/*/Label.csv"):
        first, *others = labels.read_text().splitlines()[1:]
        hidden = f"{first.split(',')[0]},3,,,0"
        labels.write_text("\n".join([labels.read_text().splitlines()[0], hidden, *others]) + "\n")
    words = [f"data.root={data}", "evaluation.protocol=tracknetv3"]
    assert small.run(tmp_path / "run", *words) == 2
    assert "without a position, which protocol tracknetv3 needs" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
