"""What can be said of a ConvNeXt request before torch is imported."""

from collections.abc import Iterator
from pathlib import Path

from tracknet_convnext.architecture import DEFAULT_FAMILY, STRIDES, Architecture
from tracknet_convnext.checkpoint import LocalCheckpoint, find_checkpoint
from tracknet_convnext.config import ConvNextConfig
from tracknet_core.config.problems import Problem
from tracknet_core.descriptors import BackboneOutline, BackboneRequest


def check(request: BackboneRequest[ConvNextConfig]) -> list[Problem]:
    """Find settings that cannot be honoured, and missing, damaged or unsuitable weights."""
    return [*_setting_problems(request), *_weight_problems(request)]


def outline(request: BackboneRequest[ConvNextConfig]) -> BackboneOutline | None:
    """Tell channels, strides and layers from the model's config; None when it is not to be had."""
    try:
        architecture = architecture_of(request)
    except ValueError:
        return None
    stages = request.config.return_stages
    if architecture is None or _in_order(stages) != stages:
        return None
    return BackboneOutline(
        channels=map_channels(request.config, architecture),
        strides=tuple(STRIDES[stage - 1] for stage in stages),
        layers=architecture.layers(3 * request.frames),
        never_quantize=(architecture.family.stem,),
        recomputes=False,
    )


def map_channels(config: ConvNextConfig, architecture: Architecture) -> tuple[int, ...]:
    """Channels of the maps that the backbone returns."""
    stages = config.return_stages
    if config.fpn.enabled:
        return (config.fpn.out_channels,) * len(stages)
    return tuple(architecture.hidden_sizes[stage - 1] for stage in stages)


def architecture_of(request: BackboneRequest[ConvNextConfig]) -> Architecture | None:
    """What is asked for: the checkpoint's config with the user's overrides; None without either.

    Raises:
        ValueError: The config is damaged, or not that of a ConvNeXt.
    """
    checkpoint = checkpoint_of(request)
    if checkpoint is None and (request.config.pretrained or request.pretrained_model_name):
        return None
    found = checkpoint.config if checkpoint else {"model_type": DEFAULT_FAMILY}
    return Architecture.read({**found, **request.config.config})


def checkpoint_of(request: BackboneRequest[ConvNextConfig]) -> LocalCheckpoint | None:
    """Find the checkpoint that a request names, if it is on this machine.

    Raises:
        ValueError: Its ``config.json`` is damaged.
    """
    name = str(request.base) if request.base else request.pretrained_model_name
    return find_checkpoint(name) if name else None


def _in_order(stages: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(set(stages))) or tuple(range(1, len(STRIDES) + 1))


def _setting_problems(request: BackboneRequest[ConvNextConfig]) -> Iterator[Problem]:
    config = request.config
    if config.device_map != "auto":
        yield Problem(
            key="backbone.device_map",
            message=f"{config.device_map!r} cannot be honoured: a run lives on one device",
            remedy="Set device_map: auto and choose the device with training.device.",
        )
    right = _in_order(config.return_stages)
    if config.return_stages != right:
        yield Problem(
            key="backbone.return_stages",
            message=f"{list(config.return_stages)} does not name stages, each once and finest first",
            remedy=f"Write return_stages: {list(right)}.",
        )
    loads = config.pretrained or request.base is not None or request.shapes_only
    if request.load_options and not loads:
        yield Problem(
            key="backbone.pretrained",
            message="false, but this quantization acts while pretrained weights load, and there are none",
            remedy="Set quantization.mode: manual, or name weights and set backbone.pretrained: true.",
        )


def _weight_problems(request: BackboneRequest[ConvNextConfig]) -> Iterator[Problem]:
    config, name = request.config, request.pretrained_model_name
    if name is None and config.pretrained and request.base is None:
        yield Problem(
            key="pretrained_model_name",
            message="no weights are named",
            remedy="Give a hub id or a local folder, or set backbone.pretrained: false.",
        )
        return
    try:
        checkpoint = checkpoint_of(request)
        architecture_of(request)
    except ValueError as error:
        yield Problem(
            key="pretrained_model_name" if name else "backbone.config",
            message=str(error),
            remedy="Name a DINOv3-ConvNeXt, ConvNeXt or ConvNeXtV2; "
            "for a vision transformer use model_name: vit_heatmap.",
        )
        return
    complete = checkpoint is not None and (checkpoint.weights or not config.pretrained or request.shapes_only)
    to_be_found = name is not None and (config.local_files_only or Path(name).expanduser().is_dir())
    if to_be_found and not complete:
        yield Problem(
            key="pretrained_model_name",
            message=f"{name} is neither a folder with config.json and model.safetensors nor in the local "
            "hub cache",
            remedy=f"Download it once (hf download {name}), save it with save_pretrained, or set "
            "backbone.local_files_only: false.",
        )
