"""Modes of training compared, for people."""

import pytest
from attrs import evolve

from tracknet_core.cli.modes_table import modes_text
from tracknet_core.reporting.comparison import markdown, write_comparison_files
from tracknet_core.reporting.report import write_report


def test_figures_stand_beside_their_shares_of_full_fine_tuning(comparison):
    lines = markdown(comparison).splitlines()
    heads = next(line for line in lines if line.startswith("| mode"))
    assert [head.strip() for head in heads.split("|")[1:-1]] == [
        "mode",
        "memory, MiB",
        "tensors, MiB",
        "held, MiB",
        "trained",
        "step, s",
        "prediction, frames/s",
        "prediction memory, MiB",
        "checkpoint, MiB",
        "F1",
        "for",
    ]
    row = next(line for line in lines if line.startswith("| QLoRA<br>1 window at a time, recomputing |"))
    cells = [cell.strip() for cell in row.split("|")[1:-1]]
    assert cells[1] == "250 (25%)<br>240–260"
    assert cells[2] == "200 (25%)"
    assert cells[3] == "40 (10%)"
    assert cells[4] == "5.0%"
    assert cells[5] == "2 (100%)<br>1.9–2.5"
    assert cells[6] == "10 (50%)<br>9–11"
    assert cells[8] == "4"
    assert cells[9] == "0.912<br>0.880–0.940"
    assert cells[10] == "large models, little memory"


def test_what_could_not_be_measured_is_there_with_its_reason(comparison):
    for text in (markdown(comparison), modes_text(comparison)):
        assert "QLoRA, mode hf" in text
        assert "Run: pip install tracknet-quant" in text


def test_the_terminal_says_on_what_it_was_measured(comparison):
    text = modes_text(comparison)
    assert "facebook/dinov3-vits16-pretrain-lvd1689m (random weights): 512×288, 3 frames a window" in text
    assert "batches of 8, bf16.\nSome CPU, 2 cores." in text
    assert "Each mode 3 times" in text
    assert "Memory is the peak in training: resident memory of the process, libraries included." in text
    assert "…" not in text, "no figure is cut off"


def test_one_repeat_has_no_spread(comparison):
    once = evolve(comparison, subject=evolve(comparison.subject, repeats=1))
    assert "990–1,030" not in modes_text(once)
    assert "the least and the most" not in modes_text(once)


def test_without_full_fine_tuning_there_are_no_shares(comparison):
    (table,) = comparison.tables
    others = evolve(comparison, tables=(evolve(table, rows=table.rows[1:]),))
    assert "| 250<br>240–260 |" in markdown(others)


def test_a_folder_gets_json_markdown_and_a_page(comparison, tmp_path):
    files = write_comparison_files(comparison, tmp_path)
    assert [file.name for file in files] == ["compare.json", "compare.md", "compare.html"]
    page = (tmp_path / "compare.html").read_text()
    assert "250 (25%)" in page
    assert "QLoRA, mode hf" in page
    assert page.startswith("<!doctype html>")


def test_the_report_of_a_run_shows_the_tables(comparison, run):
    assert "What each mode of training costs" not in write_report(run).read_text()
    files = write_comparison_files(comparison, run)
    assert [file.name for file in files] == ["compare.json", "compare.md", "report.html"]
    for page in ((run / "report.html").read_text(), write_report(run).read_text()):
        assert "What each mode of training costs" in page
        assert "250 (25%)" in page
        assert "F1" in page


@pytest.mark.parametrize("text", ["<script>", "a|b"])
def test_names_are_text_and_nothing_else(comparison, text, tmp_path):
    (table,) = comparison.tables
    rows = [evolve(row, title=text) for row in table.rows]
    strange = evolve(comparison, tables=(evolve(table, rows=tuple(rows)),))
    write_comparison_files(strange, tmp_path)
    assert "<script>" not in (tmp_path / "compare.html").read_text()
    heads = [line for line in markdown(strange).splitlines() if line.startswith("|")]
    assert len({line.replace("\\|", "").count("|") for line in heads}) == 1
