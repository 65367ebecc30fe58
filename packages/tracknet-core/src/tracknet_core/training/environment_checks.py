"""Whether this machine can do what TrackNet does; what is missing is said, never tripped over."""

import os
import platform
import shutil
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires
from pathlib import Path
from types import ModuleType
from typing import Literal

from attrs import frozen

from tracknet_core.config.byte_size import in_gib
from tracknet_core.config.hardware import memory_bytes, no_gpu
from tracknet_core.config.problems import Severity
from tracknet_core.training.machine import cpu_name, usable_cores, version_of
from tracknet_core.wording import counted

GIB = 2**30
LEAST_MEMORY = 4 * GIB
LEAST_DISK = 5 * GIB
LEAST_SHARED = GIB
"""Shared memory below which loader workers soon fail; Docker gives 64 MiB unless told otherwise."""

OPENCV = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
CPU_INFO = Path("/proc/cpuinfo")
SHARED_MEMORY = Path("/dev/shm")  # noqa: S108 - looked at, never written to


@frozen(kw_only=True)
class Check:
    """One line of the environment's report.

    Attributes:
        name: What was looked at.
        status: ``error``: something TrackNet needs does not work; ``warning``: something will.
        message: What was found.
        remedy: What to do, in full sentences; empty if nothing is.
    """

    name: str
    status: Literal["ok", "warning", "error"] = "ok"
    message: str
    remedy: str = ""


def check_environment() -> Iterator[Check]:
    """Look at Python, packages, plugins, devices, memory and disk, in this order.

    Imports torch, OpenCV and PyAV if they can be imported.
    """
    for check in (_python, _packages, _plugins, _torch, _opencv, _av, _cpu, _memory, _disk, _shared_memory):
        yield from _guarded(check)


def _guarded(check: Callable[[], Iterator[Check]]) -> Iterator[Check]:
    try:
        yield from check()
    except ImportError as error:
        yield Check(
            name=check.__name__.strip("_"),
            status="error",
            message=f"cannot be told ({error})",
            remedy="Run: pip install --force-reinstall tracknet-core",
        )


def _python() -> Iterator[Check]:
    yield Check(name="python", message=f"{platform.python_version()} on {platform.platform()}")


def _packages() -> Iterator[Check]:
    """Hold what is installed to what each distribution of ours says it needs."""
    from packaging.requirements import Requirement

    for name in ("tracknet-core", "tracknet-vit", "tracknet-lora", "tracknet-quant"):
        try:
            wanted = [Requirement(text) for text in requires(name) or ()]
        except PackageNotFoundError:
            yield Check(name=name, message="not installed")
            continue
        found, missing = [], []
        for requirement in wanted:
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            version = version_of(requirement.name)
            if version is None or not requirement.specifier.contains(version, prereleases=True):
                missing.append(f"{requirement.name}{requirement.specifier}")
            else:
                found.append(f"{requirement.name} {version}")
        yield Check(
            name=name,
            status="error" if missing else "ok",
            message=f"{version_of(name)} lacks {', '.join(missing)}"
            if missing
            else f"{version_of(name)}, with {', '.join(found)}",
            remedy=f"Run: pip install {' '.join(repr(name) for name in missing)}" if missing else "",
        )


def _plugins() -> Iterator[Check]:
    from tracknet_core.plugins import registry

    installed = registry()
    for plugin in installed.plugins:
        if plugin.failure is not None:
            yield Check(
                name="plugin",
                status="error",
                message=f"{plugin.name} ({plugin}) failed: {plugin.failure.cause}",
                remedy=plugin.failure.remedy,
            )
        elif plugin.disabled:
            yield Check(
                name="plugin",
                status="warning",
                message=f"{plugin.name} ({plugin}) is disabled by TRACKNET_DISABLE_PLUGINS",
                remedy="Take it out of the variable if a run needs it.",
            )
        else:
            things = ", ".join(str(registration) for registration in plugin.registers) or "nothing"
            yield Check(name="plugin", message=f"{plugin.name} ({plugin}) registers {things}")
    for problem in installed.problems:
        status: Literal["warning", "error"] = "error" if problem.severity is Severity.ERROR else "warning"
        yield Check(name="plugin", status=status, message=problem.message, remedy=problem.remedy)


def _torch() -> Iterator[Check]:
    torch, check = _imported("torch", "torch")
    yield check
    if torch is None:
        return
    reason = no_gpu()
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            gpu = torch.cuda.get_device_properties(index)
            yield Check(name="device", message=f"cuda:{index} {gpu.name}, {in_gib(gpu.total_memory)}")
    elif reason is None:
        yield Check(
            name="device",
            status="warning",
            message=f"there is a GPU driver, but torch {torch.__version__} cannot use it",
            remedy="Install the build for your driver from https://pytorch.org, or set training.device=cpu.",
        )
    else:
        yield Check(name="device", message=f"cpu: {reason}; fp16 needs a GPU, bf16 does not")


def _opencv() -> Iterator[Check]:
    _, check = _imported("cv2", "opencv-python-headless")
    yield check
    several = [name for name in OPENCV if version_of(name)]
    if len(several) > 1:
        yield Check(
            name="opencv",
            status="warning",
            message=f"{' and '.join(several)} are installed over one another",
            remedy=f"Run: pip uninstall -y {' '.join(several)} && pip install opencv-python-headless",
        )


def _av() -> Iterator[Check]:
    yield _imported("av", "av")[1]


def _cpu() -> Iterator[Check]:
    cores = usable_cores()
    yield Check(name="cpu", message=f"{cpu_name()}, {counted(cores, 'core')}")
    threads = os.environ.get("OMP_NUM_THREADS", "")
    if threads.isdecimal() and int(threads) > cores:
        yield Check(
            name="threads",
            status="warning",
            message=f"OMP_NUM_THREADS is {threads}, more than the {cores} cores that may be used",
            remedy=f"Set OMP_NUM_THREADS={cores}, or unset it.",
        )
    if CPU_INFO.exists() and "avx512_bf16" in CPU_INFO.read_text(encoding="utf-8"):
        yield Check(
            name="4-bit",
            message="AVX512-BF16: bitsandbytes would repack weights in place; tracknet-quant turns that off",
        )


def _memory() -> Iterator[Check]:
    total = memory_bytes()
    if total is None:
        return
    few = total < LEAST_MEMORY
    yield Check(
        name="memory",
        status="warning" if few else "ok",
        message=in_gib(total),
        remedy="Lower training.batch_size, and set training.gradient_checkpointing=true." if few else "",
    )


def _disk() -> Iterator[Check]:
    from tracknet_core.data.cache.disk import cache_directory

    for name, folder, remedy in (
        ("disk", Path.cwd(), "Free some, or write runs elsewhere with output.dir."),
        ("cache disk", cache_directory(), "Free some, or let TRACKNET_CACHE name a folder on another disk."),
    ):
        there = next(parent for parent in (folder, *folder.parents) if parent.exists())
        free = shutil.disk_usage(there).free
        yield Check(
            name=name,
            status="warning" if free < LEAST_DISK else "ok",
            message=f"{in_gib(free)} free at {folder}",
            remedy=remedy if free < LEAST_DISK else "",
        )


def _shared_memory() -> Iterator[Check]:
    if not SHARED_MEMORY.is_dir():
        return
    size = shutil.disk_usage(SHARED_MEMORY).total
    if size < LEAST_SHARED:
        yield Check(
            name="shared memory",
            status="warning",
            message=f"{in_gib(size)} at {SHARED_MEMORY}: workers that load data hand batches over there",
            remedy="Start the container with --shm-size=2g, or set training.data_loader.num_workers=0.",
        )


def _imported(module: str, distribution: str) -> tuple[ModuleType | None, Check]:
    name = {"cv2": "opencv", "av": "pyav"}.get(module, module)
    try:
        found = import_module(module)
    except (ImportError, OSError) as error:
        cause = " ".join(f"{type(error).__name__}: {error}".split())
        return None, Check(
            name=name,
            status="error",
            message=f"cannot be imported ({cause})",
            remedy=f"Run: pip install --force-reinstall {distribution}",
        )
    return found, Check(name=name, message=f"{found.__version__}, imported")
