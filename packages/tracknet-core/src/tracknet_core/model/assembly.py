"""From a plan to a model, in the fixed order: build, quantize, adapt."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from tracknet_core.config.load_options import with_load_options
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import Adapter, Backbone, BackboneRequest, Quantizer
from tracknet_core.model.base import let_go_of_files, page_out_tensor, restore_base, save_base
from tracknet_core.model.decoder import Decoder
from tracknet_core.model.detail import DetailStem
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.plugins import registry


def assemble(
    plan: Plan, *, base: Path | None = None, adapter: Path | None = None, shapes_only: bool = False
) -> HeatmapModel:
    """Build the model that a plan describes; new weights depend on the plan's seed alone.

    Args:
        plan: What to build.
        base: Folder for base weights that were random: read when it exists, else written. None
            leaves random weights unsaved.
        adapter: Saved adapter to load instead of a new one.
        shapes_only: Build the base from its architecture alone: its weights hold arbitrary values, and
            no file of weights need exist.

    Returns:
        The model on the CPU in eval mode, with exactly those parameters requiring gradients that
        train: adapter and new parts under an adapter, new parts over a frozen or quantized
        backbone, else everything.

    Raises:
        UserError: Something asked for is not installed, not found, or does not fit together.
    """
    with _seeded(plan.seed):
        model = _build(plan, base if base and base.exists() else None, shapes_only=shapes_only)
        if base and not base.exists() and not model.description.weights_files:
            save_base(model, base)
        _quantize(model, plan, shapes_only=shapes_only)
        _adapt(model, plan, adapter)
    if not model.adapted and (model.quantized or freezes(plan)):
        model.freeze_backbone()
    return model.eval()


def assemble_merged(plan: Plan, *, base: Path | None, adapter: Path | None) -> HeatmapModel:
    """Build the model that a plan describes, with plain layers only.

    The quantized base is dequantized before the adapter is folded in: what the adapter was trained
    over stays what it was, and nothing is rounded to 4 bits a second time.

    Args:
        plan: What to build.
        base: Folder of base weights that were random, if they were.
        adapter: The saved adapter; None where the plan has none.

    Returns:
        The model on the CPU in eval mode, its backbone frozen.

    Raises:
        UserError: As :func:`assemble`; also for a quantizer that cannot dequantize.
    """
    with _seeded(plan.seed):
        model = _build(plan, base)
        _quantize(model, plan)
        _dequantize(model, plan)
        _adapt(model, plan, adapter)
        _merge(model, plan)
    model.freeze_backbone()
    return model.eval()


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw new weights by a seed, and go on with random numbers as if none had been drawn.

    A GPU is left alone, since models are built on the CPU: a process that has used it could not be copied
    any more, which estimates do.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)
        yield


def freezes(plan: Plan) -> bool:
    """Whether the backbone's own section asks for frozen weights (``backbone.freeze``)."""
    return bool(getattr(plan.backbone, "freeze", False))


def _build(plan: Plan, base: Path | None, *, shapes_only: bool = False) -> HeatmapModel:
    frames, input_size = plan.frames, plan.data.preprocess.resize
    request: BackboneRequest[object] = BackboneRequest(
        config=plan.backbone,
        pretrained_model_name=plan.pretrained_model_name,
        frames=frames,
        image_size=input_size,
        base=base,
        shapes_only=shapes_only,
    )
    descriptor: Backbone[object] = registry().backbone(plan.model_name)
    if plan.quantizer:
        quantizer: Quantizer[object] = registry().quantizer(plan.quantizer.name)
        request = with_load_options(request, descriptor.outline(request), quantizer, plan.quantizer.config)
    backbone = descriptor.build(request)
    if base is not None:
        restore_base(backbone.get_submodule(backbone.pretrained_module), base)  # type: ignore[arg-type]
    channels, strides = list(backbone.channels), list(backbone.strides)  # type: ignore[arg-type]
    stem = DetailStem(plan.decoder, frames) if plan.decoder.detail_channels else None
    if stem is not None:
        channels, strides = [*stem.channels, *channels], [*stem.strides, *strides]
    _require_heatmap_size(plan, coarsest_stride=strides[-1])
    return HeatmapModel(
        backbone=backbone,
        decoder=Decoder(plan.decoder, channels=channels, strides=strides, frames=frames),
        stem=stem,
        frames=frames,
        input_size=input_size,
        heatmap_size=plan.heatmap.size,
        normalize=plan.data.preprocess.normalize,
    )


def _require_heatmap_size(plan: Plan, *, coarsest_stride: int) -> None:
    scale = math.prod(plan.decoder.upsample)
    width, height = (math.ceil(side / coarsest_stride) * scale for side in plan.data.preprocess.resize)
    if plan.heatmap.size != (width, height):
        raise UserError(
            f"heatmap.size: {list(plan.heatmap.size)} does not follow from data.preprocess.resize "
            f"{list(plan.data.preprocess.resize)}, stride {coarsest_stride} and decoder.upsample "
            f"{list(plan.decoder.upsample)}. Set heatmap.size: [{width}, {height}]."
        )


def _quantize(model: HeatmapModel, plan: Plan, *, shapes_only: bool = False) -> None:
    if plan.quantizer is None:
        return
    quantizer: Quantizer[object] = registry().quantizer(plan.quantizer.name)
    for parameter in model.pretrained.parameters():
        page_out_tensor(parameter.detach())  # loading has touched all of a mapped file
    skip = model.description.never_quantize
    convert = (quantizer.convert_shapes if shapes_only else None) or quantizer.convert
    model.replace_pretrained(convert(model.pretrained, plan.quantizer.config, skip))
    let_go_of_files(model.pretrained)
    model.quantized = True


def _dequantize(model: HeatmapModel, plan: Plan) -> None:
    if plan.quantizer is None:
        return
    quantizer: Quantizer[object] = registry().quantizer(plan.quantizer.name)
    if quantizer.dequantize is None:
        raise UserError(
            f"{plan.quantizer.section}: {quantizer.name} cannot turn its weights back into plain ones, "
            "so that nothing can be merged into them. Predict with the run as it is."
        )
    model.replace_pretrained(quantizer.dequantize(model.pretrained))
    model.quantized = False


def _adapt(model: HeatmapModel, plan: Plan, saved: Path | None) -> None:
    if plan.adapter is None:
        return
    adapter: Adapter[object] = registry().adapter(plan.adapter.name)
    module, config, base_modules = model.pretrained, plan.adapter.config, tuple(model.pretrained.modules())
    if saved is None:
        model.replace_pretrained(adapter.adapt(module, config, model.backbone))
    else:
        model.replace_pretrained(adapter.load(module, saved, config, model.backbone))
    model.adapted = True
    model.keep_in_eval(base_modules)


def _merge(model: HeatmapModel, plan: Plan) -> None:
    if plan.adapter is None:
        return
    adapter: Adapter[object] = registry().adapter(plan.adapter.name)
    model.replace_pretrained(adapter.merge(model.pretrained))
    model.adapted = False
