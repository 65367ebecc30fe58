"""What a plugin hands to TrackNet: frozen descriptors that describe and never act.

A descriptor names its thing, the class of its configuration section, a check that runs without
torch, and the functions that do the work once a run has started. All fields go by keyword.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from attrs import field, frozen

from tracknet_core.config.problems import Problem

if TYPE_CHECKING:
    from torch import Tensor, nn

    from tracknet_core.data.clips import Clip
    from tracknet_core.progress import Progress

C = TypeVar("C")

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@frozen(kw_only=True)
class BackboneRequest(Generic[C]):
    """What a backbone is asked to be.

    Attributes:
        config: The ``backbone:`` section, an instance of the descriptor's ``config``.
        pretrained_model_name: Hub id or local path of the weights; None when the config has none.
        frames: Frames in a window, T.
        image_size: Width and height of the model's input, in pixels.
        load_options: What a quantizer asks of the loader (see ``Quantizer.load_options``), to be
            passed on to it; empty without one. A request that cannot pass them on, such as one
            for random weights, is refused by ``Backbone.check``.
        base: Folder of a base that an earlier run saved (weights that were random and so cannot
            be had again under ``pretrained_model_name``); when set, load from here.
        shapes_only: Build the module from its architecture alone: its weights hold arbitrary
            values, no file of weights is read and none need exist, and ``load_options`` does not
            matter. Core asks for it under fake tensors, to estimate memory.
    """

    config: C
    pretrained_model_name: str | None
    frames: int
    image_size: tuple[int, int]
    load_options: Mapping[str, object] = field(factory=dict)
    base: Path | None = None
    shapes_only: bool = False


class BackboneModule(Protocol):
    """The module that ``Backbone.build`` returns; an ``nn.Module`` with these attributes.

    ``forward`` maps normalized frames ``[B, T, 3, H, W]`` to feature maps, finest first, map i
    being ``[B, channels[i], ceil(H / strides[i]), ceil(W / strides[i])]``.

    Attributes:
        channels: Channels of each map, finest first.
        strides: Input pixels per cell of each map, finest first.
        pretrained_module: Dotted name of the submodule that adapters and quantizers act on.
        lora_targets: Dotted-component names that adapters take by default; may be empty.
        never_quantize: Dotted-component names that quantizers leave alone; may be empty.
        weights_files: Files that the base weights were read from; empty for random weights,
            which core then saves beside the run.
        mean, std: What the frames are normalized with, by channel, for values in [0, 1].

    A parameter that no map depends on must not require gradients. A module may also have

    - ``save_base(directory)``, which writes the pretrained submodule's present weights in a form
      that ``build`` reads back through ``BackboneRequest.base``; without it core keeps a state
      dict of its own;
    - ``inflated_layers``, dotted names inside the pretrained submodule of layers that were rebuilt
      to take a window of several frames. Adapters always take them beside their targets, since
      their weights are not those of the files;
    - ``plain_recipe``, Python lines that make of the plain pretrained module, named ``model``, what
      the adapter acts on; they go into the adapter's README.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    pretrained_module: str
    lora_targets: tuple[str, ...]
    never_quantize: tuple[str, ...]
    weights_files: tuple[Path, ...]
    mean: tuple[float, float, float]
    std: tuple[float, float, float]

    def __call__(self, frames: "Tensor") -> "Sequence[Tensor]":
        """Map normalized frames to feature maps, finest first."""

    def save_base(self, directory: Path) -> None:
        """Write base weights (optional)."""


@frozen(kw_only=True)
class LayerOutline:
    """One layer as a checkpoint's header shows it: dotted name and weight shape."""

    name: str
    shape: tuple[int, ...]


@frozen(kw_only=True)
class BackboneOutline:
    """What is known of a backbone before torch is imported.

    Attributes:
        channels: Channels of each map, finest first; empty when unknown.
        strides: Input pixels per cell of each map, finest first.
        layers: The layers with weights of the pretrained submodule, under the names they have in
            the built module; empty when unknown.
        never_quantize: As in ``BackboneModule``, for quantizers that act while weights load.
        recomputes: Whether activations can be recomputed (``training.gradient_checkpointing``);
            None when unknown.
    """

    channels: tuple[int, ...]
    strides: tuple[int, ...]
    layers: tuple[LayerOutline, ...] = ()
    never_quantize: tuple[str, ...] = ()
    recomputes: bool | None = None


def _nothing_wrong(*_: object) -> list[Problem]:
    return []


def _unknown(*_: object) -> None:
    return None


@frozen(kw_only=True)
class Backbone(Generic[C]):
    """A pretrained network that turns frames into feature maps.

    Attributes:
        name: Value of ``model_name``, such as ``vit_heatmap``.
        config: attrs class that owns the ``backbone:`` section.
        build: Builds the module; it may import torch, the descriptor's own module must not.
        check: Finds what is wrong with a request, without torch. Keys in its problems start
            with ``backbone.`` or name a key at the top.
        outline: Channels, strides and layers without torch; None when they cannot be known.
        sections: Keys of ``config`` that stand at the top of the file instead of under
            ``backbone:``, such as ``fpn``.
        passes_load_options: Whether ``build`` passes ``load_options`` on to transformers'
            ``from_pretrained``, so that quantizers can act while weights load.
        checkpoints: Trained checkpoints that come with the plugin, folders by name; a name stands
            wherever a run's folder may, as in ``init_from``.
    """

    name: str
    config: type[C]
    build: "Callable[[BackboneRequest[C]], nn.Module]"
    check: Callable[[BackboneRequest[C]], list[Problem]] = _nothing_wrong
    outline: Callable[[BackboneRequest[C]], BackboneOutline | None] = _unknown
    sections: tuple[str, ...] = ()
    passes_load_options: bool = False
    checkpoints: Mapping[str, Path] = field(factory=dict)


@frozen(kw_only=True)
class Adapter(Generic[C]):
    """A method that trains a few parameters instead of the backbone, such as LoRA.

    In what follows ``module`` is the backbone's pretrained submodule, quantized or not, and
    ``backbone`` the whole ``BackboneModule`` that it belongs to.

    Attributes:
        name: Such as ``peft-lora``.
        section: Key of its section, such as ``lora``. The section must have ``enabled``.
        config: attrs class of the section.
        adapt: ``adapt(module, config, backbone)`` returns what stands in the module's place and
            computes the same until it is trained; exactly the adapter's parameters in it require
            gradients.
        save: ``save(module, directory, backbone)`` writes the adapter alone into an existing folder.
        load: ``load(module, directory, config, backbone)`` adapts and restores what was saved.
        merge: ``merge(module)`` returns the plain module with the adapter folded in. It is given
            plain layers only: core dequantizes before it loads an adapter to merge.
        check: ``check(config, request, outline)`` without torch; ``outline`` may be None.

    ``adapt`` and ``load`` raise ``UserError`` for what only the user can mend, such as targets that
    match no layer.
    """

    name: str
    section: str
    config: type[C]
    adapt: "Callable[[nn.Module, C, nn.Module], nn.Module]"
    save: "Callable[[nn.Module, Path, nn.Module], None]"
    load: "Callable[[nn.Module, Path, C, nn.Module], nn.Module]"
    merge: "Callable[[nn.Module], nn.Module]"
    check: Callable[[C, BackboneRequest[Any], BackboneOutline | None], list[Problem]] = _nothing_wrong


def _no_options(*_: object) -> dict[str, object]:
    return {}


def _unchanged(module: "nn.Module", *_: object) -> "nn.Module":
    return module


@frozen(kw_only=True)
class Quantizer(Generic[C]):
    """A method that keeps the frozen backbone's weights in fewer bits.

    It acts after weights are loaded (``convert``), or while they load (``load_options``, and
    ``convert`` then sees to it that this has happened). ``skip`` holds dotted-component names of
    layers that are left alone, besides those that the configuration names.

    Attributes:
        name: Such as ``bnb-manual``; ``mode: manual`` and ``mode: hf`` in the section name
            ``bnb-manual`` and ``bnb-hf``, any other mode names itself.
        section: Key of its section, ``quantization``. The section must have ``enabled``.
        config: attrs class of the section.
        load_options: ``load_options(config, skip)`` gives keyword arguments for transformers'
            ``from_pretrained``, without torch; empty for a quantizer that acts after loading.
        convert: ``convert(module, config, skip)`` returns the quantized submodule, marked with
            ``is_loaded_in_4bit`` where its layers have 4 bits. It raises ``UserError`` when no
            layer is quantized, or one that ``skip`` names is.
        convert_shapes: ``convert_shapes(module, config, skip)`` does to a module of plain layers that was
            built from shapes alone (see ``BackboneRequest.shapes_only``) what ``load_options`` would have
            done while its weights loaded, and returns it converted; None for a quantizer that acts
            after loading, whose ``convert`` serves.
        dequantize: ``dequantize(module)`` returns the module with plain layers again, holding the
            values that the quantized ones stand for; None when it cannot, and then no adapter
            over it can be merged.
        check: ``check(config, request, outline)`` without torch; ``outline`` may be None.
    """

    name: str
    section: str
    config: type[C]
    load_options: Callable[[C, Sequence[str]], Mapping[str, object]] = _no_options
    convert: "Callable[[nn.Module, C, Sequence[str]], nn.Module]" = _unchanged
    convert_shapes: "Callable[[nn.Module, C, Sequence[str]], nn.Module] | None" = None
    dequantize: "Callable[[nn.Module], nn.Module] | None" = None
    check: Callable[[C, BackboneRequest[Any], BackboneOutline | None], list[Problem]] = _nothing_wrong


@frozen(kw_only=True)
class DatasetFormat:
    """A layout of labelled clips on disk.

    Attributes:
        name: Value of ``data.format``.
        layout: A few lines that show the layout, for messages and docs.
        detect: Whether a folder looks like this format; cheap, never raises.
        scan: ``scan(root, on_fault)`` reads all clips. What is wrong with a clip is handed to
            ``on_fault(clip name, one line with file, place and remedy)``, which raises or notes
            it; the faulty clip is then left out.
        write: ``write(clips, root)`` writes clips in this layout; None if it cannot.
    """

    name: str
    layout: str
    detect: Callable[[Path], bool]
    scan: "Callable[[Path, Callable[[str, str], None]], list[Clip]]"
    write: "Callable[[Iterable[Clip], Path], None] | None" = None


@frozen(kw_only=True)
class Exporter:
    """A format that a trained run can be exported to.

    Attributes:
        name: Value of ``tracknet export --format``.
        export: ``export(run, directory, progress)`` writes into an existing, empty folder and
            returns the paths written, among them ``parity.json``: how far the export's heatmaps and
            metrics are from the run's.
    """

    name: str
    export: "Callable[[Path, Path, Progress], Sequence[Path]]"
