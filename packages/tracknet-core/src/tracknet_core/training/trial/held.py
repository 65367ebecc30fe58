"""How many bytes a model in training holds on to, counted exactly."""

from collections.abc import Iterable

from torch import Tensor, nn
from torch.optim import Optimizer


def weights_bytes(model: nn.Module) -> int:
    """Count parameters and buffers, and the scales that packed weights come with."""
    return _bytes([*model.state_dict().values(), *model.buffers()])


def gradient_bytes(model: nn.Module) -> int:
    """Count the gradients that are there now."""
    return _bytes(parameter.grad for parameter in model.parameters() if parameter.grad is not None)


def optimizer_bytes(optimizer: Optimizer) -> int:
    """Count an optimizer's state, such as AdamW's two moments."""
    return _bytes(optimizer_state(optimizer))


def optimizer_state(optimizer: Optimizer) -> list[Tensor]:
    """List the tensors of an optimizer's state."""
    entries = (value for state in optimizer.state.values() for value in state.values())
    return [entry for entry in entries if isinstance(entry, Tensor)]


def _bytes(tensors: Iterable[object]) -> int:
    """Add tensors up, each storage once, however many tensors look at it."""
    storages = [each.untyped_storage() for each in tensors if isinstance(each, Tensor)]
    return sum({storage.data_ptr(): storage.nbytes() for storage in storages}.values())
