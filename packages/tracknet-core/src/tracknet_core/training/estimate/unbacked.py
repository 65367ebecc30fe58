"""Tensors that have their memory and nothing in it, and operations that only make such tensors.

What runs under :class:`Unbacked` is the real program with real tensors on the CPU: modules, autograd,
autocast and optimizers do what they always do, and memory is asked for and given back in the same order
and in the same amounts. But no kernel runs, and memory that nobody touches is none to the operating
system. So a training step of a model that would never fit takes a fraction of a second.
"""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_unflatten

from tracknet_core.config.problems import UserError
from tracknet_core.training.estimate.accumulation import Accumulation
from tracknet_core.training.estimate.ledger import Ledger
from tracknet_core.training.estimate.memory import Memory
from tracknet_core.training.estimate.outcomes import Constant, Given, New, Outcome, Outcomes

REALLY_DONE = 4096
"""Elements up to which an operation is really done while its values are known: networks read numbers
out of small tensors while they are built."""

SETTERS = ("aten::set_", "aten::resize_", "aten::resize_as_")
META = "meta"


class Kind(Enum):
    """How an operation is treated: by whether it is only about memory, or asks for values.

    Attributes:
        HARMLESS: Looks at memory in another way, or has nothing to do with tensors.
        SETTER: Gives a tensor other memory.
        VALUES: Reads values: they are its result, or decide the result's shape.
        PLAIN: All others.
    """

    HARMLESS = "harmless"
    SETTER = "setter"
    VALUES = "values"
    PLAIN = "plain"


class Unbacked(TorchDispatchMode):  # type: ignore[no-untyped-call, unused-ignore]
    """While this is entered, operations on the CPU make tensors without values.

    Values are kept where they are cheap: a small tensor made of constants is computed. What depends on
    a value that is not known is refused.

    Args:
        ledger: Told of all memory.
        outcomes: What is known of operations.
        memory: Where tensors get their memory from.
    """

    def __init__(self, ledger: Ledger, outcomes: Outcomes, memory: Memory) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ledger = ledger
        self._outcomes = outcomes
        self._memory = memory
        self._accumulation = Accumulation()
        self._kinds: dict[Any, Kind] = {}

    def __torch_dispatch__(
        self,
        function: Any,
        types: object,
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        """Make what the operation would."""
        kwargs = kwargs or {}
        kind = self._kinds.get(function) or self._kinds.setdefault(function, _kind_of(function))
        if kind is Kind.HARMLESS:
            return function(*args, **kwargs)
        if (sum_ := self._accumulation.in_place(function, args)) is not None:
            return sum_
        outcome = self._outcome(kind, function, args, kwargs)
        return self._done(function, args, kwargs) if outcome is None else self._made(outcome, args, kwargs)

    def _outcome(
        self, kind: Kind, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Outcome | None:
        """Tell what an operation gives; None for one that is to be done."""
        tensors: list[Tensor] = []
        description: list[Any] = []
        _describe((args, *kwargs.items()), tensors, description)
        if kind is Kind.SETTER or META in description:
            return None
        if kind is Kind.VALUES:
            self._require_values(function, tensors)
            return None
        outcome = self._outcomes.of(function, args, kwargs, _hashable(description))
        is_known = outcome.numel <= REALLY_DONE and self._are_known(tensors)
        return None if outcome.is_view or is_known else outcome

    def _require_values(self, function: Any, tensors: Sequence[Tensor]) -> None:
        if not self._are_known(tensors):
            raise UserError(
                f"the model decides by values of its tensors ({function}), so that its memory cannot be "
                "told from shapes alone. Measure it instead: tracknet compare."
            )

    def _are_known(self, tensors: Sequence[Tensor]) -> bool:
        """Whether tensors are small and hold the values that they should."""
        return all(
            tensor.numel() <= REALLY_DONE and self._ledger.is_real(tensor.untyped_storage())
            for tensor in tensors
        )

    def _done(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        result = function(*args, **kwargs)
        for leaf in tree_leaves(result):
            if isinstance(leaf, Tensor) and leaf.device.type != META:
                self._ledger.see(leaf.untyped_storage(), real=True)
        return result

    def _made(self, outcome: Outcome, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        given = tree_leaves((args, kwargs)) if outcome.changes else []
        results = [self._leaf(leaf, given) for leaf in outcome.leaves]
        self._ledger.pass_through(outcome.scratch)
        return results[0] if outcome.is_single else tree_unflatten(results, outcome.structure)

    def _leaf(self, leaf: New | Given | Constant, given: Sequence[Any]) -> object:
        if isinstance(leaf, Constant):
            return leaf.value
        if isinstance(leaf, Given):
            changed: Tensor = given[leaf.index]
            self._ledger.lose_values(changed.untyped_storage())
            return changed
        made = self._memory(leaf)
        self._ledger.see(made.untyped_storage(), real=False)
        return made


def _describe(value: Any, tensors: list[Tensor], description: list[Any]) -> None:
    """Collect tensors, and all that the shape of a result depends on."""
    if isinstance(value, Tensor):
        tensors.append(value)
        description += (value.shape, value.stride(), value.dtype, value.device.type)
    elif isinstance(value, (list, tuple)):
        description += (type(value), len(value))
        for each in value:
            _describe(each, tensors, description)
    elif isinstance(value, torch.device):
        description.append(value.type)
    else:
        description += (type(value), value)


def _hashable(description: list[Any]) -> object:
    key = tuple(description)
    try:
        hash(key)
    except TypeError:
        return None
    return key


def _kind_of(function: Any) -> Kind:
    if function.is_view or function.namespace == "profiler":
        return Kind.HARMLESS
    if function.name().partition(".")[0] in SETTERS:
        return Kind.SETTER
    by_values = (torch.Tag.data_dependent_output, torch.Tag.dynamic_output_shape)
    return Kind.VALUES if any(tag in function.tags for tag in by_values) else Kind.PLAIN
