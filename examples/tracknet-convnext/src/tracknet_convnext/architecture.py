"""What the ConvNeXt models of transformers are made of, known without torch.

Names are those of the built model. Files may hold others (those of DINOv3-ConvNeXt lack ``model.``,
those of classifiers have a prefix more), so layers are derived from the config and never read from
a file's header.
"""

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen

from tracknet_core.descriptors import LayerOutline

STRIDES = (4, 8, 16, 32)
"""Input pixels per cell of the four stages' maps."""


@frozen(kw_only=True)
class Family:
    """How a family names its layers.

    Attributes:
        stem: The convolution that takes the picture.
        stem_norm: The normalization after it.
        stages: The list of stages.
        downsampling: In a stage, normalization and convolution that halve the map.
        depthwise, norm, pointwise: In a block, in the order in which they follow each other; the
            pointwise convolutions are linear layers over the channels.
        last_norm: What follows the stages; no map depends on it.
    """

    stem: str
    stem_norm: str
    stages: str
    downsampling: str
    depthwise: str
    norm: str
    pointwise: tuple[str, str]
    last_norm: str


_CONVNEXT = Family(
    stem="embeddings.patch_embeddings",
    stem_norm="embeddings.layernorm",
    stages="encoder.stages",
    downsampling="downsampling_layer",
    depthwise="dwconv",
    norm="layernorm",
    pointwise=("pwconv1", "pwconv2"),
    last_norm="layernorm",
)

FAMILIES: Mapping[str, Family] = {
    "dinov3_convnext": Family(
        stem="model.stages.0.downsample_layers.0",
        stem_norm="model.stages.0.downsample_layers.1",
        stages="model.stages",
        downsampling="downsample_layers",
        depthwise="depthwise_conv",
        norm="layer_norm",
        pointwise=("pointwise_conv1", "pointwise_conv2"),
        last_norm="layer_norm",
    ),
    "convnext": _CONVNEXT,
    "convnextv2": _CONVNEXT,
}
"""By ``model_type`` in the model's config."""

DEFAULT_FAMILY = "dinov3_convnext"
"""Family of random weights when neither a checkpoint nor ``backbone.config`` names one."""

_TINY: Mapping[str, object] = {"hidden_sizes": (96, 192, 384, 768), "depths": (3, 3, 9, 3), "patch_size": 4}
"""transformers' defaults, the same for all families."""


@frozen(kw_only=True)
class Architecture:
    """A model of one of the families.

    Attributes:
        family: Its names.
        hidden_sizes: Channels of the four stages' maps, finest first.
        depths: Blocks in each stage.
    """

    family: Family
    hidden_sizes: tuple[int, ...]
    depths: tuple[int, ...]

    @classmethod
    def read(cls, config: Mapping[str, object]) -> "Architecture":
        """Read a transformers model config.

        Raises:
            ValueError: It is of another family, or its sizes are not those of four stages.
        """
        model_type = config.get("model_type")
        if model_type not in FAMILIES:
            raise ValueError(f"the model's type is {model_type}, which is no ConvNeXt")
        settings = {**_TINY, **config}
        if settings["patch_size"] != _TINY["patch_size"]:
            raise ValueError(f"the model's patch_size is {settings['patch_size']}; only 4 is supported")
        return cls(
            family=FAMILIES[str(model_type)],
            hidden_sizes=_four(settings, "hidden_sizes"),
            depths=_four(settings, "depths"),
        )

    def layers(self, channels: int) -> tuple[LayerOutline, ...]:
        """List linear layers, convolutions and normalizations with the shapes of their weights.

        ConvNeXtV2's global response normalization is left out: by the shape of its weight it would
        pass for a convolution.

        Args:
            channels: Of the picture, 3 for each frame of a window.
        """
        family, first, last = self.family, self.hidden_sizes[0], self.hidden_sizes[-1]
        patch = STRIDES[0]
        shapes: dict[str, tuple[int, ...]] = {
            family.stem: (first, channels, patch, patch),
            family.stem_norm: (first,),
        }
        for stage in range(len(self.hidden_sizes)):
            shapes |= self._stage(stage)
        shapes[family.last_norm] = (last,)
        return tuple(LayerOutline(name=name, shape=shape) for name, shape in shapes.items())

    def _stage(self, stage: int) -> Iterator[tuple[str, tuple[int, ...]]]:
        family, name, width = self.family, f"{self.family.stages}.{stage}", self.hidden_sizes[stage]
        if stage > 0:
            before = self.hidden_sizes[stage - 1]
            yield f"{name}.{family.downsampling}.0", (before,)
            yield f"{name}.{family.downsampling}.1", (width, before, 2, 2)
        for block in range(self.depths[stage]):
            layer = f"{name}.layers.{block}"
            widen, narrow = family.pointwise
            yield f"{layer}.{family.depthwise}", (width, 1, 7, 7)
            yield f"{layer}.{family.norm}", (width,)
            yield f"{layer}.{widen}", (4 * width, width)
            yield f"{layer}.{narrow}", (width, 4 * width)


def _four(settings: Mapping[str, object], key: str) -> tuple[int, ...]:
    found = settings[key]
    sizes = tuple(found) if isinstance(found, Sequence) and not isinstance(found, str) else ()
    if len(sizes) != len(STRIDES) or not all(isinstance(size, int) and size > 0 for size in sizes):
        raise ValueError(f"the model's {key} are {found}; a ConvNeXt has four stages, a number for each")
    return sizes
