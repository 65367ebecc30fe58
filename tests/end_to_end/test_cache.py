"""A run with frames on disk, through the command line."""

import pytest


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKNET_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_run_with_frames_on_disk_learns_the_same_and_the_next_one_finds_them(
    small, tmp_path, cache, capsys
):
    assert small.run(tmp_path / "run", "data.cache=disk") == 0
    assert f"data.cache: disk takes up to 0.6 MiB more in {cache}/frames, where " in capsys.readouterr().err
    small.assert_same(tmp_path / "run", small.unbroken)
    assert len(list(cache.glob("frames/*.frames"))) == 3
    assert small.run(tmp_path / "again", "data.cache=disk", "training.epochs=1") == 0
    assert "data.cache" not in capsys.readouterr().err


def test_a_cache_that_cannot_be_written_is_refused_before_anything_starts(small, tmp_path, cache, capsys):
    cache.write_text("a file")
    assert small.run(tmp_path / "run", "data.cache=disk") == 2
    err = capsys.readouterr().err
    assert (
        f"data.cache: {cache}/frames: Not a directory. Make room there, let the environment variable" in err
    )
    assert not (tmp_path / "run").exists()


def test_a_cache_that_is_too_small_is_refused_before_anything_starts(
    small, tmp_path, cache, monkeypatch, capsys
):
    monkeypatch.setenv("TRACKNET_CACHE_LIMIT", "500k")
    assert small.run(tmp_path / "run", "data.cache=disk") == 2
    err = capsys.readouterr().err
    assert "data.cache: disk takes 0.6 MiB" in err
    assert "Set the environment variable TRACKNET_CACHE_LIMIT to more" in err
    assert not (tmp_path / "run").exists()
    assert list(cache.glob("frames/*.frames")) == []
