"""Loading through transformers, or random weights from a config."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from attrs import evolve, frozen
from huggingface_hub import snapshot_download
from safetensors import SafetensorError
from torch._subclasses.fake_tensor import unset_fake_temporarily
from transformers import AutoConfig, AutoModel
from transformers.utils import logging

from tracknet_convnext.architecture import DEFAULT_FAMILY, Architecture
from tracknet_convnext.check import architecture_of, check
from tracknet_convnext.checkpoint import CONFIG, PREPROCESSOR, WEIGHTS, LocalCheckpoint, find_checkpoint
from tracknet_convnext.config import ConvNextConfig
from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD, BackboneRequest

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Triple = tuple[float, float, float]


@frozen(kw_only=True)
class LoadedModel:
    """A transformers model and where it came from.

    Attributes:
        model: The model.
        architecture: What it is made of.
        weights_files: The files its weights were read from; empty for random weights.
        mean, std: Normalization of its preprocessor, or ImageNet's.
    """

    model: "PreTrainedModel"
    architecture: Architecture
    weights_files: tuple[Path, ...]
    mean: Triple
    std: Triple


def load(request: BackboneRequest[ConvNextConfig]) -> LoadedModel:
    """Load the weights a request names, or make random ones; for shapes alone, ones without values.

    Raises:
        UserError: They cannot be loaded.
    """
    request = _from_base(request)
    _download(request)
    if problems := check(request):
        raise UserError("\n".join(str(problem) for problem in problems))
    name = request.pretrained_model_name
    checkpoint, architecture = find_checkpoint(name) if name else None, architecture_of(request)
    if architecture is None:
        raise UserError(f"pretrained_model_name: {name} was downloaded but is not in the local hub cache.")
    if checkpoint is not None and request.config.pretrained and not request.shapes_only:
        model, weights_files = _pretrained(request, checkpoint, architecture), checkpoint.weights
    else:
        model, weights_files = _random(request, checkpoint), ()
    mean, std = _normalization(checkpoint)
    return LoadedModel(
        model=model, architecture=architecture, weights_files=weights_files, mean=mean, std=std
    )


@contextmanager
def quiet() -> Iterator[None]:
    """Silence transformers' bars and remarks: what is missing or wrong is judged and said here."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _from_base(request: BackboneRequest[ConvNextConfig]) -> BackboneRequest[ConvNextConfig]:
    """Read the base that an earlier run saved as what it is: a pretrained folder."""
    if request.base is None:
        return request
    config = evolve(request.config, pretrained=True, config={})
    return evolve(request, config=config, pretrained_model_name=str(request.base), base=None)


def _download(request: BackboneRequest[ConvNextConfig]) -> None:
    """Bring a hub id into the local cache, where downloads are allowed."""
    name = request.pretrained_model_name
    if name is None or request.config.local_files_only or Path(name).expanduser().is_dir():
        return
    try:
        weights = () if request.shapes_only else (WEIGHTS, f"{WEIGHTS}.index.json")
        snapshot_download(name, allow_patterns=[CONFIG, PREPROCESSOR, *weights])
    except (OSError, ValueError) as error:
        raise UserError(
            f"pretrained_model_name: {name} could not be downloaded: {_first_line(error)}"
        ) from error


def _pretrained(
    request: BackboneRequest[ConvNextConfig], checkpoint: LocalCheckpoint, architecture: Architecture
) -> "PreTrainedModel":
    """Load a model in float32 unless a quantizer asks otherwise; all weights a map needs must be there.

    Even a hub id is loaded from its folder in the cache: given the id, huggingface_hub goes out to the
    network for other purposes, ``local_files_only`` or not.
    """
    name, config = str(request.pretrained_model_name), _config(request, checkpoint)
    options = {"dtype": torch.float32, "local_files_only": True, **request.load_options}
    judged_here = {"output_loading_info": True, "ignore_mismatched_sizes": True}
    try:
        with quiet():
            model: PreTrainedModel
            model, info = AutoModel.from_pretrained(
                checkpoint.directory, config=config, **judged_here, **options
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UserError(f"pretrained_model_name: {name} could not be loaded: {_first_line(error)}") from error
    if info["mismatched_keys"]:
        raise UserError(
            f"backbone.config: {name} holds weights of other shapes. "
            "Remove the overrides that change shapes, or set backbone.pretrained: false."
        )
    unused = f"{architecture.family.last_norm}."
    if random := sorted(key for key in info["missing_keys"] if not key.startswith(unused)):
        raise UserError(
            f"pretrained_model_name: {name} lacks {len(random)} weights of the model, {random[0]} first. "
            "Name a complete checkpoint, or remove overrides in backbone.config that add layers."
        )
    model.config.name_or_path = name  # what adapters record as their base, rather than a folder of the cache
    return model


def _random(
    request: BackboneRequest[ConvNextConfig], checkpoint: LocalCheckpoint | None
) -> "PreTrainedModel":
    config = _config(request, checkpoint)
    if request.shapes_only:
        return _without_values(config)
    model: PreTrainedModel = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    return model


def _without_values(config: Any) -> "PreTrainedModel":
    """Make a model of the present kind of tensors, fake ones as a rule, from one that takes no memory.

    transformers reads numbers out of tensors while it makes a ConvNeXt, and fake tensors hold none.
    """
    with unset_fake_temporarily(), torch.device("meta"):
        model: PreTrainedModel = AutoModel.from_config(config)  # type: ignore[no-untyped-call]
    model._apply(lambda tensor: torch.empty(tensor.shape, dtype=tensor.dtype))  # type: ignore[no-untyped-call]
    return model


def _config(request: BackboneRequest[ConvNextConfig], checkpoint: LocalCheckpoint | None) -> Any:
    """Make the transformers config: the checkpoint's (or the family's default) and the overrides."""
    overrides = dict(request.config.config)
    try:
        if checkpoint is None:
            return AutoConfig.for_model(str(overrides.pop("model_type", DEFAULT_FAMILY)), **overrides)
        return AutoConfig.from_pretrained(checkpoint.directory, local_files_only=True, **overrides)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"backbone.config: no model can be made of it: {_first_line(error)}") from error


def _normalization(checkpoint: LocalCheckpoint | None) -> tuple[Triple, Triple]:
    """Read mean and standard deviation from ``preprocessor_config.json``, else ImageNet's."""
    file = checkpoint.directory / PREPROCESSOR if checkpoint else None
    settings = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    mean, std = settings.get("image_mean", IMAGENET_MEAN), settings.get("image_std", IMAGENET_STD)
    return (mean[0], mean[1], mean[2]), (std[0], std[1], std[2])


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
