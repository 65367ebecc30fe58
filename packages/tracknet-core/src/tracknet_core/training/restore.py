"""Taking back a step that ran out of memory."""

import torch
from torch import nn
from torch.nn.modules.batchnorm import _BatchNorm


class RestorePoint:
    """What a forward changes besides gradients: random numbers and running averages.

    Args:
        model: The model about to be run.
    """

    def __init__(self, model: nn.Module) -> None:
        self._cpu = torch.get_rng_state()
        self._cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else []
        self._averages = [
            (buffer, buffer.clone())
            for module in model.modules()
            if isinstance(module, _BatchNorm) and module.training
            for buffer in module.buffers()
        ]

    def restore(self) -> None:
        """Bring back the moment at which this was made."""
        torch.set_rng_state(self._cpu)
        if self._cuda:
            torch.cuda.set_rng_state_all(self._cuda)
        for buffer, value in self._averages:
            buffer.copy_(value)
