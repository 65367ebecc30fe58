"""Early fusion: the pretrained stem takes a window of frames at once."""

from torch import nn


def inflate(model: nn.Module, stem: str, frames: int) -> None:
    """Replace the stem of 3 channels by one of ``3 * frames``, weights repeated and divided.

    A window of equal frames then gives the maps of a single frame (Carreira and Zisserman, 2017,
    section 2.4.2).
    """
    plain = model.get_submodule(stem)
    if frames == 1 or not isinstance(plain, nn.Conv2d):
        return
    window = nn.Conv2d(
        plain.in_channels * frames,
        plain.out_channels,
        plain.kernel_size,  # type: ignore[arg-type]
        plain.stride,  # type: ignore[arg-type]
    )
    window.weight = nn.Parameter(plain.weight.detach().repeat(1, frames, 1, 1) / frames)
    window.bias = plain.bias
    model.set_submodule(stem, window)
    owner = model.get_submodule(stem.rpartition(".")[0])
    if hasattr(owner, "num_channels"):  # ConvNeXt holds the picture's channels against it
        setattr(owner, "num_channels", window.in_channels)  # noqa: B010 - a plain attribute, which nn.Module's stubs hide


def recipe(model: nn.Module, stem: str, frames: int) -> str:
    """Write :func:`inflate` down as Python lines for somebody who has the plain ``model`` alone."""
    if frames == 1:
        return ""
    lines = [
        "import torch",
        f'plain = model.get_submodule("{stem}")',
        f"window = torch.nn.Conv2d({3 * frames}, plain.out_channels, plain.kernel_size, plain.stride)",
        f"window.weight = torch.nn.Parameter(plain.weight.detach().repeat(1, {frames}, 1, 1) / {frames})",
        "window.bias = plain.bias",
        f'model.set_submodule("{stem}", window)',
    ]
    owner = stem.rpartition(".")[0]
    if hasattr(model.get_submodule(owner), "num_channels"):
        lines.append(f'model.get_submodule("{owner}").num_channels = {3 * frames}')
    return "\n".join(lines) + "\n"
