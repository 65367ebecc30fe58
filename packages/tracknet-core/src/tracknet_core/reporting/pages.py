"""The pages' common frame."""

from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined


def template(name: str) -> Any:
    """Load one of the templates in ``templates/``."""
    loader = PackageLoader("tracknet_core.reporting")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number
    return environment.get_template(name)


def number(value: object) -> str:
    """Write a figure to four places, and what is not there as a dash."""
    if value is None:
        return "–"
    return f"{value:.4f}" if isinstance(value, float) else str(value)
