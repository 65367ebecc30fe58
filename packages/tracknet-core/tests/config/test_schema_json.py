"""The editor schema admits what the reader admits."""

import json
from typing import Any

import pytest

from tracknet_core.config.layout import CORE_SECTIONS
from tracknet_core.config.schema_json import json_schema
from tracknet_core.registry import Registry


@pytest.fixture
def schema(plugins: Registry) -> dict[str, Any]:
    return json.loads(json.dumps(json_schema(plugins)))


def at(schema: dict[str, Any], key: str) -> dict[str, Any]:
    for name in key.split("."):
        schema = schema["properties"][name]
    return schema


def test_every_section_is_described_and_unknown_keys_are_refused(schema: dict[str, Any]) -> None:
    assert {*CORE_SECTIONS, "lora", "quantization", "backbone", "fpn", "seed"} <= set(schema["properties"])
    assert schema["additionalProperties"] is False
    assert at(schema, "training.optimizer")["additionalProperties"] is False
    assert schema["required"] == ["model_name"]


@pytest.mark.parametrize(
    ("key", "part"),
    [
        ("training.epochs", {"type": "integer", "minimum": 1, "default": 20}),
        ("training.precision", {"enum": ["fp32", "fp16", "bf16"]}),
        ("training.optimizer.lr", {"type": "number", "exclusiveMinimum": 0.0}),
        ("heatmap.size", {"type": "array", "minItems": 2, "maxItems": 2, "default": [256, 144]}),
        ("decoder.norm", {"enum": ["gn", "bn"]}),
        ("data.format", {"enum": ["auto", "tracknet"]}),
        ("model_name", {"enum": ["pyramid", "vit_heatmap"]}),
        ("training.amp", {"deprecated": True}),
        ("training.log_dir", {"deprecated": True}),
    ],
)
def test_a_key_is_described_with_type_bounds_and_default(
    schema: dict[str, Any], key: str, part: dict[str, Any]
) -> None:
    assert part.items() <= at(schema, key).items()


def test_every_key_of_core_has_a_description(schema: dict[str, Any]) -> None:
    def undescribed(section: dict[str, Any], path: str) -> list[str]:
        below = [
            name
            for key, value in section.get("properties", {}).items()
            for name in undescribed(value, f"{path}.{key}")
        ]
        return below + ([path] if path and "description" not in section else [])

    sections = [undescribed(schema["properties"][name], "") for name in CORE_SECTIONS]

    assert [name for names in sections for name in names] == []


def test_a_text_stands_for_a_list_of_one_where_the_reader_says_so(schema: dict[str, Any]) -> None:
    kinds = [member.get("type") for member in at(schema, "data.root")["anyOf"]]

    assert kinds == ["array", "string"]


def test_the_backbone_section_follows_the_model_name(schema: dict[str, Any]) -> None:
    rules = {
        rule["if"]["properties"]["model_name"]["const"]: rule["then"]["properties"]
        for rule in schema["allOf"]
    }

    assert "patch_size" in rules["vit_heatmap"]["backbone"]["properties"]
    assert "patch_size" not in rules["pyramid"]["backbone"]["properties"]
    assert "fpn" in rules["pyramid"]


def test_the_quantization_section_follows_its_mode(schema: dict[str, Any]) -> None:
    modes = {s["properties"]["mode"]["const"]: s for s in schema["properties"]["quantization"]["oneOf"]}

    assert set(modes) == {"manual", "hf", "half"}
    assert "mode" not in modes["manual"].get("required", [])
    assert "mode" in modes["half"]["required"]
