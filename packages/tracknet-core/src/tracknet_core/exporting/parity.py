"""How far an export is from the run that it was made of."""

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from attrs import frozen
from torch import Tensor
from torch.utils.data import DataLoader, Subset

from tracknet_core.config.problems import UserError
from tracknet_core.data.clips import Clip
from tracknet_core.data.dataset import WindowDataset
from tracknet_core.data.windows import covering
from tracknet_core.evaluation.run import clips_to_measure, measure
from tracknet_core.model.arithmetic import run_device
from tracknet_core.model.checkpoint import LoadedRun
from tracknet_core.model.engines.engine import Engine, Windows
from tracknet_core.model.engines.pytorch import TorchEngine
from tracknet_core.model.engines.ready import ReadyRun, make_ready
from tracknet_core.progress import Progress

FILE_NAME = "parity.json"

WINDOWS = 16
"""Windows whose heatmaps are compared."""

BATCH = 4


@frozen(kw_only=True)
class Form:
    """A form of a trained run, opened when it is needed.

    Attributes:
        exact: Opens it to compute in float32, on the CPU.
        ready: Opens it to compute as ``predict`` does.
    """

    exact: Callable[[], Engine]
    ready: Callable[[], ReadyRun]

    @classmethod
    def of(cls, loaded: LoadedRun) -> "Form":
        """Take a loaded run, exact as it was trained, ready with its adapter merged."""
        return cls(
            exact=lambda: TorchEngine(model=loaded.model, device=torch.device("cpu")),
            ready=lambda: make_ready(loaded.directory, device=str(run_device(loaded.plan))),
        )


def write_parity(directory: Path, run: LoadedRun, exported: Form, progress: Progress) -> None:
    """Compare heatmaps and metrics; write ``parity.json``.

    Both are measured on the clips that the run is measured on. Where those are gone, heatmaps are
    compared over random pictures and there are no metrics, which is said aloud.

    Args:
        directory: Where to write.
        run: What was exported.
        exported: What came of it.
        progress: Where notes and bars go.
    """
    split, clips = _clips(run, progress)
    windows, original = _windows(run, clips), Form.of(run)
    engine = original.exact()
    reference = [engine.heatmaps(batch) for batch in windows]
    report: dict[str, object] = {
        "compared_on": split,
        "windows": sum(map(len, windows)),
        **heatmap_difference(reference, exported.exact(), windows),
    }
    forms = {"run": original.ready(), "exported": exported.ready()}
    report["as_predicted"] = {
        name: {
            "engine": form.engine.name,
            "precision": form.engine.precision,
            **heatmap_difference(reference, form.engine, windows),
        }
        for name, form in forms.items()
    }
    report["metrics"] = {
        name: measure(form, form.plan, clips, protocols=[], split=split, progress=progress)
        .metrics[0]
        .to_json()
        for name, form in forms.items()
        if clips
    } or None
    (directory / FILE_NAME).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def heatmap_difference(
    reference: Sequence[Tensor], engine: Engine, windows: Sequence[Windows]
) -> Mapping[str, float]:
    """Compare the probabilities that an engine gives to every pixel with those that are right.

    Args:
        reference: Heatmaps ``[B, T, Hh, Wh]`` of each batch.
        engine: What is compared.
        windows: The batches.

    Returns:
        Largest and mean absolute difference of heatmaps in [0, 1].
    """
    largest, total, pixels = 0.0, 0.0, 0
    for right, batch in zip(reference, windows, strict=True):
        apart = (right - engine.heatmaps(batch).cpu()).abs()
        largest, total = max(largest, apart.max().item()), total + apart.sum().item()
        pixels += apart.numel()
    return {"heatmap_max_difference": largest, "heatmap_mean_difference": total / max(pixels, 1)}


def _clips(run: LoadedRun, progress: Progress) -> tuple[str, Sequence[Clip]]:
    try:
        return clips_to_measure(run.plan, None, progress=progress)
    except UserError as error:
        progress.say(f"no metrics, and heatmaps of random pictures only: {error}")
        return "random pictures", ()


def _windows(run: LoadedRun, clips: Sequence[Clip]) -> list[Windows]:
    if not clips:
        width, height = run.model.input_size
        shape = (BATCH, run.model.frames, 3, height, width)
        return [np.random.default_rng(run.plan.seed).integers(0, 256, shape, np.uint8)]
    windows = WindowDataset(clips, covering, run.plan.data, seed=run.plan.seed, training=False)
    spread = range(0, len(windows), max(1, len(windows) // WINDOWS))
    chosen = Subset(windows, list(islice(spread, WINDOWS)))
    return [batch["frames"].numpy() for batch in DataLoader(chosen, batch_size=BATCH)]
