"""What to do when memory runs out, and how much was used."""

import gc
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import torch

from tracknet_core.config.hardware import glibc
from tracknet_core.config.problems import RunError
from tracknet_core.config.schema import TrainingConfig

T = TypeVar("T")

CPU_ALLOCATOR_MESSAGES = (
    "DefaultCPUAllocator: can't allocate memory",
    "DefaultCPUAllocator: not enough memory",
)

MEMORY_REMEDIES = (
    "Enable quantization (quantization.enabled: true), lower the LoRA rank (lora.r: 8) or the batch "
    "(training.batch_size), or set training.gradient_checkpointing: true."
)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error means that the device, or the process, has no memory left."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(text in str(error) for text in CPU_ALLOCATOR_MESSAGES)


class MicroBatches:
    """How many windows go through the model at once; fewer when memory runs out.

    Args:
        config: The ``training:`` section.
        say: Where a smaller micro-batch is announced.
        size: What to begin with, such as what an earlier session found to fit; None begins with what
            is configured.

    Attributes:
        size: The largest micro-batch that has not run out of memory, in windows.
    """

    def __init__(
        self, config: TrainingConfig, say: Callable[[str], None], *, size: int | None = None
    ) -> None:
        self.size = size or min(config.micro_batch_size or config.batch_size, config.batch_size)
        self._config = config
        self._say = say

    def run(self, attempt: Callable[[int], T], undo: Callable[[], None]) -> T:
        """Call ``attempt(size)`` until it fits into memory.

        Args:
            attempt: The work, given a micro-batch size.
            undo: Takes back what a failed attempt left, before the next one.

        Raises:
            RunError: It does not fit at the smallest micro-batch, or was tried often enough.
        """
        failures = 0
        while True:
            try:
                return attempt(self.size)
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                cause = str(error).splitlines()[0] if str(error) else type(error).__name__
            # Outside the handler: the error's traceback holds the tensors that must go.
            undo()
            release_memory()
            failures += 1
            self._shrink(failures, cause)

    def _shrink(self, failures: int, cause: str) -> None:
        config = self._config
        smaller = max(config.min_micro_batch_size, self.size // config.mb_backoff_factor)
        if not config.adaptive_micro_batch or failures > config.oom_retries or smaller >= self.size:
            raise RunError(f"Out of memory with micro-batches of {self.size} ({cause}). {MEMORY_REMEDIES}")
        self._say(
            f"out of memory with micro-batches of {self.size}; going on with {smaller} "
            f"(a step still learns from training.batch_size {config.batch_size})"
        )
        self.size = smaller


def release_memory() -> None:
    """Give back what is no longer referenced, to the device and to the system."""
    gc.collect()
    if library := glibc():
        library.malloc_trim(0)  # it keeps the holes that loading leaves in its heap
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def peak_memory_bytes(device: torch.device) -> int:
    """Tell the most memory used so far: CUDA's tensors, or the whole process on the CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    return _peak_resident_bytes()


def private_bytes() -> int:
    """Tell what this process has in memory that is its own, not a file's; 0 where that is not known."""
    return _status("RssAnon") if sys.platform == "linux" else 0


def _peak_resident_bytes() -> int:
    if sys.platform == "linux":
        return _status("VmHWM")  # ru_maxrss also knows the process that started this one
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _status(name: str) -> int:
    """Read an amount of memory of this process, in bytes, as Linux tells it; 0 where it does not."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    found = status.partition(f"{name}:")[2].split(maxsplit=1)
    return int(found[0]) * 1024 if found else 0


def peak_memory_kind(device: torch.device) -> str:
    """Say what :func:`peak_memory_bytes` counts on this device."""
    return "CUDA tensors" if device.type == "cuda" else "resident memory of the process"
