"""Fixtures that several test modules share."""

import sys
import textwrap
from collections.abc import Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import pytest

from tracknet_core.plugins import discover
from tracknet_core.registry import Registry


class Site:
    """A folder of distributions, as pip leaves them behind: one module each, which is its plugin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, source: str, *, version: str = "1.0", requires: str = "") -> None:
        """Write a distribution; its entry point is its name without ``tracknet-``."""
        module = distribution.replace("-", "_")
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
        info = self.folder / f"{module}-{version}.dist-info"
        info.mkdir()
        requirement = f"Requires-Dist: {requires}\n" if requires else ""
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n{requirement}"
        )
        entry = f"{distribution.removeprefix('tracknet-')} = {module}"
        (info / "entry_points.txt").write_text(f"[tracknet]\n{entry}\n")

    def registry(self, **environ: str) -> Registry:
        """What the plugins of this folder, and no others, register."""
        infos = sorted(self.folder.glob("*.dist-info"))
        return discover([entry for info in infos for entry in PathDistribution(info).entry_points], environ)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """An empty folder for plugins that is on the path."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    yield Site(folder)
    for name in set(sys.modules) - before:
        if Path(getattr(sys.modules[name], "__file__", None) or "").parent == folder:
            del sys.modules[name]
