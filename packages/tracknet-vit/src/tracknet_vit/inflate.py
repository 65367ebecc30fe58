"""Early fusion: a pretrained patch embedding takes a window of frames at once."""

from torch import nn


def find_patch_embedding(model: nn.Module) -> str:
    """Find the dotted name of the convolution that cuts the picture into patches.

    Raises:
        ValueError: There is none.
    """
    name: str
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d) and module.kernel_size == module.stride and module.stride[0] > 1:
            return name
    raise ValueError("the model has no patch embedding")


def inflate(model: nn.Module, name: str, frames: int) -> None:
    """Replace a patch embedding of 3 channels by one of ``3 * frames``, weights repeated and divided.

    A window of equal frames then gives the tokens of a single frame (Carreira and Zisserman,
    2017, section 2.4.2). The model's own count of channels follows, since some models check it.
    """
    old = model.get_submodule(name)
    if frames == 1 or not isinstance(old, nn.Conv2d):
        return
    weight = old.weight.detach().repeat(1, frames, 1, 1) / frames
    new = nn.Conv2d(
        old.in_channels * frames,
        old.out_channels,
        old.kernel_size,  # type: ignore[arg-type]
        old.stride,  # type: ignore[arg-type]
        bias=old.bias is not None,
        device=weight.device,
        dtype=weight.dtype,
    )
    new.weight = nn.Parameter(weight, requires_grad=old.weight.requires_grad)
    new.bias = old.bias
    model.set_submodule(name, new)
    owner = model.get_submodule(name.rpartition(".")[0])
    if hasattr(owner, "num_channels"):
        setattr(owner, "num_channels", new.in_channels)  # noqa: B010 - a plain attribute, which nn.Module's stubs hide


def recipe(model: nn.Module, name: str, frames: int) -> str:
    """Write :func:`inflate` down as Python lines for somebody who has the plain ``model`` alone.

    Args:
        model: The inflated model.
        name: Dotted name of its patch embedding.
        frames: Frames in a window; for one there is nothing to do.
    """
    if frames == 1:
        return ""
    owner = name.rpartition(".")[0]
    lines = [
        "import torch",
        f'plain = model.get_submodule("{name}")',
        f"window = torch.nn.Conv2d({3 * frames}, plain.out_channels, plain.kernel_size, plain.stride)",
        f"window.weight = torch.nn.Parameter(plain.weight.detach().repeat(1, {frames}, 1, 1) / {frames})",
        "window.bias = plain.bias",
        f'model.set_submodule("{name}", window)',
    ]
    if hasattr(model.get_submodule(owner), "num_channels"):
        lines.append(f'model.get_submodule("{owner}").num_channels = {3 * frames}')
    return "\n".join(lines) + "\n"
