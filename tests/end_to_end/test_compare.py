"""``tracknet compare``, from a config to tables."""

import json
import os
import subprocess
import sys

import pytest

from tracknet_core.cli.main import main
from tracknet_core.training.compare.comparison import read_comparison

QUICKLY = ["--repeats", "1", "--steps", "1", "--quiet"]


@pytest.mark.slow
def test_every_mode_of_a_model_with_random_weights(small, tmp_path, capsys):
    words = ["compare", str(small.config), "training.precision=bf16", "training.batch_size=2"]
    assert main([*words, *QUICKLY, "--output", str(tmp_path / "found")]) == 0
    printed = capsys.readouterr().out
    (table,) = read_comparison(tmp_path / "found").tables
    assert [row.mode for row in table.rows] == ["full", "frozen", "lora", "qlora", "qlora-hf"]
    assert [row.failure for row in table.rows] == [None] * 5
    costs = {row.mode: row.cost for row in table.rows}
    assert costs["lora"].held_bytes < costs["full"].held_bytes
    assert costs["qlora"].weights_bytes < costs["lora"].weights_bytes
    assert costs["qlora-hf"].weights_bytes == costs["qlora"].weights_bytes
    assert costs["lora"].trainable_share < costs["full"].trainable_share
    assert costs["full"].trainable_share > 0.99  # a ViT's mask token never trains
    assert costs["frozen"].checkpoint_bytes < costs["full"].checkpoint_bytes
    for row in table.rows:
        assert row.title in printed
    assert {file.name for file in (tmp_path / "found").iterdir()} == {
        "compare.json",
        "compare.md",
        "compare.html",
    }


@pytest.mark.slow
def test_the_same_settings_and_accuracy(small, tmp_path, capsys):
    words = ["compare", str(small.config), "--modes", "full", "lora", "--same-settings", "--epochs", "1"]
    assert main([*words, *QUICKLY, "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    defaults, same = found["tables"]
    assert (defaults["settings"], same["settings"]) == ("defaults", "same")
    assert [row["failure"] for row in (*defaults["rows"], *same["rows"])] == [None] * 4
    assert [row["cost"]["micro_batch_size"] for row in defaults["rows"]] == [4, 1]
    assert [row["cost"]["micro_batch_size"] for row in same["rows"]] == [4, 4]
    assert same["rows"][0]["cost"] == defaults["rows"][0]["cost"], "what does the same is measured once"
    assert [row["accuracy"]["epochs"] for row in defaults["rows"]] == [1, 1]
    assert all(0 <= row["accuracy"]["f1"] <= 1 for row in defaults["rows"])


@pytest.mark.slow
def test_a_mode_that_runs_out_of_memory_leaves_the_others_alone(small, tmp_path):
    room = 5 * 2**29  # of addresses, half of which the libraries reserve
    huge = ["training.batch_size=160", "data.preprocess.resize=[256,256]", "heatmap.size=[64,64]"]
    words = ["compare", str(small.config), *huge, "training.adaptive_micro_batch=false", *QUICKLY]
    program = (
        "import resource, sys\n"
        f"resource.setrlimit(resource.RLIMIT_AS, ({room}, {room}))\n"
        "from tracknet_core.cli.main import main\n"
        "sys.exit(main())"
    )
    modes = ["--modes", "full", "lora", "--output", str(tmp_path)]
    subprocess.run([sys.executable, "-c", program, *words, *modes], check=True, env=os.environ)
    full, lora = read_comparison(tmp_path).tables[0].rows
    assert full.cost is None
    assert "Out of memory with micro-batches of 160" in full.failure
    assert lora.cost is not None
    assert "Out of memory" in (tmp_path / "compare.md").read_text()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--modes", "qlroa"], "no such mode"),
        (["model_name=nobodys"], "nobodys"),
        (["--epochs", "1", "data.root=nowhere"], "data.root"),
    ],
)
def test_what_is_wrong_is_said_before_anything_starts(small, words, said, capsys, tmp_path):
    assert main(["compare", str(small.config), *words, "--output", str(tmp_path / "found")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "found").exists()


def test_a_folder_that_cannot_be_made_is_refused_at_once(small, tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert main(["compare", str(small.config), "--output", str(tmp_path / "file" / "found")]) == 2
    assert "cannot be made" in capsys.readouterr().err
