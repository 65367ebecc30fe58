"""The tiny network as a transformers model, for quantizers that act while weights load."""

from collections.abc import Mapping
from tempfile import TemporaryDirectory
from typing import Any

from torch import Tensor, nn
from transformers import PretrainedConfig, PreTrainedModel

from tracknet_core.testing.tiny import TinyNetwork


class TinyConfig(PretrainedConfig):  # type: ignore[no-untyped-call]
    """The config of the tiny network, which has nothing to configure."""

    model_type = "tracknet-tiny"


class TinyPretrained(PreTrainedModel):
    """The tiny network for single frames, with the names and the outputs of ``TinyNetwork``."""

    config_class = TinyConfig

    def __init__(self, config: TinyConfig) -> None:
        super().__init__(config)
        network = TinyNetwork(frames=1)
        self.patches = network.patches
        self.layer = network.layer
        self.post_init()  # type: ignore[no-untyped-call]

    def forward(self, pixels: Tensor) -> Tensor:
        """Map ``[B, 3, H, W]`` to ``[B, C, H / 8, W / 8]``."""
        return TinyNetwork.forward(self, pixels)  # type: ignore[arg-type] # it has the same parts


def loaded(network: nn.Module, load_options: Mapping[str, object]) -> nn.Module:
    """Load the weights of a ``TinyNetwork`` through ``from_pretrained`` with these options."""
    model = TinyPretrained(TinyConfig())
    model.load_state_dict(network.state_dict())
    with TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        options: dict[str, Any] = dict(load_options)
        return TinyPretrained.from_pretrained(folder, **options)
