import subprocess
import sys

import numpy as np
import pytest
import torch

from tracknet_core.config.problems import RunError
from tracknet_core.config.schema import TrainingConfig
from tracknet_core.training.memory import MicroBatches, is_out_of_memory, peak_memory_bytes


def cpu_allocator_error():
    return RuntimeError(
        "[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"
    )


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA"), MemoryError(), cpu_allocator_error()])
def test_running_out_of_memory_has_three_faces(error):
    assert is_out_of_memory(error)


def test_the_cpu_allocator_really_speaks_like_that():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)


def test_other_errors_are_not_retried():
    micro = MicroBatches(TrainingConfig(), say=print)
    with pytest.raises(RuntimeError, match="shapes"):
        micro.run(lambda _: (_ for _ in ()).throw(RuntimeError("shapes")), undo=lambda: None)


def tried(config, fits):
    """The sizes tried until one fits, what was said, and how often it was undone."""
    sizes, said, undone = [], [], []
    micro = MicroBatches(config, said.append)

    def attempt(size):
        sizes.append(size)
        if size > fits:
            raise cpu_allocator_error()
        return size

    result = micro.run(attempt, undo=lambda: undone.append(1))
    assert micro.size == result
    return sizes, said, len(undone)


def test_the_micro_batch_shrinks_until_it_fits_and_stays_there():
    sizes, said, undone = tried(TrainingConfig(batch_size=32), fits=9)
    assert sizes == [32, 16, 8]
    assert undone == 2
    assert "going on with 8" in said[-1]


def test_the_divisor_and_the_smallest_size_are_configured():
    config = TrainingConfig(batch_size=32, mb_backoff_factor=4, min_micro_batch_size=5)
    assert tried(config, fits=6)[0] == [32, 8, 5]


def test_a_configured_micro_batch_is_the_first_tried():
    assert tried(TrainingConfig(batch_size=32, micro_batch_size=4), fits=9)[0] == [4]


@pytest.mark.parametrize(
    "config",
    [
        TrainingConfig(batch_size=8, oom_retries=10),  # down to 1, and 1 does not fit
        TrainingConfig(batch_size=64, oom_retries=2),
        TrainingConfig(batch_size=8, adaptive_micro_batch=False),
    ],
)
def test_when_nothing_helps_the_remedies_are_named(config):
    with pytest.raises(RunError, match=r"quantization.*lora\.r.*batch_size"):
        tried(config, fits=0)


def test_peak_memory_is_in_bytes_and_holds_all_that_is_allocated():
    block = np.ones(16_000_000)
    assert block.nbytes < peak_memory_bytes(torch.device("cpu")) < 2**40


def test_peak_memory_is_not_that_of_the_process_that_started_this_one():
    block = np.ones(160_000_000)  # more than the libraries take
    program = (
        "import torch; from tracknet_core.training.memory import peak_memory_bytes; "
        "print(peak_memory_bytes(torch.device('cpu')))"
    )
    printed = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert 10**7 < int(printed.stdout) < block.nbytes
