"""Modes of training are overrides of the user's configuration, and those that are impossible say why."""

from pathlib import Path

import pytest
from transformers import DINOv3ViTConfig, DINOv3ViTModel

from tracknet_core.config.problems import ConfigError, UserError
from tracknet_core.config.sources import Sources
from tracknet_core.plugins import registry
from tracknet_core.training.compare.candidates import candidates
from tracknet_core.training.compare.modes import (
    DEFAULT_MODES,
    FREE_SETTINGS,
    MODES,
    modes_named,
    plan_of,
    resolved,
    same_settings,
)

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  config: {hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 2, intermediate_size: 128}
decoder: {channels: [64, 16, 8], upsample: [2, 2]}
heatmap: {size: [16, 16]}
data: {root: nowhere, preprocess: {resize: [64, 64]}}
training: {batch_size: 8}
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    """Weights of the same shapes, as transformers saves them."""
    config = DINOv3ViTConfig(
        hidden_size=64, num_hidden_layers=2, num_attention_heads=2, intermediate_size=128
    )
    DINOv3ViTModel(config).save_pretrained(tmp_path / "base")
    return tmp_path / "base"


@pytest.fixture
def sources(tmp_path: Path):
    file = tmp_path / "config.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    return lambda *overrides: Sources(paths=[file], overrides=list(overrides))


def found(sources: Sources, *names: str, base: Path | None = None, settings=FREE_SETTINGS):
    plan, _ = resolved(sources, needs_data=False)
    chosen = modes_named(names or DEFAULT_MODES)
    return {
        each.mode.name: each
        for each in candidates(sources, plan, chosen, settings=settings, base=base, needs_data=False)
    }


def test_full_fine_tuning_turns_everything_else_off(sources):
    plan = found(sources("lora.enabled=true", "quantization.enabled=true"))["full"].plan
    assert (plan.adapter, plan.quantizer, plan.backbone.freeze) == (None, None, False)


def test_each_mode_turns_on_what_it_is_named_for(sources):
    modes = found(sources("backbone.freeze=true", "training.backbone_freeze_epochs=2"), *MODES)
    assert modes["frozen"].plan.backbone.freeze
    assert modes["frozen"].plan.training.backbone_freeze_epochs == 0
    assert modes["lora"].plan.adapter.name == "peft-lora"
    assert modes["lora"].plan.quantizer is None
    assert modes["qlora"].plan.adapter.name == "peft-lora"
    assert modes["qlora"].plan.quantizer.name == "bnb-manual"
    assert modes["frozen-4bit"].plan.adapter is None
    assert modes["frozen-4bit"].plan.quantizer.name == "bnb-manual"


def test_the_users_own_ranks_and_types_stay(sources):
    plan = found(sources("lora.r=3", "quantization.quant_type=fp4", "lora.enabled=false"))["qlora"].plan
    assert plan.adapter.config.r == 3
    assert plan.quantizer.config.quant_type == "fp4"


def test_a_mode_that_acts_while_weights_load_needs_files(sources, base):
    without = found(sources())["qlora-hf"]
    assert without.plan is None
    assert "acts while pretrained weights load" in without.obstacle
    plan = found(sources(), base=base)["qlora-hf"].plan
    assert plan.quantizer.name == "bnb-hf"
    assert plan.pretrained_model_name == str(base)


def test_a_plugin_that_is_not_at_hand_is_named(sources, monkeypatch):
    monkeypatch.setenv("TRACKNET_DISABLE_PLUGINS", "tracknet-quant")
    registry.cache_clear()
    try:
        modes = found(sources(), "lora", "qlora")
    finally:
        registry.cache_clear()
    assert modes["lora"].plan is not None
    assert modes["qlora"].plan is None
    assert "Take it out of TRACKNET_DISABLE_PLUGINS" in modes["qlora"].obstacle


def test_what_no_mode_trains_comes_last_as_configured(sources):
    rows = found(sources("backbone.freeze=true", "training.backbone_freeze_epochs=3"))
    assert list(rows)[-1] == "configured"
    assert rows["configured"].plan.training.backbone_freeze_epochs == 3
    assert "configured" not in found(sources("lora.enabled=true"))
    assert "configured" in found(sources("lora.enabled=true"), "full", "frozen")


def test_by_default_each_mode_saves_memory_in_its_own_way(sources):
    asked = sources("training.gradient_checkpointing=true", "training.micro_batch_size=2")
    for each in found(asked, "full", "lora").values():
        assert each.plan.training.gradient_checkpointing is None
        assert each.plan.training.micro_batch_size == 0


@pytest.mark.parametrize(
    ("overrides", "recomputes", "size"),
    [
        ([], False, 8),
        (["training.gradient_checkpointing=true", "training.micro_batch_size=2"], True, 2),
    ],
)
def test_the_same_settings_are_those_of_the_config(sources, overrides, recomputes, size):
    asked = sources(*overrides)
    plan, _ = resolved(asked, needs_data=False)
    for each in found(asked, "full", "lora", settings=same_settings(plan)).values():
        assert each.plan.training.gradient_checkpointing is recomputes
        assert each.plan.training.micro_batch_size == size


def test_data_are_needed_only_to_learn_from(sources):
    plan_of(MODES["full"], sources(), resolved(sources(), needs_data=False)[0])
    with pytest.raises(ConfigError, match=r"data\.root"):
        resolved(sources(), needs_data=True)


def test_weights_are_needed(sources):
    with pytest.raises(ConfigError, match="pretrained_model_name"):
        resolved(sources("backbone.pretrained=true", "pretrained_model_name=nowhere"), needs_data=False)


def test_unknown_modes_are_refused_with_those_there_are():
    with pytest.raises(UserError, match=r"--modes lroa: no such mode\. .*lora, qlora"):
        modes_named(["full", "lroa"])


def test_modes_keep_the_order_of_the_table():
    assert [mode.name for mode in modes_named(["qlora", "full"])] == ["full", "qlora"]
