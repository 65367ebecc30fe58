"""How fast windows of frames come out of the DataLoader, for each `data.cache`.

Clips of 720p JPEG pictures are read as windows of T = 3 frames of 512×288 px in random order, as in
training, in one process, by one thread. The reference reads windows in random order by `cv2.imread` at full
size, `cv2.resize` and a change to RGB, and shares nothing. Both end in batches of torch tensors. "decoded" is
how often a picture of the data set is decoded in an epoch, on average; the ratios are of processor seconds,
which others on the machine disturb less than wall time.

The clips are synthetic and rendered on first use. Each is listed several times over, so that the data set is
larger than what `none` keeps. Pictures come from the system's file cache.

    python benchmarks/pipeline.py --output pipeline.json
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from attrs import evolve, field, frozen
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader

from tracknet_core.config.schema import AugmentConfig, DataConfig, PreprocessConfig, SequenceConfig
from tracknet_core.data.clips import Clip, FrameStore
from tracknet_core.data.dataset import WindowDataset
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.load import load_clips
from tracknet_core.data.synthetic.spec import SynthSpec
from tracknet_core.data.synthetic.write import generate
from tracknet_core.data.windows import sliding
from tracknet_core.training.sampling import EpochDataset, EpochSampler

SIZE, LENGTH, BATCH = (512, 288), 3, 8
AUGMENT = AugmentConfig(zoom=0.2, shift=0.1, rotate=5, brightness=0.2, contrast=0.2, saturation=0.2, hue=10)
"""Affine and colour, as in the design's table of libraries; half of the windows are mirrored too."""


@frozen(eq=False)
class Counted:
    """Pictures of one copy of a clip, and how many were decoded."""

    store: FrameStore
    copy: int
    decoded: list[int] = field(factory=lambda: [0])

    @property
    def size(self) -> tuple[int, int]:
        """Of the pictures."""
        return self.store.size

    def __len__(self) -> int:
        return len(self.store)

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> NDArray[np.uint8]:
        """Decode and count."""
        self.decoded[0] += 1
        return self.store.read(index, at_least)

    def name(self, index: int) -> str:
        """Name a frame."""
        return self.store.name(index)

    def fingerprint(self) -> str:
        """Tell copies apart too."""
        return f"{self.store.fingerprint()} {self.copy}"


@frozen(kw_only=True)
class Epoch:
    """One pass over all windows.

    Attributes:
        wall: Seconds.
        cpu: Seconds of this process.
        decoded: Pictures decoded.
    """

    wall: float
    cpu: float
    decoded: int


def timed(batches: Iterable[Tensor], clips: Sequence[Clip]) -> Epoch:
    """Read all batches."""
    counts = [clip.frames.decoded for clip in clips if isinstance(clip.frames, Counted)]
    before = sum(count[0] for count in counts)
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in batches:
        pass
    return Epoch(
        wall=time.perf_counter() - wall,
        cpu=time.process_time() - cpu,
        decoded=sum(count[0] for count in counts) - before,
    )


def plain(clips: Sequence[Clip], order: Sequence[int]) -> Iterator[Tensor]:
    """Read windows as a first draft would; batches uint8 ``[B, T, 3, H, W]``."""
    windows = [(clip, row) for clip in clips for row in sliding(len(clip), LENGTH, 1).indices.tolist()]
    for first in range(0, len(order), BATCH):
        batch = []
        for clip, row in (windows[index] for index in order[first : first + BATCH]):
            store = clip.frames.store if isinstance(clip.frames, Counted) else clip.frames
            assert isinstance(store, PictureFolder)
            for index in row:
                picture = np.asarray(cv2.imread(str(store.path(index))))
                resized = cv2.resize(picture, SIZE, interpolation=cv2.INTER_AREA)
                batch.append(cv2.cvtColor(resized, cv2.COLOR_BGR2RGB).transpose(2, 0, 1))
        yield torch.from_numpy(np.stack(batch)).view(-1, LENGTH, 3, SIZE[1], SIZE[0])


def epochs_of(clips: Sequence[Clip], data: DataConfig, number: int) -> list[Epoch]:
    """Read epochs as training does."""
    windows = WindowDataset(clips, sliding, data, seed=0, training=True)
    sampler = EpochSampler(len(windows), taken=len(windows), seed=0)
    loader = DataLoader(EpochDataset(windows), batch_size=BATCH, sampler=sampler)
    found = []
    for epoch in range(number):
        sampler.set_epoch(epoch)
        found.append(timed((batch["frames"] for batch in loader), clips))
    return found


def measure(clips: Sequence[Clip]) -> dict[str, Epoch]:
    """Read epochs in every way, one after the other."""
    data = DataConfig(
        preprocess=PreprocessConfig(resize=SIZE), sequence=SequenceConfig(enabled=True, length=LENGTH)
    )
    windows = sum(len(sliding(len(clip), LENGTH, 1).indices) for clip in clips)
    found = {"reference": timed(plain(clips, torch.randperm(windows).tolist()), clips)}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TRACKNET_CACHE"] = folder
        for cache in ("none", "ram", "disk"):
            first, second = epochs_of(clips, evolve(data, cache=cache), 2)
            found |= {f"{cache}, epoch 1": first, f"{cache}, epoch 2": second}
        (found["disk, next run"],) = epochs_of(clips, evolve(data, cache="disk"), 1)
        augmented = evolve(
            data, cache="ram", augment=AUGMENT, preprocess=evolve(data.preprocess, flip_prob=0.5)
        )
        found["ram, epoch 2, augmented"] = epochs_of(clips, augmented, 2)[1]
    return found


def load(folder: Path, games: int, frames: int, copies: int) -> list[Clip]:
    """Render the clips, if need be, and list them several times."""
    generate(folder, SynthSpec(games=games, clips=1, frames=frames, video=False))
    clips = load_clips(DataConfig(root=(str(folder),)))
    return [evolve(clip, frames=Counted(clip.frames, copy)) for copy in range(copies) for clip in clips]


def main() -> None:
    """Print frames a second for each way, beside the reference."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path("data/pipeline"), help="where clips are rendered to"
    )
    parser.add_argument("--games", type=int, default=4, help="clips that are rendered")
    parser.add_argument("--frames", type=int, default=20, help="frames in each")
    parser.add_argument("--copies", type=int, default=10, help="how often each clip is listed")
    parser.add_argument("--repeats", type=int, default=3, help="of which the median counts")
    parser.add_argument("--output", type=Path, default=Path("pipeline.json"))
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    clips = load(arguments.data, arguments.games, arguments.frames, arguments.copies)
    pictures = sum(map(len, clips))
    read = LENGTH * sum(len(sliding(len(clip), LENGTH, 1).indices) for clip in clips)
    load_before = os.getloadavg()
    runs = [measure(clips) for _ in range(arguments.repeats)]
    rows: dict[str, dict[str, float]] = {}
    print(
        f"{pictures} pictures, {read} frames of windows in an epoch; "
        f"load average {load_before[0]:.1f} on {os.cpu_count()} cores"
    )
    print(f"{'':26}{'decoded':>8}{'frames/s':>10}{'frames/CPU s':>14}{'ratio':>8}")
    for name in runs[0]:
        cpu = statistics.median(run[name].cpu for run in runs)
        wall = statistics.median(run[name].wall for run in runs)
        ratio = statistics.median(run["reference"].cpu / run[name].cpu for run in runs)
        decoded = read if name == "reference" else runs[0][name].decoded
        rows[name] = {
            "decoded": decoded / pictures,
            "frames_per_second": read / wall,
            "frames_per_cpu_second": read / cpu,
            "ratio": ratio,
        }
        print(f"{name:26}{decoded / pictures:8.2f}{read / wall:10.0f}{read / cpu:14.0f}{ratio:8.2f}")
    report = {
        "pictures": pictures,
        "frames": read,
        "repeats": arguments.repeats,
        "load": load_before,
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
