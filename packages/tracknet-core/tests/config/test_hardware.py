"""What the machine has and gives back, told without torch."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.config.hardware import no_gpu, page_out


@pytest.mark.parametrize(
    ("platform", "paths", "environ", "torch", "reason"),
    [
        ("linux", {"/proc/driver/nvidia/version"}, {}, "2.13.0+cu130", None),
        ("linux", {"/proc/driver/nvidia/version"}, {}, "2.13.0", None),
        ("linux", {"/dev/dxg"}, {}, "2.13.0", None),
        ("linux", {"/dev/kfd"}, {}, "2.13.0+rocm7", None),
        ("linux", set(), {}, "2.13.0", "no GPU driver is installed"),
        ("linux", {"/dev/nvidiactl"}, {"CUDA_VISIBLE_DEVICES": ""}, "2.13.0", "hides every GPU"),
        ("linux", {"/dev/nvidiactl"}, {"CUDA_VISIBLE_DEVICES": "-1"}, "2.13.0", "hides every GPU"),
        ("linux", {"/dev/nvidiactl"}, {"CUDA_VISIBLE_DEVICES": "0"}, "2.13.0", None),
        ("linux", {"/dev/nvidiactl"}, {}, "2.13.0+cpu", "built for CPUs alone"),
        ("win32", {"C:/Windows/System32/nvcuda.dll"}, {}, "2.13.0", None),
        ("win32", set(), {}, "2.13.0", "no GPU driver is installed"),
        ("darwin", {"/dev/nvidiactl"}, {}, "2.13.0", "macOS has no CUDA"),
    ],
)
def test_the_driver_decides(
    platform: str, paths: set[str], environ: dict[str, str], torch: str, reason: str | None
) -> None:
    found = no_gpu(platform=platform, environ=environ, exists=paths.__contains__, torch=torch)

    assert found == reason if reason is None else reason in (found or "")


def resident_file_pages() -> int:
    """Bytes of mapped files in this process's resident memory."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    return int(re.search(r"RssFile:\s+(\d+)", status)[1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux takes pages back when asked")
def test_pages_of_a_file_leave_and_hold_what_they_held(tmp_path):
    size = 64 * 2**20
    (tmp_path / "weights").write_bytes(b"w" * size)
    mapped = np.memmap(tmp_path / "weights", np.uint8, mode="c")
    assert mapped.sum(dtype=np.int64) == size * ord("w")
    before = resident_file_pages()
    page_out(mapped.ctypes.data + 1, size - 1)
    assert resident_file_pages() < before - size / 2
    assert mapped.sum(dtype=np.int64) == size * ord("w")


def test_less_than_a_page_stays():
    numbers = np.arange(10)
    page_out(numbers.ctypes.data, numbers.nbytes)
    assert numbers.tolist() == list(range(10))


FAULTS_OF_LATER_STEPS = """
import resource, sys
import numpy as np
from tracknet_core.config.hardware import keep_freed_memory

def step():
    kept = [np.ones(2**22, np.uint8) for _ in range(16)]  # 64 MiB, all freed at the end

if "keep" in sys.argv:
    keep_freed_memory()
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(4):
    step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc does it")
def test_memory_that_is_kept_is_not_cleared_again_in_every_step():
    faults = [
        int(
            subprocess.run(
                [sys.executable, "-c", FAULTS_OF_LATER_STEPS, *words], capture_output=True, check=True
            ).stdout
        )
        for words in ([], ["keep"])
    ]
    assert faults[1] < faults[0] / 10
