"""The hooks: five questions that TrackNet asks every plugin, each answered with descriptors.

A plugin is a module that implements any of these functions under the mark ``hookimpl`` and is
named by an entry point in the group ``tracknet``::

    [project.entry-points.tracknet]
    mine = "my_package.plugin"

A hook describes and never acts: it is called whenever the configuration is read, so neither the
module nor the hook may import torch. Each docstring below is a whole plugin that runs.
"""

from collections.abc import Iterable
from typing import Any

from pluggy import HookspecMarker

from tracknet_core.descriptors import Adapter, Backbone, DatasetFormat, Exporter, Quantizer

_hookspec = HookspecMarker("tracknet")


@_hookspec
def tracknet_register_backbones() -> Iterable[Backbone[Any]]:  # type: ignore[empty-body]
    """Name the backbones that ``model_name`` can choose.

    Example::

        from attrs import frozen

        from tracknet_core import hookimpl
        from tracknet_core.config.options import option
        from tracknet_core.descriptors import Backbone, BackboneOutline


        @frozen(kw_only=True)
        class TinyConfig:
            freeze: bool = option(False, "Leave the weights as they are.")
            width: int = option(16, "Channels of the only map.", at_least=1)


        def outline(request):
            return BackboneOutline(channels=(request.config.width,), strides=(4,))


        def build(request):
            from torch import nn

            class Tiny(nn.Module):
                channels = (request.config.width,)
                strides = (4,)
                pretrained_module = "patches"
                lora_targets = ()
                never_quantize = ()
                weights_files = ()
                mean = (0.5, 0.5, 0.5)
                std = (0.5, 0.5, 0.5)

                def __init__(self):
                    super().__init__()
                    self.patches = nn.Conv2d(3 * request.frames, request.config.width, 4, stride=4)

                def forward(self, frames):
                    return [self.patches(frames.flatten(1, 2))]

            return Tiny()


        @hookimpl
        def tracknet_register_backbones():
            yield Backbone(name="tiny", config=TinyConfig, build=build, outline=outline)

    Returns:
        The backbones of this plugin.
    """


@_hookspec
def tracknet_register_adapters() -> Iterable[Adapter[Any]]:  # type: ignore[empty-body]
    """Name the adapters, each switched on by ``enabled: true`` in its own section.

    Example::

        from attrs import frozen

        from tracknet_core import hookimpl
        from tracknet_core.config.options import option
        from tracknet_core.descriptors import Adapter


        @frozen(kw_only=True)
        class BiasConfig:
            enabled: bool = option(False, "Train the biases of the backbone and nothing else of it.")


        def biases(module):
            return {name: p for name, p in module.named_parameters() if name.endswith("bias")}


        def adapt(module, config, backbone):
            module.requires_grad_(False)
            for parameter in biases(module).values():
                parameter.requires_grad_(True)
            return module


        def save(module, directory, backbone):
            from safetensors.torch import save_file

            save_file(biases(module), directory / "biases.safetensors")


        def load(module, directory, config, backbone):
            from safetensors.torch import load_file

            module.load_state_dict(load_file(directory / "biases.safetensors"), strict=False)
            return adapt(module, config, backbone)


        def merge(module):
            return module.requires_grad_(False)


        @hookimpl
        def tracknet_register_adapters():
            yield Adapter(
                name="bias-only",
                section="bias_only",
                config=BiasConfig,
                adapt=adapt,
                save=save,
                load=load,
                merge=merge,
            )

    Returns:
        The adapters of this plugin.
    """


@_hookspec
def tracknet_register_quantizers() -> Iterable[Quantizer[Any]]:  # type: ignore[empty-body]
    """Name the quantizers, chosen by ``mode`` in the ``quantization`` section.

    Example::

        from attrs import frozen

        from tracknet_core import hookimpl
        from tracknet_core.config.options import option
        from tracknet_core.descriptors import Quantizer
        from tracknet_core.layer_names import any_names_layer


        @frozen(kw_only=True)
        class HalfConfig:
            enabled: bool = option(False, "Keep the backbone's matrices in bfloat16.")


        def convert(module, config, skip):
            import torch

            for name, layer in module.named_modules():
                if isinstance(layer, torch.nn.Linear) and not any_names_layer(skip, name):
                    layer.to(torch.bfloat16)
            return module


        @hookimpl
        def tracknet_register_quantizers():
            yield Quantizer(name="half", section="quantization", config=HalfConfig, convert=convert)

    Returns:
        The quantizers of this plugin.
    """


@_hookspec
def tracknet_register_datasets() -> Iterable[DatasetFormat]:  # type: ignore[empty-body]
    """Name the dataset formats that ``data.format`` can choose.

    Example::

        from tracknet_core import hookimpl
        from tracknet_core.descriptors import DatasetFormat


        def detect(root):
            return (root / "balls.json").is_file()


        def scan(root, on_fault):
            on_fault("all", f"{root / 'balls.json'}: reading it is left to you. Write it here.")
            return []


        @hookimpl
        def tracknet_register_datasets():
            yield DatasetFormat(
                name="balls-json",
                layout="ROOT/balls.json   frame, x, y",
                detect=detect,
                scan=scan,
            )

    Returns:
        The formats of this plugin.
    """


@_hookspec
def tracknet_register_exporters() -> Iterable[Exporter]:  # type: ignore[empty-body]
    """Name the formats that a trained run can be exported to.

    Example::

        from shutil import copyfile

        from tracknet_core import hookimpl
        from tracknet_core.descriptors import Exporter


        def export(run, directory, progress):
            target = directory / "model.safetensors"
            copyfile(run / "checkpoints" / "best" / "model.safetensors", target)
            return [target]


        @hookimpl
        def tracknet_register_exporters():
            yield Exporter(name="plain", export=export)

    Returns:
        The exporters of this plugin.
    """
