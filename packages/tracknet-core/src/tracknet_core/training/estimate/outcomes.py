"""What comes out of an operation, told from what goes in, without doing it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from attrs import frozen
from torch import Tensor
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.utils._pytree import TreeSpec, tree_flatten, tree_unflatten

from tracknet_core.config.problems import UserError
from tracknet_core.training.estimate.scratch import scratch_of


@frozen(kw_only=True)
class New:
    """A tensor that the operation makes.

    Attributes:
        size: Its shape.
        stride: Its strides, in elements.
        dtype: Type of its elements.
    """

    size: tuple[int, ...]
    stride: tuple[int, ...]
    dtype: torch.dtype

    @property
    def extent(self) -> int:
        """Elements from the first to the last, those between rows among them."""
        if 0 in self.size:
            return 0
        return 1 + sum((size - 1) * step for size, step in zip(self.size, self.stride, strict=True))


@frozen(kw_only=True)
class Given:
    """An argument that the operation changes and gives back.

    Attributes:
        index: Which one, among all leaves of the arguments.
    """

    index: int


@frozen(kw_only=True)
class Constant:
    """What is no tensor."""

    value: object


@frozen(kw_only=True)
class Outcome:
    """What an operation gives for arguments of certain shapes.

    Attributes:
        leaves: Its results, in order.
        structure: How they are nested.
        is_view: Whether a result looks at an argument's memory, so that the operation may as well be
            done: nothing is read or written.
        numel: Elements of the largest tensor that it makes.
        changes: Whether an argument is among the results.
        is_single: Whether there is one result, not nested.
        scratch: Bytes that a CPU kernel asks for besides, block by block.
    """

    leaves: tuple[New | Given | Constant, ...]
    structure: TreeSpec
    is_view: bool
    numel: int
    changes: bool
    is_single: bool
    scratch: tuple[int, ...]


class Outcomes:
    """Asks PyTorch's fake tensors once for each operation and kind of arguments, and remembers."""

    def __init__(self) -> None:
        self._fake = FakeTensorMode()  # type: ignore[no-untyped-call, unused-ignore]
        self._known: dict[object, Outcome] = {}

    def of(
        self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], description: object
    ) -> Outcome:
        """Tell what an operation gives.

        Args:
            function: The operation.
            args: Its arguments; tensors among them are looked at for their shape alone.
            kwargs: Those by name, likewise.
            description: All that the result depends on, hashable; None to ask anew.

        Raises:
            UserError: The operation does not tell what it will give.
        """
        if description is None:
            return self._ask(function, args, kwargs)
        key = (function, description)
        if (known := self._known.get(key)) is None:
            known = self._known[key] = self._ask(function, args, kwargs)
        return known

    def _ask(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Outcome:
        given, arrangement = tree_flatten((tuple(args), dict(kwargs)))
        with self._fake:
            fakes = [_fake(leaf) if isinstance(leaf, Tensor) else leaf for leaf in given]
            fake_args, fake_kwargs = tree_unflatten(fakes, arrangement)
            try:
                result = function(*fake_args, **fake_kwargs)
            except NotImplementedError as error:
                raise UserError(
                    f"{function} does not tell the shape of its result, so that memory cannot be "
                    "estimated. Give the operation a fake kernel (torch.library.register_fake)."
                ) from error
        results, structure = tree_flatten(result)
        memory = {leaf.untyped_storage()._cdata for leaf in fakes if isinstance(leaf, Tensor)}
        leaves = tuple(_leaf(result, fakes) for result in results)
        made = [leaf for leaf in leaves if isinstance(leaf, New)]
        return Outcome(
            leaves=_as_kernels_do(function, leaves, given),
            structure=structure,
            is_view=any(_looks_at(result, memory) for result in results if not _is_any(result, fakes)),
            numel=max((torch.Size(leaf.size).numel() for leaf in made), default=0),
            changes=any(isinstance(leaf, Given) for leaf in leaves),
            is_single=structure.is_leaf(),
            scratch=scratch_of(function, [leaf for leaf in given if isinstance(leaf, Tensor)]),
        )


def _fake(tensor: Tensor) -> Tensor:
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=tensor.device)


def _leaf(result: object, fakes: Sequence[object]) -> New | Given | Constant:
    if not isinstance(result, Tensor):
        return Constant(value=result)
    for index, fake in enumerate(fakes):
        if fake is result:
            return Given(index=index)
    return New(size=tuple(result.shape), stride=result.stride(), dtype=result.dtype)


def _is_any(result: object, fakes: Sequence[object]) -> bool:
    return any(fake is result for fake in fakes)


def _looks_at(result: object, memory: set[int]) -> bool:
    return isinstance(result, Tensor) and result.untyped_storage()._cdata in memory


def _group_norm_backward(
    leaves: tuple[New | Given | Constant, ...], given: Sequence[Any]
) -> tuple[New | Given | Constant, ...]:
    """The gradient has the type of the gradient that comes in, where fake tensors say float32."""
    first = leaves[0]
    if not isinstance(first, New):
        return leaves
    return (New(size=first.size, stride=first.stride, dtype=given[0].dtype), *leaves[1:])


_CORRECTIONS: Mapping[Any, Callable[..., tuple[New | Given | Constant, ...]]] = {
    torch.ops.aten.native_group_norm_backward.default: _group_norm_backward,
}
"""Where torch 2.13's fake tensors and its kernels give tensors of different sizes."""


def _as_kernels_do(
    function: Any, leaves: tuple[New | Given | Constant, ...], given: Sequence[Any]
) -> tuple[New | Given | Constant, ...]:
    correct = _CORRECTIONS.get(function)
    return correct(leaves, given) if correct else leaves
