"""What this machine has, told without torch: a usable GPU, by its driver's presence, and main memory."""

import ctypes
import mmap
import os
import sys
from collections.abc import Callable, Mapping
from importlib.metadata import PackageNotFoundError, version

_DRIVERS = {
    "linux": (
        "/proc/driver/nvidia/version",
        "/dev/nvidiactl",
        "/dev/dxg",  # WSL, where the driver is Windows' own
        "/etc/nv_tegra_release",  # Jetson
        "/dev/kfd",  # AMD: torch's ROCm build calls its device cuda too
    ),
    "win32": ("C:/Windows/System32/nvcuda.dll",),
}


def no_gpu(
    *,
    platform: str = sys.platform,
    environ: Mapping[str, str] = os.environ,
    exists: Callable[[str], bool] = os.path.exists,
    torch: str | None = None,
) -> str | None:
    """Say why CUDA cannot be used here.

    Args:
        platform: As ``sys.platform``.
        environ: Environment variables.
        exists: Whether a path exists.
        torch: Version of torch; None asks for the installed one.

    Returns:
        The reason, or None if a GPU can be expected to work. Only torch itself can tell for sure.
    """
    if platform == "darwin":
        return "macOS has no CUDA"
    if environ.get("CUDA_VISIBLE_DEVICES") in ("", "-1"):
        return "CUDA_VISIBLE_DEVICES hides every GPU"
    if not any(exists(path) for path in _DRIVERS.get(platform, ())):
        return "no GPU driver is installed"
    build = torch or _torch_version()
    if build.endswith("+cpu"):
        return f"torch {build} is built for CPUs alone"
    return None


def _torch_version() -> str:
    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def memory_bytes() -> int | None:
    """Size of main memory; None where the system does not tell."""
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return None
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


MADV_PAGEOUT = 21


def page_out(address: int, size: int) -> None:
    """Take whole pages out of this process's resident memory; what they hold is kept.

    Pages of a mapped file leave at once, and would be read again. For weights that were read to make
    others of them: without this a file counts as resident as long as one view of it lives. Only Linux
    does it; elsewhere nothing happens.

    Args:
        address: Where the range begins.
        size: Its length in bytes.
    """
    first = -(-address // mmap.PAGESIZE) * mmap.PAGESIZE
    length = (address + size) // mmap.PAGESIZE * mmap.PAGESIZE - first
    if sys.platform == "linux" and length > 0:
        ctypes.CDLL(None).madvise(ctypes.c_void_p(first), ctypes.c_size_t(length), MADV_PAGEOUT)


M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3
NEVER = -1
LARGEST_KEPT = 32 * 2**20
"""The most that glibc's ``M_MMAP_THRESHOLD`` may be on 64 bits; larger blocks go back when they are freed."""


def keep_freed_memory() -> None:
    """Keep memory that is freed for what is asked for next, as long as this process lives.

    Every step of a training frees what the next one asks for. As glibc comes, it gives the end of its heap
    back each time, and the system clears those pages anew. With another C library nothing happens.
    """
    if library := glibc():
        library.mallopt(M_TRIM_THRESHOLD, NEVER)
        library.mallopt(M_MMAP_THRESHOLD, LARGEST_KEPT)


def glibc() -> ctypes.CDLL | None:
    """Find the C library of this process if it is glibc, as on most Linux systems."""
    library = ctypes.CDLL(None) if sys.platform == "linux" else None
    return library if hasattr(library, "gnu_get_libc_version") else None
