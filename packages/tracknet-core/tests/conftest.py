"""Fixtures that several test modules share."""

import sys
import textwrap
from collections.abc import Callable, Iterator
from importlib.metadata import PathDistribution
from pathlib import Path

import cv2
import numpy as np
import pytest
from attrs import evolve
from hypothesis import settings

from tracknet_core.plugins import discover
from tracknet_core.registry import Registry
from tracknet_core.training.compare.comparison import Accuracy, Comparison, Cost, Row, Spread, Subject, Table

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


MIB = 2**20


@pytest.fixture
def comparison() -> Comparison:
    """Full fine-tuning, a QLoRA that takes a quarter of its memory, and one that nobody has installed."""
    full = Cost(
        peak_memory_bytes=Spread(median=1000 * MIB, least=990 * MIB, most=1030 * MIB),
        peak_tensor_bytes=800 * MIB,
        weights_bytes=100 * MIB,
        gradient_bytes=100 * MIB,
        optimizer_bytes=200 * MIB,
        trainable_parameters=25_000,
        total_parameters=25_000,
        step_seconds=Spread(median=2.0, least=1.9, most=2.5),
        micro_batch_size=8,
        gradient_checkpointing=False,
        prediction_memory_bytes=Spread(median=500 * MIB, least=500 * MIB, most=500 * MIB),
        frames_per_second=Spread(median=20.0, least=18.0, most=21.0),
        checkpoint_bytes=100 * MIB,
        base_bytes=100 * MIB,
    )
    small = evolve(
        full,
        peak_memory_bytes=Spread(median=250 * MIB, least=240 * MIB, most=260 * MIB),
        peak_tensor_bytes=200 * MIB,
        weights_bytes=20 * MIB,
        gradient_bytes=10 * MIB,
        optimizer_bytes=10 * MIB,
        trainable_parameters=1_250,
        micro_batch_size=1,
        gradient_checkpointing=True,
        frames_per_second=Spread(median=10.0, least=9.0, most=11.0),
        checkpoint_bytes=4 * MIB,
    )
    found = Accuracy(epochs=2, split="test", f1=0.912, f1_interval=(0.88, 0.94))
    suits = "large models, little memory"
    rows = (
        Row(mode="full", title="full", suits="", overrides=(), cost=full, accuracy=None, failure=None),
        Row(mode="qlora", title="QLoRA", suits=suits, overrides=(), cost=small, accuracy=found, failure=None),
        Row(
            mode="qlora-hf",
            title="QLoRA, mode hf",
            suits=suits,
            overrides=(),
            cost=None,
            accuracy=None,
            failure="no installed plugin owns this section. Run: pip install tracknet-quant",
        ),
    )
    subject = Subject(
        model="facebook/dinov3-vits16-pretrain-lvd1689m",
        random_weights=True,
        frames=3,
        input_size=(512, 288),
        batch_size=8,
        precision="bf16",
        memory_counts="resident memory of the process",
        machine={"cpu": "Some CPU", "cores": "2"},
        steps=3,
        repeats=3,
        seed=0,
    )
    return Comparison(subject=subject, tables=(Table(settings="defaults", overrides=(), rows=rows),))
