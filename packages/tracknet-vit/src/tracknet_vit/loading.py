"""Loading through transformers, or random weights from a config."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen
from safetensors import SafetensorError

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import BackboneRequest
from tracknet_vit.bases import EMBEDDED
from tracknet_vit.check import DEFAULT_FAMILY, check, needs_weights
from tracknet_vit.checkpoint import PREPROCESSOR, LocalCheckpoint, find_checkpoint
from tracknet_vit.config import ViTConfig
from tracknet_vit.known import Triple, config_of, normalization_of

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@frozen(kw_only=True)
class LoadedModel:
    """A transformers model and where it came from.

    Attributes:
        model: The model.
        name: What to call it in messages.
        weights_files: The files its weights were read from; empty for random weights.
        missing: Parameters that those files did not hold.
        mean, std: Normalization of its preprocessor, else that known of its name, else ImageNet's.
    """

    model: "PreTrainedModel"
    name: str
    weights_files: tuple[Path, ...] = ()
    missing: frozenset[str] = frozenset()
    mean: Triple
    std: Triple


def load(request: BackboneRequest[ViTConfig]) -> LoadedModel:
    """Load the weights a request names, or make random ones; for shapes alone, ones without values.

    Raises:
        UserError: They cannot be loaded.
    """
    request = _from_base(request)
    if problems := check(request):
        raise UserError("\n".join(str(problem) for problem in problems))
    name = request.pretrained_model_name
    if name is None or not needs_weights(request):
        return _from_config(request)
    source = _source(request, name)
    model, missing = _pretrained(request, name, source)
    _fetch_normalization(request, source)
    checkpoint = find_checkpoint(name)
    if checkpoint is None:
        raise UserError(f"pretrained_model_name: {name} was loaded but is not in the local hub cache.")
    mean, std = _normalization(name, checkpoint)
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


def _from_config(request: BackboneRequest[ViTConfig]) -> LoadedModel:
    """Make random weights in float32, whatever type the checkpoint of that config is stored in.

    For shapes alone the weights are left as they come: drawing those of a large model takes minutes,
    and cannot be done with fake tensors, since transformers looks at what it has drawn.
    """
    import torch
    from transformers import AutoModel
    from transformers.initialization import no_init_weights

    from tracknet_vit.coordinates import forget_coordinates

    config = _config(request.pretrained_model_name, request)
    checkpoint = find_checkpoint(request.pretrained_model_name) if request.pretrained_model_name else None
    mean, std = _normalization(request.pretrained_model_name, checkpoint)
    name = request.pretrained_model_name or f"a random {config.model_type}"
    with no_init_weights() if request.shapes_only else nullcontext():
        model: PreTrainedModel = AutoModel.from_config(config, dtype=torch.float32)  # type: ignore[no-untyped-call]
    if request.shapes_only:
        forget_coordinates(model)
    return LoadedModel(model=model, name=name, mean=mean, std=std)


def _config(name: str | None, request: BackboneRequest[ViTConfig]) -> Any:
    """Make the transformers config: the checkpoint's, the published or the family's, and the overrides."""
    from transformers import AutoConfig

    overrides, known = dict(request.config.config), _known_config(name, request)
    try:
        if known is None:
            config = AutoConfig.from_pretrained(
                _source(request, str(name)), local_files_only=request.config.local_files_only, **overrides
            )
        else:
            settings = dict(known) | overrides
            config = AutoConfig.for_model(str(settings.pop("model_type")), **settings)
    except (OSError, ValueError, TypeError) as error:
        raise UserError(f"backbone.config: no model can be made of it: {_first_line(error)}") from error
    for augmentation in ("pos_embed_rescale", "pos_embed_shift", "pos_embed_jitter"):
        if hasattr(config, augmentation):
            setattr(config, augmentation, None)  # DINOv3 moves its position encodings at random in train mode
    return config


def _known_config(name: str | None, request: BackboneRequest[ViTConfig]) -> Mapping[str, object] | None:
    """Tell a config that needs no file: the family's, or that of a published model that is not here."""
    if name is None:
        return {"model_type": DEFAULT_FAMILY, "patch_size": request.config.patch_size}
    return None if needs_weights(request) or find_checkpoint(name) else config_of(name)


def _normalization(name: str | None, checkpoint: LocalCheckpoint | None) -> tuple[Triple, Triple]:
    """Read mean and standard deviation from ``preprocessor_config.json``, else tell them by the name."""
    file = checkpoint.directory / PREPROCESSOR if checkpoint else None
    settings = json.loads(file.read_text(encoding="utf-8")) if file and file.is_file() else {}
    known_mean, known_std = normalization_of(name or "")
    mean, std = settings.get("image_mean", known_mean), settings.get("image_std", known_std)
    return (mean[0], mean[1], mean[2]), (std[0], std[1], std[2])


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
