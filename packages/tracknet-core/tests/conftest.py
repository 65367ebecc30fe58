"""Fixtures that several test modules share."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import settings

from tracknet_core.plugins import discover
from tracknet_core.registry import Registry

settings.register_profile("tracknet", deadline=None)  # a busy machine is no failure
settings.load_profile("tracknet")


class Site:
    """A folder of distributions, as pip leaves them behind: one module each, which is its plugin."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def install(self, distribution: str, source: str, *, version: str = "1.0", requires: str = "") -> None:
        """Write a distribution; its entry point is its name without ``tracknet-``."""
        project = distribution.replace("-", "_")
        module = f"{project}_plugin"  # not the name of a package that is really installed
        (self.folder / f"{module}.py").write_text(textwrap.dedent(source))
        info = self.folder / f"{project}-{version}.dist-info"
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


TinyTracknet = Callable[..., Path]


@pytest.fixture
def tiny_tracknet(tmp_path: Path) -> TinyTracknet:
    """Build ``tmp_path/data`` in the TrackNet layout: dark noisy pictures, one bright dot on its way.

    Arguments, all by keyword: ``games=3``, ``clips=1``, ``frames=4``, ``size=(64, 48)``,
    ``suffix=".jpg"``, ``root="data"``. The dot of frame i is at (5 + 3 i, 10 + 2 i); the last frame
    of each clip has none. Returns the root.
    """

    def build(
        *,
        games: int = 3,
        clips: int = 1,
        frames: int = 4,
        size: tuple[int, int] = (64, 48),
        suffix: str = ".jpg",
        root: str = "data",
    ) -> Path:
        noise = np.random.default_rng(0)
        for game in range(1, games + 1):
            for clip in range(1, clips + 1):
                folder = tmp_path / root / f"game{game}" / f"Clip{clip}"
                folder.mkdir(parents=True)
                rows = ["file name,visibility,x-coordinate,y-coordinate,status"]
                for frame in range(frames):
                    picture = noise.integers(0, 60, (size[1], size[0], 3), dtype=np.uint8)
                    name, (x, y) = f"{frame:04d}{suffix}", (5 + 3 * frame, 10 + 2 * frame)
                    if frame == frames - 1:
                        rows.append(f"{name},0,,,")
                    else:
                        cv2.circle(picture, (x, y), 2, (255, 255, 255), -1)
                        rows.append(f"{name},1,{x},{y},0")
                    cv2.imwrite(str(folder / name), picture)
                (folder / "Label.csv").write_text("\n".join(rows) + "\n")
        return tmp_path / root

    return build
