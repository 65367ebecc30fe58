"""The training loss on clips that train nothing."""

from collections.abc import Sequence

import torch
from torch.utils.data import DataLoader

from tracknet_core.config.plan import Plan
from tracknet_core.data.clips import Clip
from tracknet_core.data.dataset import WindowDataset
from tracknet_core.data.windows import covering
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.losses import build_loss
from tracknet_core.training.targets import batch_targets


@torch.inference_mode()
def validation_loss(
    model: HeatmapModel, clips: Sequence[Clip], plan: Plan, *, batch_size: int, device: torch.device
) -> float:
    """Compute the mean loss over all frames, each counted once.

    Args:
        model: In eval mode, on ``device``.
        clips: The clips.
        plan: Names the loss and how frames become inputs.
        batch_size: Windows in one forward.
        device: Where the model is.
    """
    loss, autocast = build_loss(plan.training.loss), autocast_dtype(plan.training.precision, device)
    windows = WindowDataset(clips, covering, plan.data, seed=plan.seed, training=False)
    total, balls = 0.0, []
    for batch in DataLoader(windows, batch_size=batch_size):
        scored, frames = batch["scored"].to(device), batch["frames"].to(device)
        with torch.autocast(device.type, dtype=autocast, enabled=autocast is not None):
            logits = model(frames)
        ball = batch["ball"].to(device)
        targets = batch_targets(model, batch["xy"].to(device), ball, sigma=plan.heatmap.sigma)
        total += loss.total(logits[scored], targets[scored]).item()
        balls.append(ball[scored])
    return total / loss.items(torch.cat(balls), model.heatmap_size)
