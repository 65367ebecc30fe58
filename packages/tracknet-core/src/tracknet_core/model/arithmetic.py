"""Where and in which arithmetic a run is measured and predicts."""

from typing import Literal

import torch

from tracknet_core.config.plan import Plan


def run_device(plan: Plan) -> torch.device:
    """Choose a GPU where there is one and ``training.device`` does not forbid it, else the CPU."""
    gpu = plan.training.device != "cpu" and torch.cuda.is_available()
    return torch.device("cuda" if gpu else "cpu")


def autocast_dtype(precision: Literal["fp32", "fp16", "bf16"], device: torch.device) -> torch.dtype | None:
    """Choose the type of a mixed-precision forward for measuring and predicting.

    Returns:
        The type that ``training.precision`` names where the hardware has it, else None for float32.
    """
    if precision == "bf16" and _has_bf16(device):
        return torch.bfloat16
    if precision == "fp16" and device.type == "cuda":
        return torch.float16
    return None


def _has_bf16(device: torch.device) -> bool:
    if device.type == "cuda":
        if not torch.cuda.is_available():
            return True  # a GPU that is only thought of, as in estimates
        return bool(torch.cuda.is_bf16_supported())  # type: ignore[no-untyped-call, unused-ignore]
    return device.type == "cpu" and bool(torch.cpu._is_avx512_bf16_supported())
