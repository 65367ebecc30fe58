"""A plan that is written down is read back as the same plan."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tracknet_core.config.document import document, dump
from tracknet_core.config.resolve import resolve
from tracknet_core.config.scalars import Dumper
from tracknet_core.config.sources import Sources
from tracknet_core.registry import Registry

TEXT = st.text(min_size=1, max_size=12)
OVERLAYS = st.fixed_dictionaries(
    {"model_name": st.just("vit_heatmap")},
    optional={
        "pretrained_model_name": TEXT,
        "seed": st.integers(0, 2**32 - 1),
        "backbone": st.fixed_dictionaries(
            {},
            optional={
                "freeze": st.booleans(),
                "config": st.dictionaries(TEXT, st.integers() | TEXT, max_size=2),
            },
        ),
        "decoder": st.fixed_dictionaries({}, optional={"channels": st.none() | st.just([384, 32, 16, 8])}),
        "data": st.fixed_dictionaries(
            {},
            optional={
                "root": TEXT | st.lists(TEXT, max_size=3),
                "split": st.fixed_dictionaries(
                    {}, optional={"train_games": st.none() | st.lists(TEXT, max_size=2)}
                ),
            },
        ),
        "training": st.fixed_dictionaries(
            {},
            optional={
                "optimizer": st.fixed_dictionaries({}, optional={"lr": st.floats(1e-12, 1.0)}),
                "limit_train_batches": st.none() | st.integers(1, 9) | st.floats(0.01, 0.99),
            },
        ),
        "evaluation": st.fixed_dictionaries({}, optional={"threshold": st.just("auto") | st.floats(0, 1)}),
        "lora": st.fixed_dictionaries({"enabled": st.booleans()}, optional={"r": st.integers(1, 64)}),
        "quantization": st.fixed_dictionaries(
            {"enabled": st.booleans()}, optional={"mode": st.sampled_from(["manual", "hf"])}
        ),
    },
)


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch, plugins: Registry) -> None:
    monkeypatch.setattr("tracknet_core.config.document.registry", lambda: plugins)


def read(path: Path, text: str, plugins: Registry) -> Any:
    path.write_text(text, encoding="utf-8")
    resolution = resolve(Sources(paths=[path]), plugins, machine=False)
    assert resolution.plan is not None, resolution.problems
    return resolution.plan


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(OVERLAYS)
def test_nothing_is_lost(tmp_path: Path, plugins: Registry, overlay: dict[str, Any]) -> None:
    plan = read(tmp_path / "a.yaml", yaml.dump(overlay, Dumper=Dumper), plugins)

    assert read(tmp_path / "b.yaml", dump(plan), plugins) == plan


@pytest.mark.parametrize("mode", ["manual", "hf", "half"])
def test_the_mode_of_a_quantizer_survives_even_if_it_is_no_key_of_its_class(
    tmp_path: Path, plugins: Registry, mode: str
) -> None:
    text = f"model_name: vit_heatmap\nquantization: {{enabled: true, mode: {mode}}}"
    plan = read(tmp_path / "a.yaml", text, plugins)

    assert yaml.safe_load(dump(plan))["quantization"]["mode"] == mode
    assert read(tmp_path / "b.yaml", dump(plan), plugins) == plan


def test_sections_of_a_backbone_go_back_to_the_top(tmp_path: Path, plugins: Registry) -> None:
    plan = read(tmp_path / "a.yaml", "model_name: pyramid\nfpn: {channels: 64}", plugins)

    assert document(plan)["fpn"] == {"channels": 64}
    assert document(plan)["backbone"] == {"freeze": True}
    assert read(tmp_path / "b.yaml", dump(plan), plugins) == plan


def test_every_key_is_written_and_lists_stand_on_one_line(tmp_path: Path, plugins: Registry) -> None:
    text = dump(read(tmp_path / "a.yaml", "model_name: vit_heatmap", plugins))

    assert "  size: [256, 144]\n" in text
    assert "  train_games: null\n" in text
    assert text.startswith("model_name: vit_heatmap\n")
    assert "lora" not in text
