"""The model itself, in torch."""

from collections.abc import Mapping
from typing import ClassVar

import torch
from attrs import frozen
from torch import Tensor

from tracknet_core.config.problems import UserError
from tracknet_core.model.engines.engine import Precision, Windows
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.peaks import candidates_of

PRECISIONS: Mapping[torch.dtype | None, Precision] = {
    None: "fp32",
    torch.float16: "fp16",
    torch.bfloat16: "bf16",
}
"""Names of the types of a forward."""


@frozen(kw_only=True, eq=False)
class TorchEngine:
    """See ``Engine``; torch spreads each batch over the cores by itself.

    Attributes:
        model: In eval mode, on ``device``.
        device: Where the model is.
        autocast: Type of a mixed-precision forward; None for float32.
    """

    name: ClassVar[str] = "torch"
    concurrent: ClassVar[int] = 1

    model: HeatmapModel
    device: torch.device
    autocast: torch.dtype | None = None

    @property
    def frames(self) -> int:
        """Frames in a window, T."""
        return self.model.frames

    @property
    def input_size(self) -> tuple[int, int]:
        """Width and height of frames, px."""
        return self.model.input_size

    @property
    def heatmap_size(self) -> tuple[int, int]:
        """Width and height of heatmaps, px."""
        return self.model.heatmap_size

    @property
    def precision(self) -> Precision:
        """The arithmetic of matrix multiplications and convolutions."""
        return PRECISIONS[self.autocast]

    @torch.inference_mode()
    def candidates(self, windows: Windows) -> Tensor:
        """Find the peaks of every frame's heatmap: ``[B, T, K, 3]``."""
        return candidates_of(self.heatmaps(windows))

    @torch.inference_mode()
    def heatmaps(self, windows: Windows) -> Tensor:
        """Return probabilities ``[B, T, Hh, Wh]``."""
        pixels = torch.from_numpy(windows).to(self.device)
        with torch.autocast(self.device.type, dtype=self.autocast, enabled=self.autocast is not None):
            logits: Tensor = self.model(pixels)
        return torch.sigmoid(logits.float())


def choose_device(name: str) -> torch.device:
    """Return what ``--device`` names; ``auto`` is a GPU where there is one.

    Raises:
        UserError: There is no such device.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(
            f"--device {name}: no such kind of device. Give cpu, cuda, cuda:1 … or auto."
        ) from None
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise UserError(f"--device {name}: no such GPU is usable here. Give --device cpu.")
    return device
