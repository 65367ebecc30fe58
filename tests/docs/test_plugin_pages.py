"""The plugins on the page about adapters and quantizers pass the kits that the page names."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "write-an-adapter.md"


def files() -> dict[str, str]:
    """The page's captioned blocks by caption."""
    fences = [token.content for token in MarkdownIt().parse(PAGE.read_text("utf-8")) if token.type == "fence"]
    captioned = (text.removeprefix(":caption: ").partition("\n") for text in fences if ":caption:" in text)
    return {name: text for name, _, text in captioned}


@pytest.mark.parametrize(("package", "test"), [("tracknet_biases", "biases"), ("tracknet_half", "half")])
def test_it_passes_its_kit(package: str, test: str, tmp_path: Path) -> None:
    for name, text in files().items():
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    installed = tmp_path / f"{package}-0.1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {package}\nVersion: 0.1\nRequires-Dist: tracknet-core (>=0.1,<0.2)\n"
    )
    (installed / "entry_points.txt").write_text(f"[tracknet]\n{test} = {package}.plugin\n")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"tests/test_{test}.py"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout
