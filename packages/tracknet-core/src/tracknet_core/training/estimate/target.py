"""Where a run is to fit."""

from typing import Literal

from attrs import frozen

from tracknet_core.config.byte_size import in_gib, parse_bytes
from tracknet_core.config.hardware import memory_bytes
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError

CUDA_BYTES = 512 * 2**20
"""What a process is assumed to take on a GPU besides tensors: CUDA's context, kernels and the workspace
of its libraries. Nobody has measured it for this program."""


@frozen(kw_only=True)
class Target:
    """A device and its memory.

    Attributes:
        device: ``cpu``, whose memory also holds the program itself, or ``cuda``.
        memory_bytes: What there is; None where the system does not tell.
        is_here: Whether it is this machine's.
    """

    device: Literal["cpu", "cuda"]
    memory_bytes: int | None
    is_here: bool

    def __str__(self) -> str:
        if not self.is_here:
            return f"a GPU of {in_gib(self.memory_bytes or 0)}"
        size = f" of {in_gib(self.memory_bytes)}" if self.memory_bytes else ""
        return f"this machine's {'GPU' if self.device == 'cuda' else 'memory'}{size}"


def target_here(plan: Plan) -> Target:
    """Take the device that a run would train on here."""
    import torch

    from tracknet_core.model.arithmetic import run_device

    device = run_device(plan)
    if device.type == "cuda":
        memory = torch.cuda.get_device_properties(device).total_memory
        return Target(device="cuda", memory_bytes=memory, is_here=True)
    return Target(device="cpu", memory_bytes=memory_bytes(), is_here=True)


def target_named(size: str) -> Target:
    """Take a GPU with so much memory, such as ``8GiB``.

    Raises:
        UserError: That is no size.
    """
    try:
        memory = parse_bytes(size)
    except ValueError as error:
        raise UserError(f"--gpu: {error}".replace("50GiB", "8GiB")) from None
    if not memory:
        raise UserError("--gpu: 0 bytes hold no model. Write the GPU's memory, such as 8GiB.")
    return Target(device="cuda", memory_bytes=memory, is_here=False)
