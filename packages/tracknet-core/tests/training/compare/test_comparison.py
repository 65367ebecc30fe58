"""What was found is kept, and referred to full fine-tuning."""

import json

import pytest
from attrs import evolve

from tracknet_core.config.problems import UserError
from tracknet_core.training.compare.comparison import Spread, read_comparison, write_comparison


def test_a_spread_is_the_median_and_the_ends():
    assert Spread.of([3.0, 1.0, 10.0]) == Spread(median=3.0, least=1.0, most=10.0)


def test_what_was_written_is_read_back(comparison, tmp_path):
    assert write_comparison(comparison, tmp_path) == tmp_path / "compare.json"
    assert read_comparison(tmp_path) == comparison


def test_a_folder_without_one_has_none(tmp_path):
    assert read_comparison(tmp_path) is None


@pytest.mark.parametrize("content", ["{", "[]", '{"subject": {}, "tables": []}'])
def test_a_damaged_file_is_named(tmp_path, content):
    (tmp_path / "compare.json").write_text(content)
    with pytest.raises(UserError, match=r"compare\.json: is damaged"):
        read_comparison(tmp_path)


def test_json_has_ratios_to_full_fine_tuning(comparison):
    (table,) = json.loads(json.dumps(comparison.to_json()))["tables"]
    assert table["relative_to_full"]["full"] == dict.fromkeys(table["relative_to_full"]["full"], 1.0)
    relative = table["relative_to_full"]["qlora"]
    assert relative["peak_memory"] == 0.25
    assert relative["held"] == 0.1
    assert relative["frames_per_second"] == 0.5
    assert "qlora-hf" not in table["relative_to_full"]


def test_without_full_fine_tuning_there_are_no_ratios(comparison):
    (table,) = comparison.tables
    others = evolve(comparison, tables=(evolve(table, rows=table.rows[1:]),))
    assert others.to_json()["tables"][0]["relative_to_full"] == {}
