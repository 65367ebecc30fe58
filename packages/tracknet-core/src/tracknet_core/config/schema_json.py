"""JSON Schema of everything installed, so that editors complete and check a configuration."""

from collections.abc import Mapping
from typing import Any, get_args

import attrs

from tracknet_core.config.annotations import (
    fields_of,
    is_homogeneous,
    is_literal,
    is_mapping,
    is_tuple,
    is_union,
)
from tracknet_core.config.layout import CORE_SECTIONS, DEFAULT_MODE, TopConfig, mode_of
from tracknet_core.config.legacy import ALIASES, WITHOUT_EFFECT
from tracknet_core.config.options import ABOVE, AT_LEAST, AT_MOST, HELP
from tracknet_core.config.plan_checks import PROTOCOL_NAMES
from tracknet_core.registry import Registry

Schema = dict[str, Any]

_SCALARS = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}
_BOUNDS = {AT_LEAST: "minimum", AT_MOST: "maximum", ABOVE: "exclusiveMinimum"}


def json_schema(plugins: Registry) -> Schema:
    """Describe the files that are accepted with these plugins.

    Args:
        plugins: What is installed.

    Returns:
        A JSON Schema (draft 2020-12). The ``backbone`` section follows ``model_name``, the
        ``quantization`` section follows its ``mode``.
    """
    schema = section_schema(TopConfig)
    schema["properties"] |= {name: section_schema(cls) for name, cls in CORE_SECTIONS.items()}
    schema["properties"] |= {a.section: section_schema(a.config) for a in plugins.adapters.values()}
    schema["properties"] |= _quantizers(plugins)
    beside = {name for backbone in plugins.backbones.values() for name in backbone.sections}
    schema["properties"] |= dict.fromkeys(("backbone", *sorted(beside)), True)
    schema["properties"]["model_name"] = {
        "enum": sorted(plugins.backbones),
        "description": fields_of(TopConfig)[0].metadata[HELP],
    }
    schema["required"] = ["model_name"]
    schema["properties"]["data"]["properties"]["format"]["enum"] = ["auto", *sorted(plugins.datasets)]
    schema["properties"]["evaluation"]["properties"]["protocol"]["enum"] = list(PROTOCOL_NAMES)
    _add_old_names(schema["properties"])
    schema["allOf"] = _backbones(plugins)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "TrackNet configuration",
        **schema,
    }


def section_schema(cls: type[Any]) -> Schema:
    """Describe one section by its class."""
    properties = {attribute.name: _key(attribute) for attribute in fields_of(cls)}
    required = [attribute.name for attribute in fields_of(cls) if attribute.default is attrs.NOTHING]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return schema | ({"required": required} if required else {})


def _key(attribute: "attrs.Attribute[Any]") -> Schema:
    schema = _annotation(attribute.type, _bounds(attribute.metadata))
    if HELP in attribute.metadata:
        schema["description"] = attribute.metadata[HELP]
    default = attribute.default
    if default is not attrs.NOTHING and not isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        schema["default"] = list(default) if isinstance(default, tuple) else default
    return schema


def _bounds(metadata: Mapping[str, Any]) -> Schema:
    return {word: metadata[name] for name, word in _BOUNDS.items() if name in metadata}


def _annotation(annotation: Any, bounds: Schema) -> Schema:
    if annotation in _SCALARS:
        return {"type": _SCALARS[annotation], **(bounds if annotation in (int, float) else {})}
    if is_literal(annotation):
        return {"enum": list(get_args(annotation))}
    if is_union(annotation):
        return {"anyOf": [_annotation(member, bounds) for member in get_args(annotation)]}
    if is_tuple(annotation):
        return _list(annotation, bounds)
    if isinstance(annotation, type) and attrs.has(annotation):
        return section_schema(annotation) | {"type": ["object", "null"]}
    return {"type": ["object", "null"]} if is_mapping(annotation) else {}


def _list(annotation: Any, bounds: Schema) -> Schema:
    members = get_args(annotation)
    items = {"type": "array", "items": _annotation(members[0], bounds)}
    if not is_homogeneous(annotation):
        return items | {"minItems": len(members), "maxItems": len(members)}
    return {"anyOf": [items, {"type": "string"}]} if members[0] is str else items


def _quantizers(plugins: Registry) -> dict[str, Schema]:
    """One schema a section, in which ``mode`` decides whose keys are meant."""
    sections: dict[str, list[Schema]] = {}
    for quantizer in plugins.quantizers.values():
        schema, mode = section_schema(quantizer.config), mode_of(quantizer.name)
        schema["properties"]["mode"] = {"const": mode}
        if mode != DEFAULT_MODE:
            schema["required"] = [*schema.get("required", ()), "mode"]
        sections.setdefault(quantizer.section, []).append(schema)
    return {name: {"oneOf": schemas} for name, schemas in sections.items()}


def _backbones(plugins: Registry) -> list[Schema]:
    rules: list[Schema] = []
    for backbone in plugins.backbones.values():
        schema = section_schema(backbone.config)
        properties = {name: schema["properties"].pop(name) for name in backbone.sections}
        rules.append(
            {
                "if": {"properties": {"model_name": {"const": backbone.name}}},
                "then": {"properties": {"backbone": schema | {"type": ["object", "null"]}, **properties}},
            }
        )
    return rules


def _add_old_names(properties: Schema) -> None:
    """Old names are accepted, and shown as deprecated."""
    training = properties["training"]["properties"]
    for old, new in ALIASES.items():
        training[old.removeprefix("training.")] = {"deprecated": True, "description": f"Write {new}."}
    for key, reason in WITHOUT_EFFECT.items():
        training[key.removeprefix("training.")] = {"deprecated": True, "description": f"No effect: {reason}."}
