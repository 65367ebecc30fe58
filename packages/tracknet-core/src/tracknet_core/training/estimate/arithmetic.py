"""Which operations a GPU's autocast does in float32 that the CPU's does not.

Estimates for a GPU are made of tensors on the CPU. What they would keep on a GPU differs where autocast
does: norms, softmax and powers are computed, and kept for the backward pass, in float32 there.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._pytree import tree_map_only

FLOAT32_ON_CUDA = (
    "cumprod",
    "cumsum",
    "exp",
    "expm1",
    "group_norm",
    "layer_norm",
    "log",
    "log10",
    "log1p",
    "log2",
    "log_softmax.int",
    "norm.Scalar",
    "norm.ScalarOpt_dim",
    "pow.Scalar",
    "pow.Tensor_Scalar",
    "pow.Tensor_Tensor",
    "prod",
    "prod.dim_int",
    "reciprocal",
    "rms_norm",
    "rsqrt",
    "softmax.int",
    "softplus",
    "sum",
    "sum.dim_IntList",
)
"""From torch's documentation, "CUDA Ops that can autocast to float32", as far as networks use them."""

HALVES = (torch.float16, torch.bfloat16)


def autocast_as_on_cuda() -> object:
    """Let the CPU's autocast do these operations in float32, as long as what this returns lives."""
    library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call, unused-ignore]
    for name in FLOAT32_ON_CUDA:
        if not torch._C._dispatch_has_kernel_for_dispatch_key(f"aten::{name}", "AutocastCPU"):
            library.impl(name, _in_float32(name), "AutocastCPU")  # type: ignore[no-untyped-call, unused-ignore]
    return library


def _in_float32(name: str) -> Callable[..., Any]:
    packet, _, overload = name.partition(".")
    function = getattr(getattr(torch.ops.aten, packet), overload or "default")

    def in_float32(*args: Any, **kwargs: Any) -> Any:
        with torch._C._ExcludeDispatchKeyGuard(torch._C.DispatchKeySet(torch._C.DispatchKey.AutocastCPU)):
            widened, named = tree_map_only(Tensor, _widen, (args, kwargs))
            return function(*widened, **named)

    return in_float32


def _widen(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.dtype in HALVES else tensor
