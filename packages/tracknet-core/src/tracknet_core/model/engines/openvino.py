"""OpenVINO exports, on the CPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import torch
from attrs import field, frozen
from torch import Tensor

from tracknet_core.config.problems import UserError
from tracknet_core.model.arithmetic import autocast_dtype
from tracknet_core.model.engines.engine import Precision, Windows
from tracknet_core.model.engines.exports import Export
from tracknet_core.model.engines.extras import require_modules
from tracknet_core.model.engines.lanes import Lanes

if TYPE_CHECKING:
    from openvino import CompiledModel, InferRequest

CPU = torch.device("cpu")

HINTS = {"fp32": "f32", "bf16": "bf16"}
"""OpenVINO's names of precisions."""


@frozen(kw_only=True, eq=False)
class OpenVinoEngine:
    """See ``Engine``; a batch is computed by one of ``concurrent`` streams.

    The precision holds up to the last convolution; heatmaps and peaks are computed in float32.
    """

    name: ClassVar[str] = "openvino"
    device: ClassVar[torch.device] = CPU

    frames: int
    input_size: tuple[int, int]
    heatmap_size: tuple[int, int]
    precision: Precision
    concurrent: int
    compiled: "CompiledModel"
    _requests: "SimpleQueue[InferRequest]" = field(init=False)

    @_requests.default
    def _one_a_stream(self) -> "SimpleQueue[InferRequest]":
        requests: SimpleQueue[InferRequest] = SimpleQueue()
        for _ in range(self.concurrent):
            requests.put(self.compiled.create_infer_request())
        return requests

    def candidates(self, windows: Windows) -> Tensor:
        """Find the peaks of every frame's heatmap: ``[B, T, K, 3]``."""
        with self._inferred(windows) as request:
            xy, score = (request.get_tensor(name).data for name in ("xy", "score"))
            return torch.from_numpy(np.concatenate((xy, score[..., None]), -1))

    def heatmaps(self, windows: Windows) -> Tensor:
        """Return probabilities ``[B, T, Hh, Wh]``."""
        with self._inferred(windows) as request:
            return torch.from_numpy(request.get_tensor("heatmaps").data.copy())

    @contextmanager
    def _inferred(self, windows: Windows) -> "Iterator[InferRequest]":
        """Run a free request; its results are overwritten once it is given back."""
        request = self._requests.get()
        try:
            request.infer({"frames": np.ascontiguousarray(windows)}, share_inputs=True, share_outputs=True)
            yield request
        finally:
            self._requests.put(request)


def open_openvino(
    export: Export, *, device: str = "auto", precision: Precision | None = None
) -> OpenVinoEngine:
    """Compile an export for this machine's CPU.

    Args:
        export: The export.
        device: ``cpu`` or ``auto``.
        precision: ``fp32`` or ``bf16``; None takes what torch would: bfloat16 if the run was
            trained so and the hardware has it, else float32.

    Raises:
        UserError: OpenVINO is not installed, or another device is asked for.
    """
    require_modules("openvino", "openvino")
    if device not in ("auto", "cpu"):
        raise UserError(f"--device {device}: OpenVINO computes on the CPU. Leave --device out.")
    import openvino

    if precision is None:
        bf16 = autocast_dtype(export.plan.training.precision, CPU) is torch.bfloat16
        precision = "bf16" if bf16 else "fp32"
    lanes = Lanes.here()
    compiled = openvino.Core().compile_model(
        os.fspath(export.graph),
        "CPU",
        {
            "INFERENCE_PRECISION_HINT": HINTS[precision],
            "NUM_STREAMS": lanes.count,
            "INFERENCE_NUM_THREADS": lanes.count * lanes.threads,
            "ENABLE_CPU_PINNING": False,  # others need the cores too: the video is decoded meanwhile
        },
    )
    return OpenVinoEngine(
        frames=export.frames,
        input_size=export.input_size,
        heatmap_size=export.heatmap_size,
        precision=precision,
        concurrent=lanes.count,
        compiled=compiled,
    )
