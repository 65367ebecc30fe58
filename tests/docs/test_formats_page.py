"""The page of data formats shows each of them, with samples that read as the page says."""

import re
from pathlib import Path

import pytest

from tracknet_core.builtin import tracknet_register_datasets
from tracknet_core.data.formats.scanning import VIDEO_SUFFIXES

PAGE = (Path(__file__).resolve().parents[2] / "docs/reference/data-format.md").read_text(encoding="utf-8")
CONVERT = (Path(__file__).resolve().parents[2] / "docs/how-to/convert.md").read_text(encoding="utf-8")
NAMES = [layout.name for layout in tracknet_register_datasets()]


@pytest.mark.parametrize("name", NAMES)
def test_every_format_has_its_section_and_its_row(name: str) -> None:
    assert f"\n## {name}\n" in PAGE
    assert f"\n| [`{name}`](#{name}) |" in PAGE
    assert f"\n| `{name}` |" in CONVERT


def test_every_ending_of_a_video_is_named() -> None:
    named = PAGE.partition("## Videos")[2].lower()
    assert [suffix for suffix in VIDEO_SUFFIXES if suffix[1:] not in named] == []


@pytest.mark.parametrize("caption", ["csv/1_01_00_ball.csv", "game1/rally1_ball.csv"])
def test_the_csv_samples_are_read(caption: str, tmp_path: Path) -> None:
    from tracknet_core.data.formats.rows import read_rows

    file = tmp_path / "sample_ball.csv"
    file.write_text(_sample(caption))
    rows = read_rows(file)
    assert 1 in rows.visibility
    assert (rows.xy[rows.visibility == 1] > 200).all()


def test_the_cvat_sample_is_read(tmp_path: Path) -> None:
    from tracknet_core.data.formats.cvat_ball import ball_frames
    from tracknet_core.data.formats.cvat_xml import read_annotations

    file = tmp_path / "rally1.xml"
    file.write_text(_sample("game1/rally1.xml"))
    ball = ball_frames(read_annotations(file), 0, 3)
    assert ball.visibility.tolist() == [2, 0, 0]
    assert ball.xy[0].tolist() == [601.5, 210.0]


def _sample(caption: str) -> str:
    (text,) = re.findall(rf":caption: {re.escape(caption)}\n\n(.*?)```", PAGE, re.DOTALL)
    return text
