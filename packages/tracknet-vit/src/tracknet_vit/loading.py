"""Loading through transformers, or random weights from a config."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from safetensors import SafetensorError

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD, BackboneRequest
from tracknet_vit.bases import EMBEDDED
from tracknet_vit.check import DEFAULT_FAMILY, check
from tracknet_vit.checkpoint import PREPROCESSOR, LocalCheckpoint, find_checkpoint
from tracknet_vit.config import ViTConfig

if TYPE_CHECKING:
    from transformers import PreTrainedModel

Triple = tuple[float, float, float]


@frozen(kw_only=True)
class LoadedModel:
    """A transformers model and where it came from.

    Attributes:
        model: The model.
        name: What to call it in messages.
        weights_files: The files its weights were read from; empty for random weights.
        missing: Parameters that those files did not hold.
        mean, std: Normalization of its preprocessor, or ImageNet's.
    """

    model: "PreTrainedModel"
    name: str
    weights_files: tuple[Path, ...] = ()
    missing: frozenset[str] = frozenset()
    mean: Triple
    std: Triple


def load(request: BackboneRequest[ViTConfig]) -> LoadedModel:
    """Load the weights a request names, or make random ones.

    Raises:
        UserError: They cannot be loaded.
    """
    request = _from_base(request)
    if problems := check(request):
        raise UserError("\n".join(str(problem) for problem in problems))
    name = request.pretrained_model_name
    if not request.config.pretrained or name is None:
        return _random(request)
    source = _source(request, name)
    model, missing = _pretrained(request, name, source)
    _fetch_normalization(request, source)
    checkpoint = find_checkpoint(name)
    if checkpoint is None:
        raise UserError(f"pretrained_model_name: {name} was loaded but is not in the local hub cache.")
    mean, std = _normalization(checkpoint)
    return LoadedModel(
        model=model, name=name, weights_files=checkpoint.weights, missing=missing, mean=mean, std=std
    )


def _from_base(request: BackboneRequest[ViTConfig]) -> BackboneRequest[ViTConfig]:
    """Read the base that an earlier run saved as what it is: a pretrained folder."""
    if request.base is None:
        return request
    config = evolve(request.config, pretrained=True, config={})
    return evolve(request, config=config, pretrained_model_name=str(request.base), base=None)


def _source(request: BackboneRequest[ViTConfig], name: str) -> str:
    """Name the folder of what is on this machine: by a hub id, transformers would ask the hub anyway."""
    checkpoint = find_checkpoint(name)
    here = checkpoint is not None and (checkpoint.weights or request.config.local_files_only)
    return str(checkpoint.directory) if checkpoint and here else name


def _pretrained(
    request: BackboneRequest[ViTConfig], name: str, source: str
) -> tuple["PreTrainedModel", frozenset[str]]:
    """Load a model in float32 unless a quantizer asks otherwise; also name what the files lacked."""
    import torch
    from transformers import AutoModel

    config = _config(name, request)
    options = {"dtype": torch.float32, "local_files_only": request.config.local_files_only}
    try:
        with _quiet():
            model, info = AutoModel.from_pretrained(
                source,
                config=config,
                output_loading_info=True,
                **(options | dict(request.load_options)),
            )
    except (OSError, ValueError, RuntimeError, SafetensorError) as error:
        raise UserError(f"pretrained_model_name: {name} could not be loaded: {_first_line(error)}") from error
    if info["mismatched_keys"]:
        raise UserError(
            f"backbone.config: {name} holds weights of other shapes. "
            "Remove the overrides that change shapes, or set backbone.pretrained: false."
        )
    if name not in EMBEDDED:  # which plain transformers does not know by its name
        model.config.name_or_path = name  # what adapters record as their base, not a folder of the cache
    return model, frozenset(info["missing_keys"])


def _fetch_normalization(request: BackboneRequest[ViTConfig], source: str) -> None:
    """Bring the preprocessor's settings into the cache too, where downloads are allowed."""
    from transformers.utils.hub import cached_file

    if not request.config.local_files_only:
        cached_file(source, PREPROCESSOR, _raise_exceptions_for_missing_entries=False)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence transformers' bars and remarks: what is missing or wrong is judged and said here."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _random(request: BackboneRequest[ViTConfig]) -> LoadedModel:
    """Make random weights in float32, whatever type the checkpoint of that config is stored in."""
    import torch
    from transformers import AutoModel

    config = _config(request.pretrained_model_name, request)
    checkpoint = find_checkpoint(request.pretrained_model_name) if request.pretrained_model_name else None
    mean, std = _normalization(checkpoint)
    name = request.pretrained_model_name or f"a random {config.model_type}"
    model: PreTrainedModel = AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    return LoadedModel(model=model, name=name, mean=mean, std=std)


def _config(name: str | None, request: BackboneRequest[ViTConfig]) -> Any:
    """Make the transformers config: the checkpoint's (or the family's default) and the overrides."""
    from transformers import AutoConfig

    overrides = dict(request.config.config)
    try:
        if name is None:
            family = str(overrides.pop("model_type", DEFAULT_FAMILY))
            config = AutoConfig.for_model(family, **({"patch_size": request.config.patch_size} | overrides))
        else:
            config = AutoConfig.from_pretrained(
                _source(request, name), local_files_only=request.config.local_files_only, **overrides
            )
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"backbone.config: no model can be made of it: {_first_line(error)}") from error
    for augmentation in ("pos_embed_rescale", "pos_embed_shift", "pos_embed_jitter"):
        if hasattr(config, augmentation):
            setattr(config, augmentation, None)  # DINOv3 moves its position encodings at random in train mode
    return config


def _normalization(checkpoint: LocalCheckpoint | None) -> tuple[Triple, Triple]:
    """Read mean and standard deviation from ``preprocessor_config.json``, else ImageNet's."""
    file = checkpoint.directory / PREPROCESSOR if checkpoint else None
    settings = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    mean, std = settings.get("image_mean", IMAGENET_MEAN), settings.get("image_std", IMAGENET_STD)
    return (mean[0], mean[1], mean[2]), (std[0], std[1], std[2])


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
