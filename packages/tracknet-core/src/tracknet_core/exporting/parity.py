"""How far an export is from the run that it was made of."""

import json
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.dataset import WindowDataset
from tracknet_core.data.windows import covering
from tracknet_core.evaluation.run import clips_to_measure, measure
from tracknet_core.model.checkpoint import LoadedRun
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.progress import Progress

FILE_NAME = "parity.json"

WINDOWS = 16
"""Windows whose heatmaps are compared."""

BATCH = 4


def write_parity(directory: Path, run: LoadedRun, exported: LoadedRun, progress: Progress) -> None:
    """Compare heatmaps, in float32, and metrics; write ``parity.json``.

    Both are measured on the clips that the run is measured on. Where those are gone, heatmaps are
    compared over random pictures and there are no metrics, which is said aloud.

    Args:
        directory: Where to write.
        run: What was exported.
        exported: What came of it.
        progress: Where notes and bars go.
    """
    split, clips = _clips(run, progress)
    difference = heatmap_difference(run.model, exported.model, _windows(run, clips))
    report: dict[str, object] = {"compared_on": split, **difference, "metrics": None}
    if clips:
        report["metrics"] = {
            name: measure(loaded, loaded.plan, clips, protocols=[], split=split, progress=progress)
            .metrics[0]
            .to_json()
            for name, loaded in (("run", run), ("exported", exported))
        }
    (directory / FILE_NAME).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def heatmap_difference(
    run: HeatmapModel, exported: HeatmapModel, windows: Sequence[Tensor]
) -> Mapping[str, float | int]:
    """Compare the probabilities that two models give to every pixel.

    Args:
        run: The reference, on the CPU.
        exported: The other, on the CPU.
        windows: Batches of frames, uint8 ``[B, T, 3, H, W]``.

    Returns:
        Number of windows, largest and mean absolute difference of heatmaps in [0, 1].
    """
    largest, total, pixels = 0.0, 0.0, 0
    with torch.inference_mode():
        for frames in windows:
            apart = (run(frames).sigmoid() - exported(frames).sigmoid()).abs()
            largest, total = max(largest, apart.max().item()), total + apart.sum().item()
            pixels += apart.numel()
    return {
        "windows": sum(map(len, windows)),
        "heatmap_max_difference": largest,
        "heatmap_mean_difference": total / max(pixels, 1),
    }


def _clips(run: LoadedRun, progress: Progress) -> tuple[str, Sequence[Clip]]:
    try:
        return clips_to_measure(run.plan, None, progress=progress)
    except UserError as error:
        progress.say(f"no metrics, and heatmaps of random pictures only: {error}")
        return "random pictures", ()


def _windows(run: LoadedRun, clips: Sequence[Clip]) -> list[Tensor]:
    if not clips:
        width, height = run.model.input_size
        pictures = torch.Generator().manual_seed(run.plan.seed)
        shape = (BATCH, run.model.frames, 3, height, width)
        return [torch.randint(0, 256, shape, generator=pictures, dtype=torch.uint8)]
    windows = WindowDataset(clips, covering, run.plan.data, seed=run.plan.seed, training=False)
    spread = range(0, len(windows), max(1, len(windows) // WINDOWS))
    chosen = torch.utils.data.Subset(windows, list(islice(spread, WINDOWS)))
    return [batch["frames"] for batch in DataLoader(chosen, batch_size=BATCH)]
