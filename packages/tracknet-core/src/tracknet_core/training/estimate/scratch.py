"""What CPU kernels take for themselves while they run.

Fake tensors tell what comes out of an operation, and nothing of what its kernel asks for meanwhile. The
largest part of it follows a rule: an elementwise kernel copies each term of another type into the type
in which it computes (ATen's ``TensorIterator``, ``promote_inputs_to_common_dtype``).
"""

from collections.abc import Sequence
from functools import reduce
from typing import Any

import torch
from torch import Tensor


def scratch_of(function: Any, tensors: Sequence[Tensor]) -> tuple[int, ...]:
    """Tell how many bytes a CPU kernel asks for, apart from its results, block by block.

    Args:
        function: The operation.
        tensors: Its arguments.
    """
    if torch.Tag.pointwise not in function.tags or "copy" in function.name():
        return ()
    terms = [tensor for tensor in tensors if tensor.ndim and tensor.dtype is not torch.bool]
    if not terms:
        return ()
    common = reduce(torch.promote_types, (term.dtype for term in terms))
    return tuple(term.numel() * common.itemsize for term in terms if term.dtype is not common)
