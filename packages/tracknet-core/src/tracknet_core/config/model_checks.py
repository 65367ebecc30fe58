"""The backbone and its plugins, held against what is built on them."""

import math
from collections.abc import Iterator
from typing import Any

from tracknet_core.config.layout import DEFAULT_MODE, mode_of
from tracknet_core.config.load_options import with_load_options
from tracknet_core.config.plan import Plan, PluginSection
from tracknet_core.config.problems import Problem
from tracknet_core.config.situation import Situation, warning
from tracknet_core.descriptors import Backbone, BackboneOutline, BackboneRequest


def check_backbone(situation: Situation) -> list[Problem]:
    """Ask the plugins, and hold the backbone's shape against what is built on it."""
    backbone, plan = situation.backbone, situation.plan
    needed = ("backbone", "pretrained_model_name", "data.preprocess.resize", "data.sequence")
    if backbone is None or plan.backbone is None or not situation.sound(*needed):
        return []
    request = BackboneRequest(
        config=plan.backbone,
        pretrained_model_name=plan.pretrained_model_name,
        frames=plan.frames,
        image_size=plan.data.preprocess.resize,
    )
    outline = backbone.outline(request)
    problems: list[Problem] = []
    quantizer = situation.plugins.quantizers[plan.quantizer.name] if plan.quantizer else None
    if plan.quantizer and quantizer and situation.sound(plan.quantizer.section):
        request = with_load_options(request, outline, quantizer, plan.quantizer.config)
        problems += _load_options(plan.quantizer, request, backbone)
    problems += backbone.check(request)
    if outline and situation.sound("heatmap.size", "decoder.upsample"):
        problems += _heatmap_size(plan, outline)
    if outline and outline.channels and situation.sound("decoder.channels", "decoder.upsample"):
        problems += _first_channels(plan, outline)
    if outline and situation.sound("training"):
        problems += _recomputing(plan, outline)
    for part, descriptors in (
        (plan.adapter, situation.plugins.adapters),
        (plan.quantizer, situation.plugins.quantizers),
    ):
        if part and situation.sound(part.section):
            problems += descriptors[part.name].check(part.config, request, outline)
    return problems


def _load_options(
    part: PluginSection, request: BackboneRequest[Any], backbone: Backbone[Any]
) -> Iterator[Problem]:
    if request.load_options and not backbone.passes_load_options:
        yield Problem(
            key=f"{part.section}.mode",
            message=f"{mode_of(part.name)} quantizes while transformers loads the weights, and "
            f"{backbone.name} does not load through transformers",
            remedy=f"Write mode: {DEFAULT_MODE}, which quantizes after loading.",
        )


def _heatmap_size(plan: Plan, outline: BackboneOutline) -> Iterator[Problem]:
    stride, factor = max(outline.strides), math.prod(plan.decoder.upsample)
    resize = plan.data.preprocess.resize
    right = [math.ceil(side / stride) * factor for side in resize]
    if list(plan.heatmap.size) != right:
        yield Problem(
            key="heatmap.size",
            message=f"{list(plan.heatmap.size)} does not follow from data.preprocess.resize {list(resize)}, "
            f"the backbone's stride {stride} and decoder.upsample {list(plan.decoder.upsample)}",
            remedy=f"Write size: {right}.",
        )


def _first_channels(plan: Plan, outline: BackboneOutline) -> Iterator[Problem]:
    channels = plan.decoder.channels
    coarsest = outline.channels[outline.strides.index(max(outline.strides))]
    if channels and channels[0] != coarsest:
        right = [coarsest, *channels[1:]]
        yield Problem(
            key="decoder.channels",
            message=f"the first is {channels[0]}, but the backbone's coarsest map has {coarsest} channels",
            remedy=f"Write channels: {right}, or channels: null to derive them.",
        )


def _recomputing(plan: Plan, outline: BackboneOutline) -> Iterator[Problem]:
    kept = plan.adapter is None and (plan.quantizer or getattr(plan.backbone, "freeze", False))
    if kept and not plan.training.backbone_freeze_epochs:
        return  # a backbone that never trains keeps no activations
    if plan.training.gradient_checkpointing and outline.recomputes is False:
        yield Problem(
            key="training.gradient_checkpointing",
            message=f"true, but {plan.model_name} cannot compute its activations again",
            remedy="Set it to false, or lower training.micro_batch_size to save memory.",
        )


def check_freeze(situation: Situation) -> Iterator[Problem]:
    """What an adapter or 4-bit weights make of ``backbone.freeze``."""
    plan = situation.plan
    freeze = getattr(plan.backbone, "freeze", None)
    written = situation.written.find("backbone.freeze") is not None
    if not situation.sound("backbone") or freeze is None:
        return
    if plan.adapter and freeze and written:
        yield warning(
            "backbone.freeze",
            f"true, but {plan.adapter.section} is enabled and wins: its parameters train",
            "Set backbone.freeze: false.",
        )
    if plan.quantizer and not plan.adapter and not freeze:
        yield warning(
            "backbone.freeze",
            f"false, but {plan.quantizer.section} without an adapter keeps the backbone frozen",
            "Set backbone.freeze: true, or enable lora.",
        )
    epochs = plan.training.backbone_freeze_epochs
    if epochs and (plan.adapter or plan.quantizer or not freeze):
        part = plan.adapter or plan.quantizer
        why = f"under {part.section} the backbone stays frozen" if part else "backbone.freeze is false"
        yield warning("training.backbone_freeze_epochs", f"has no effect: {why}", "Set it to 0.")
