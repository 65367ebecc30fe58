import pytest

from tracknet_core.training.checkpoint import Checkpoints


def write(checkpoints, step):
    with checkpoints.replacing_last(step) as folder:
        (folder / "step").write_text(str(step))


def test_the_last_checkpoint_is_replaced(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=1)
    write(checkpoints, 1)
    write(checkpoints, 2)
    assert (checkpoints.last / "step").read_text() == "2"
    assert [entry.name for entry in (tmp_path / "checkpoints").iterdir()] == ["last"]


def test_as_many_recent_ones_are_kept_as_were_asked_for(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=2)
    for step in (5, 10, 15):
        write(checkpoints, step)
    names = sorted(entry.name for entry in (tmp_path / "checkpoints").iterdir())
    assert names == ["last", "step-00000010", "step-00000015"]


def test_a_failed_write_leaves_the_old_one(tmp_path):
    checkpoints = Checkpoints(tmp_path, keep=1)
    write(checkpoints, 1)
    with pytest.raises(FileNotFoundError), checkpoints.replacing_last(2) as folder:
        (folder / "no such folder" / "step").write_text("2")
    assert (checkpoints.last / "step").read_text() == "1"
    assert [entry.name for entry in (tmp_path / "checkpoints").iterdir()] == ["last"]
