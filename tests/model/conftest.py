"""Plans of tiny ViT models."""

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from tracknet_core.config.plan import Plan
from tracknet_core.config.resolve import load_plan

MakePlan = Callable[..., Plan]

TINY = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: false
  config: {hidden_size: 32, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 64}
decoder: {channels: [32, 24, 16, 8], detail_channels: 8}
heatmap: {size: [48, 32]}
data:
  preprocess: {resize: [96, 64]}
  sequence: {enabled: true, length: 3}
"""


@pytest.fixture
def make_plan(tmp_path: Path) -> MakePlan:
    """Make a plan of a tiny model from ``key=value`` overrides."""
    file = tmp_path / "tiny.yaml"
    file.write_text(TINY)

    def make(**overrides: object) -> Plan:
        pairs = [
            f"{key.replace('__', '.')}={yaml.safe_dump(value, default_flow_style=True).splitlines()[0]}"
            for key, value in overrides.items()
        ]
        return load_plan([file], pairs, machine=False)[0]

    return make
