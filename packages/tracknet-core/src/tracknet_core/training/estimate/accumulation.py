"""Where gradients meet, autograd adds one to the other in place if nobody else holds it.

It does not while a dispatch mode watches, lest that missed a change. So what watches here has to do it.
"""

from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

ADD = torch.ops.aten.add.Tensor
Holders = tuple[int, int]


class Accumulation:
    """Tells which sums autograd would have written over one of their terms."""

    def __init__(self) -> None:
        self._alone = _holders_of_a_gradient()

    def in_place(self, function: Any, args: tuple[Any, ...]) -> Tensor | None:
        """Return the term that holds the sum; None for a new tensor, or another operation."""
        if function is not ADD or torch.is_grad_enabled() or torch._C._current_graph_task_id() == -1:
            return None
        first, second = args[:2]
        if not isinstance(second, Tensor) or first.shape != second.shape or first.dtype != second.dtype:
            return None
        for term in (first, second):
            if _holders(term) == self._alone:
                return term
        return None


def _holders(tensor: Tensor) -> Holders:
    storage = tensor.untyped_storage()
    return tensor._use_count(), torch._C._storage_Use_Count(storage._cdata)  # type: ignore[attr-defined]


def _holders_of_a_gradient() -> Holders:
    """Count who holds a gradient that autograd alone has, by letting two of them meet."""

    class Watch(TorchDispatchMode):  # type: ignore[no-untyped-call, unused-ignore]
        def __init__(self) -> None:
            super().__init__()  # type: ignore[no-untyped-call]
            self.met: Holders = (0, 0)

        def __torch_dispatch__(self, function: Any, types: object, args: Any = (), kwargs: Any = None) -> Any:
            if function is ADD and torch._C._current_graph_task_id() != -1:
                self.met = _holders(args[0])
            return function(*args, **(kwargs or {}))

    watch = Watch()
    with torch.enable_grad(), watch:
        both = torch.ones(2, requires_grad=True) * 1
        ((both * 2) + (both * 3)).sum().backward()  # type: ignore[no-untyped-call]
    return watch.met
