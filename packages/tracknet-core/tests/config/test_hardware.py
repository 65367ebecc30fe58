"""A GPU's presence is told without torch."""

import pytest

from tracknet_core.config.hardware import no_gpu


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
