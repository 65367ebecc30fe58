"""ONNX exports, run by ONNX Runtime."""

import os
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from attrs import frozen
from numpy.typing import NDArray
from torch import Tensor

from tracknet_core.config.problems import UserError
from tracknet_core.model.engines.engine import Precision, Windows
from tracknet_core.model.engines.exports import Export
from tracknet_core.model.engines.extras import require_modules
from tracknet_core.model.engines.lanes import Lanes

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

ERRORS = 3
"""Of ONNX Runtime's log, the least severe that is written."""


@frozen(kw_only=True, eq=False)
class OnnxEngine:
    """See ``Engine``; always float32."""

    name: ClassVar[str] = "onnx"
    precision: ClassVar[Precision] = "fp32"

    frames: int
    input_size: tuple[int, int]
    heatmap_size: tuple[int, int]
    device: torch.device
    concurrent: int
    session: "InferenceSession"

    def candidates(self, windows: Windows) -> Tensor:
        """Find the peaks of every frame's heatmap: ``[B, T, K, 3]``."""
        xy, score = self._run(windows, "xy", "score")
        return torch.from_numpy(np.concatenate((xy, score[..., None]), -1))

    def heatmaps(self, windows: Windows) -> Tensor:
        """Return probabilities ``[B, T, Hh, Wh]``."""
        (heatmaps,) = self._run(windows, "heatmaps")
        return torch.from_numpy(heatmaps)

    def _run(self, windows: Windows, *wanted: str) -> list[NDArray[np.float32]]:
        found: list[NDArray[np.float32]] = self.session.run(wanted, {"frames": np.ascontiguousarray(windows)})
        return found


def open_onnx(export: Export, *, device: str = "auto") -> OnnxEngine:
    """Load an export into ONNX Runtime.

    Args:
        export: The export.
        device: ``cpu``, ``cuda`` (or ``cuda:1`` …), or ``auto`` for a GPU where ONNX Runtime has one.

    Raises:
        UserError: ONNX Runtime is not installed or does not know the device.
    """
    require_modules("onnx", "onnxruntime")
    import onnxruntime

    usable = onnxruntime.get_available_providers()
    chosen = _device(device, gpu="CUDAExecutionProvider" in usable)
    lanes = Lanes.here() if chosen.type == "cpu" else Lanes(count=1, threads=1)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = lanes.threads
    options.log_severity_level = ERRORS
    providers: list[object] = ["CPUExecutionProvider"]
    if chosen.type == "cuda":
        providers.insert(0, ("CUDAExecutionProvider", {"device_id": chosen.index or 0}))
    session = onnxruntime.InferenceSession(os.fspath(export.graph), options, providers=providers)
    return OnnxEngine(
        frames=export.frames,
        input_size=export.input_size,
        heatmap_size=export.heatmap_size,
        device=chosen,
        concurrent=lanes.count,
        session=session,
    )


def _device(name: str, *, gpu: bool) -> torch.device:
    if name == "auto":
        return torch.device("cuda" if gpu else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise UserError(
            f"--device {name}: no such kind of device. Give cpu, cuda, cuda:1 … or auto."
        ) from None
    if device.type != "cpu" and not (device.type == "cuda" and gpu):
        raise UserError(
            f"--device {name}: the ONNX Runtime installed here does not compute there. Give --device cpu."
        )
    return device
