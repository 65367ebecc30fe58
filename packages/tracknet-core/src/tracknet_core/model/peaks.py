"""From heatmaps to candidate positions."""

import torch
from attrs import frozen
from torch import Tensor
from torch.nn import functional

MAX_PEAKS = 5
"""Candidates kept for each frame."""

NEIGHBOURHOOD = 5
"""Side of the window in which a peak must be the highest pixel, in heatmap pixels."""


@frozen(eq=False)
class Peaks:
    """The best candidates of N heatmaps.

    Attributes:
        xy: float32 ``[N, K, 2]``, continuous heatmap pixels (first pixel's centre is 0.5), best
            first; nan where there are fewer than K.
        score: float32 ``[N, K]`` in [0, 1]; 0 where there are fewer than K.
    """

    xy: Tensor
    score: Tensor


def find_peaks(heatmaps: Tensor, *, max_peaks: int = MAX_PEAKS, threshold: float = 0.05) -> Peaks:
    """Find local maxima and refine them below the pixel.

    The refinement is one Newton step on the logarithm of the heatmap, which is exact for a
    Gaussian (Zhang et al., 2020, "Distribution-Aware Coordinate Representation", eq. 5).

    Args:
        heatmaps: Probabilities ``[N, H, W]``.
        max_peaks: Candidates to keep for each heatmap, K.
        threshold: Lower peaks are dropped.
    """
    maps = heatmaps.float()
    count, height, width = maps.shape
    highest = functional.max_pool2d(maps[:, None], NEIGHBOURHOOD, stride=1, padding=NEIGHBOURHOOD // 2)[:, 0]
    candidates = torch.where((maps == highest) & (maps >= threshold), maps, 0.0).flatten(1)
    kept = min(max_peaks, height * width)
    score, place = candidates.topk(kept, dim=1)
    row, column = place // width, place % width
    xy = torch.stack((column, row), -1) + 0.5 + _newton_step(maps, row, column)
    xy = torch.where(score[..., None] > 0, xy, torch.nan)
    if kept < max_peaks:
        xy = functional.pad(xy, (0, 0, 0, max_peaks - kept), value=torch.nan)
        score = functional.pad(score, (0, max_peaks - kept))
    return Peaks(xy.reshape(count, max_peaks, 2), score)


def candidates_of(heatmaps: Tensor) -> Tensor:
    """Find the peaks of heatmaps ``[..., H, W]``, as :func:`find_peaks`.

    Returns:
        float32 ``[..., MAX_PEAKS, 3]``: x, y and score.
    """
    peaks = find_peaks(heatmaps.reshape(-1, *heatmaps.shape[-2:]))
    rows = torch.cat((peaks.xy, peaks.score[..., None]), -1)
    return rows.reshape(*heatmaps.shape[:-2], MAX_PEAKS, 3)


def _newton_step(maps: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Offset ``[N, K, 2]`` (x, y) of the maximum of the log-quadratic through each 3×3 patch.

    Zero where the patch is not concave; at most one pixel along each axis.
    """
    log = functional.pad(maps.clamp_min(1e-6).log()[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    index = torch.arange(maps.shape[0], device=maps.device)[:, None]

    def at(dy: int, dx: int) -> Tensor:
        return log[index, row + 1 + dy, column + 1 + dx]

    centre = at(0, 0)
    gx, gy = (at(0, 1) - at(0, -1)) / 2, (at(1, 0) - at(-1, 0)) / 2
    gxx, gyy = at(0, 1) - 2 * centre + at(0, -1), at(1, 0) - 2 * centre + at(-1, 0)
    gxy = (at(1, 1) - at(1, -1) - at(-1, 1) + at(-1, -1)) / 4
    determinant = gxx * gyy - gxy**2
    concave = (gxx < 0) & (determinant > 1e-9)
    safe = torch.where(concave, determinant, 1.0)
    step = torch.stack(((gxy * gy - gyy * gx) / safe, (gxy * gx - gxx * gy) / safe), -1)
    return torch.where(concave[..., None], step, 0.0).clamp(-1.0, 1.0)
