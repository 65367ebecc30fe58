"""What is wrong is said before anything is written."""

import pytest
import torch


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
