"""The layers of a built module, and which of them LoRA can adapt."""

from torch import Tensor, nn

from tracknet_lora.targets import GROUPED, Layer


def find_layers(module: nn.Module) -> tuple[Layer, ...]:
    """Find all layers with a weight that the backbone's maps depend on.

    A backbone does not train what no map depends on, such as a pooler; an adapter there would never
    get a gradient. Quantized weights never train, and of a module that is frozen as a whole nothing
    can be told: both count as used.
    """
    frozen = not any(parameter.requires_grad for parameter in module.parameters())
    found = []
    for name, layer in module.named_modules():
        weight = getattr(layer, "weight", None)
        if not name or not isinstance(weight, Tensor):
            continue
        if frozen or weight.requires_grad or not weight.is_floating_point():
            owner = module.get_submodule(name.rpartition(".")[0])
            found.append(_describe(name, layer, owner))
    return tuple(found)


def _describe(name: str, layer: nn.Module, owner: nn.Module) -> Layer:
    if isinstance(owner, nn.MultiheadAttention):
        return Layer(
            name=name, kind="other", obstacle="a part of torch's MultiheadAttention, which never calls it"
        )
    match layer:
        case nn.Linear():
            return Layer(name=name, kind="linear")
        case nn.Conv2d():
            return Layer(name=name, kind="convolution", obstacle=_of_convolution(layer))
    kind = type(layer).__name__
    return Layer(
        name=name, kind="other", obstacle=f"of type {kind}, neither a linear layer nor a convolution"
    )


def _of_convolution(layer: nn.Conv2d) -> str:
    """What PEFT's adapter of a convolution leaves out of account: it would compute something else."""
    if layer.groups > 1:
        return GROUPED
    if any(step != 1 for step in layer.dilation):
        return "a dilated convolution, which PEFT cannot adapt"
    if layer.padding_mode != "zeros":
        return f"a convolution with {layer.padding_mode} padding, which PEFT cannot adapt"
    return ""
