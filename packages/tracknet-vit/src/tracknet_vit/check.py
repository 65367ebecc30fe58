"""What can be said of a ViT request before torch is imported."""

from collections.abc import Mapping

from tracknet_core.config.problems import Problem
from tracknet_core.descriptors import BackboneOutline, BackboneRequest
from tracknet_vit.checkpoint import LocalCheckpoint, find_checkpoint, read_layers
from tracknet_vit.config import ViTConfig
from tracknet_vit.known import config_of
from tracknet_vit.layers import built_layers, planned_layers

DEFAULT_FAMILY = "dinov3_vit"
"""Family of random weights when neither a checkpoint nor ``backbone.config`` names one."""

FAMILY_DEFAULTS: Mapping[str, Mapping[str, int]] = {
    "dinov3_vit": {
        "hidden_size": 384,
        "patch_size": 16,
        "num_hidden_layers": 12,
        "intermediate_size": 1536,
    },
    "dinov2": {"hidden_size": 768, "patch_size": 14, "num_hidden_layers": 12, "mlp_ratio": 4},
    "dinov2_with_registers": {
        "hidden_size": 768,
        "patch_size": 16,
        "num_hidden_layers": 12,
        "mlp_ratio": 4,
    },
    "vit": {"hidden_size": 768, "patch_size": 16, "num_hidden_layers": 12, "intermediate_size": 3072},
}
"""Defaults of transformers' config classes, which cannot be asked without importing torch."""

PATCH_EMBEDDINGS = ("patch_embeddings", "patch_embedding")
"""What transformers' vision models call the layer that makes tokens of patches."""

NOT_PATCH_TOKENS: Mapping[str, str] = {
    "swin": "It merges patches in stages",
    "swinv2": "It merges patches in stages",
    "hiera": "It merges patches in stages",
    "convnext": "It is convolutional: use model_name: convnext_fpn_heatmap",
    "convnextv2": "It is convolutional: use model_name: convnext_fpn_heatmap",
    "dinov3_convnext": "It is convolutional: use model_name: convnext_fpn_heatmap",
    "vit_mae": "Its encoder hides most patches. Save its weights as a plain ViTModel",
    "clip": "It has two towers. Save its CLIPVisionModel in a folder of its own and name that",
    "siglip": "It has two towers. Save its SiglipVisionModel in a folder of its own and name that",
}
"""Families that give no grid of patch tokens, and what to do instead."""


def check(request: BackboneRequest[ViTConfig]) -> list[Problem]:
    """Find missing, damaged or unsuitable weights and a patch size that is not theirs.

    A request for shapes alone needs no weights, so they may be missing.
    """
    problems = []
    if request.config.device_map != "auto":
        problems.append(
            Problem(
                key="backbone.device_map",
                message=f"{request.config.device_map!r} cannot be honoured: a run lives on one device",
                remedy="Set device_map: auto and choose the device with training.device.",
            )
        )
    if request.load_options and not needs_weights(request) and not request.shapes_only:
        problems.append(
            Problem(
                key="backbone.pretrained",
                message="false, but this quantization acts while pretrained weights load, and there are none",
                remedy="Set quantization.mode: manual, or name weights and set backbone.pretrained: true.",
            )
        )
    try:
        checkpoint = _checkpoint(request)
        problems += _weight_problems(request, checkpoint) + _shape_problems(request, checkpoint)
        if checkpoint is not None and not request.shapes_only:
            read_layers(checkpoint)
    except ValueError as error:
        problems.append(
            Problem(
                key="pretrained_model_name",
                message=str(error),
                remedy="Download or save the checkpoint again.",
            )
        )
    return problems


def needs_weights(request: BackboneRequest[ViTConfig]) -> bool:
    """Tell whether files of weights must be read; a base of an earlier run counts as such a file."""
    return not request.shapes_only and (request.config.pretrained or request.base is not None)


def outline(request: BackboneRequest[ViTConfig]) -> BackboneOutline | None:
    """Tell width, patch size and layers from the checkpoint's ``config.json`` and header.

    Those of a published model that is not on this machine are told from its known architecture.
    """
    try:
        checkpoint = _checkpoint(request)
        in_file = read_layers(checkpoint) if checkpoint and request.config.pretrained else ()
    except ValueError:
        return None
    config = _model_config(request, checkpoint)
    family, hidden, patch = str(config.get("model_type")), config.get("hidden_size"), config.get("patch_size")
    if not isinstance(patch, int):
        return None
    return BackboneOutline(
        channels=(hidden,) if isinstance(hidden, int) else (),
        strides=(patch,),
        layers=built_layers(family, in_file) or planned_layers(family, config, 3 * request.frames),
        never_quantize=PATCH_EMBEDDINGS,
    )


def _checkpoint(request: BackboneRequest[ViTConfig]) -> LocalCheckpoint | None:
    name = str(request.base) if request.base else request.pretrained_model_name
    return find_checkpoint(name) if name else None


def _model_config(
    request: BackboneRequest[ViTConfig], checkpoint: LocalCheckpoint | None
) -> dict[str, object]:
    """Merge family defaults, the checkpoint's config, or the published model's, and the user's overrides."""
    published = config_of(request.pretrained_model_name or "")
    found = dict(checkpoint.config if checkpoint else published or {})
    overrides = dict(request.config.config)
    if not found:
        overrides = {"patch_size": request.config.patch_size} | overrides
    merged = found | overrides
    if not request.config.pretrained:
        merged.setdefault("model_type", DEFAULT_FAMILY)
    return dict(FAMILY_DEFAULTS.get(str(merged.get("model_type")), {})) | merged


def _weight_problems(
    request: BackboneRequest[ViTConfig], checkpoint: LocalCheckpoint | None
) -> list[Problem]:
    name = request.pretrained_model_name
    if name is None and not request.config.pretrained:
        return []
    if name is None:
        return [
            Problem(
                key="pretrained_model_name",
                message="no weights are named",
                remedy="Give a hub id or a local folder, or set backbone.pretrained: false.",
            )
        ]
    if checkpoint is not None and not checkpoint.weights and needs_weights(request):
        return [
            Problem(
                key="pretrained_model_name",
                message=f"{checkpoint.directory} holds no safetensors weights",
                remedy="Save the model there with save_pretrained.",
            )
        ]
    missing = checkpoint is None and (needs_weights(request) or config_of(name) is None)
    if missing and request.config.local_files_only:
        return [
            Problem(
                key="pretrained_model_name",
                message=f"{name} is neither a folder with a config.json nor in the local hub cache",
                remedy=f"Download it once (hf download {name}), give a folder, or set "
                "backbone.local_files_only: false.",
            )
        ]
    return []


def _shape_problems(request: BackboneRequest[ViTConfig], checkpoint: LocalCheckpoint | None) -> list[Problem]:
    config = _model_config(request, checkpoint)
    family = str(config.get("model_type"))
    if family in NOT_PATCH_TOKENS:
        return [
            Problem(
                key="pretrained_model_name" if checkpoint else "backbone.config",
                message=f"a {family} model gives no grid of patch tokens",
                remedy=f"{NOT_PATCH_TOKENS[family]}.",
            )
        ]
    problems = []
    patch = config.get("patch_size")
    if isinstance(patch, int) and patch != request.config.patch_size:
        problems.append(
            Problem(
                key="backbone.patch_size",
                message=f"{request.config.patch_size}, but the model's patches are {patch} pixels wide",
                remedy=f"Set backbone.patch_size: {patch}.",
            )
        )
    if checkpoint is not None and "patch_size" not in config:
        problems.append(
            Problem(
                key="pretrained_model_name",
                message=f"a {family} model has no patches",
                remedy="Name a vision transformer such as DINOv3, DINOv2 or ViT.",
            )
        )
    return problems
