"""From a Plan back to YAML: what RUN/config.yaml holds and ``run --dry-run`` prints."""

from typing import Any

import yaml
from cattrs import Converter

from tracknet_core.config.layout import CORE_SECTIONS, mode_of, top_keys
from tracknet_core.config.plan import Plan, PluginSection
from tracknet_core.config.scalars import Dumper
from tracknet_core.config.tree import Plain
from tracknet_core.descriptors import Backbone
from tracknet_core.plugins import registry

_CONVERTER = Converter(unstruct_collection_overrides={tuple: list})


def dump(plan: Plan) -> str:
    """Write a plan as YAML.

    Args:
        plan: A resolved plan.

    Returns:
        A document with every key, defaults included, that is read back as an equal plan.
    """
    return yaml.dump(document(plan), Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def document(plan: Plan) -> dict[str, Plain]:
    """The keys and values of a plan as plain data, in the order of the reference."""
    parts: dict[str, Plain] = {name: getattr(plan, name) for name in top_keys()}
    parts |= _backbone(plan, registry().backbone(plan.model_name))
    for name in CORE_SECTIONS:
        parts[name] = plain_section(getattr(plan, name))
    if plan.adapter:
        parts[plan.adapter.section] = plain_section(plan.adapter.config)
    if plan.quantizer:
        parts[plan.quantizer.section] = _quantizer(plan.quantizer)
    return parts


def _backbone(plan: Plan, backbone: Backbone[Any]) -> dict[str, Plain]:
    """``backbone:`` and the sections of its class that stand beside it."""
    keys = plain_section(plan.backbone)
    beside = {name: keys.pop(name) for name in backbone.sections}
    return {"backbone": keys, **beside}


def _quantizer(part: PluginSection) -> dict[str, Plain]:
    keys = plain_section(part.config)
    return {"enabled": keys.pop("enabled"), **keys, "mode": mode_of(part.name)}


def plain_section(config: Any) -> dict[str, Plain]:
    """A section's instance as lists, mappings and scalars."""
    keys: dict[str, Plain] = _CONVERTER.unstructure(config)
    return keys
