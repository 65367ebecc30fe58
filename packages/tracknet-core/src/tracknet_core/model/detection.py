"""Run a model over labelled clips: candidates for every frame."""

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from attrs import frozen
from numpy.typing import NDArray
from torch import Tensor

from tracknet_core.config.schema import DataConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.geometry import PictureMap, rescale
from tracknet_core.data.windows import covering, window_shape
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.peaks import Peaks, find_peaks
from tracknet_core.progress import Progress, Silent

MAX_PEAKS = 5
"""Candidates kept for each frame."""


@frozen(kw_only=True, eq=False)
class ClipDetections:
    """Candidates for the N frames of a clip, best first.

    Attributes:
        xy: float64 ``[N, K, 2]``, source pixel indices; nan where there are fewer than K.
        score: float64 ``[N, K]`` in [0, 1]; 0 where there are fewer than K.
    """

    xy: NDArray[np.float64]
    score: NDArray[np.float64]


def detect_clips(
    model: HeatmapModel,
    clips: Sequence[Clip],
    data: DataConfig,
    *,
    batch_size: int,
    device: torch.device,
    autocast: torch.dtype | None = None,
    progress: Progress | None = None,
) -> list[ClipDetections]:
    """Find candidates in every frame of every clip; each frame is decoded and scored once.

    Args:
        model: In eval mode, on ``device``.
        clips: The clips.
        data: How frames become inputs (resize, fit, window stride).
        batch_size: Windows in one forward.
        device: Where the model is.
        autocast: Type of a mixed-precision forward; None for full precision.
        progress: Where the bar goes.
    """
    _, stride = window_shape(data.sequence)
    found = []
    with (progress or Silent()).task("detect", total=sum(map(len, clips))) as bar:
        for clip in clips:
            picture = PictureMap(clip.frames.size, data.preprocess.resize, data.preprocess.fit)
            xy = np.full((len(clip), MAX_PEAKS, 2), np.nan)
            score = np.zeros((len(clip), MAX_PEAKS))
            for frames, index, scored in _batches(clip, picture, model.frames, stride, batch_size):
                peaks = detect(model, frames.to(device), autocast)
                kept = index[scored]
                inside = rescale(peaks.xy.double().cpu().numpy(), model.heatmap_size, model.input_size)
                xy[kept] = picture.to_source(inside[scored.ravel()])
                score[kept] = peaks.score.double().cpu().numpy()[scored.ravel()]
                bar.advance(len(kept))
            found.append(ClipDetections(xy=xy, score=score))
    return found


@torch.inference_mode()
def detect(model: HeatmapModel, frames: Tensor, autocast: torch.dtype | None = None) -> Peaks:
    """Find the peaks of windows ``[B, T, 3, H, W]``; heatmap pixels, one row for each of B·T frames."""
    with torch.autocast(frames.device.type, dtype=autocast, enabled=autocast is not None):
        logits = model(frames)
    return find_peaks(torch.sigmoid(logits.float()).flatten(0, 1), max_peaks=MAX_PEAKS)


def _batches(
    clip: Clip, picture: PictureMap, length: int, stride: int, batch_size: int
) -> Iterator[tuple[Tensor, NDArray[np.int64], NDArray[np.bool_]]]:
    """Cut a clip into batches of windows ``[B, T, 3, H, W]``, frame numbers and what counts."""
    indices, scored = covering(len(clip), length, stride)
    kept: dict[int, NDArray[np.uint8]] = {}
    for start in range(0, len(indices), batch_size):
        rows = indices[start : start + batch_size]
        needed = set(rows.ravel().tolist())
        kept = {number: image for number, image in kept.items() if number in needed}
        for number in sorted(needed - kept.keys()):
            kept[number] = picture.warp(clip.frames.read(number, at_least=picture.content))
        windows = np.stack([np.stack([kept[number] for number in row]) for row in rows.tolist()])
        yield torch.from_numpy(windows).permute(0, 1, 4, 2, 3), rows, scored[start : start + batch_size]
