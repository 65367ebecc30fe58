"""Balanced games and a share of windows without a ball, through the command line."""

import shutil

SINGLE = ["data.sequence.enabled=false", "data.sequence.length=1", "training.epochs=1"]


def test_games_of_several_roots_are_balanced_and_it_is_said(small, tmp_path, capsys):
    tennis, badminton = tmp_path / "tennis", tmp_path / "badminton"
    shutil.copytree(small.config.parent / "data", tennis)
    shutil.copytree(small.config.parent / "data" / "game1", badminton / "match1")
    words = [
        f"data.root=[{tennis},{badminton}]",
        "data.split.val_games=[game2]",
        "data.split.test_games=[game3]",
    ]
    words += ["data.sampling.games=balanced", "data.sampling.negatives=0.5", "training.limit_train_batches=2"]
    label = badminton / "match1/Clip1/Label.csv"
    for frame in range(4, 18):
        (badminton / f"match1/Clip1/{frame:04d}.png").unlink()
    label.write_text("\n".join([*label.read_text().splitlines()[:4], "0003.png,0,,,"]) + "\n")
    assert small.run(tmp_path / "run", *SINGLE, *words) == 0
    assert (
        "data.sampling: 13.6% of the training windows are without a ball, 50.0% of an epoch's; "
        "each of 2 games has 50.0% of an epoch, where they hold 18.2% to 81.8% of the windows"
    ) in capsys.readouterr().err
    assert small.rows(tmp_path / "run")[-1]["step"] == "2"
    assert small.run(tmp_path / "run", *SINGLE, *words, "--resume", "data.sampling.negatives=0.4") == 2
    assert "began with data.sampling.negatives: 0.5, now it is 0.4" in capsys.readouterr().err


def test_a_share_of_negatives_where_there_are_none_is_refused_before_anything_starts(small, tmp_path, capsys):
    assert small.run(tmp_path / "run", "data.sampling.negatives=0.1") == 2
    assert (
        "data.sampling.negatives: 0.1 is asked for, but every training window has a ball. Leave it out."
        in capsys.readouterr().err
    )
    assert not (tmp_path / "run").exists()
