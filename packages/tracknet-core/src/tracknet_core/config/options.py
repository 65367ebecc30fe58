"""How a configuration class declares its keys.

A section is a frozen attrs class whose fields are made with :func:`option`, so that one
declaration gives the default, the check, the editor schema and the reference page::

    @frozen(kw_only=True)
    class ModelConfig:
        depth: int = option(12, "Number of transformer blocks.", at_least=1)
"""

from collections.abc import Callable
from typing import Any, TypeVar

from attrs import NOTHING, Attribute, Factory, field

T = TypeVar("T")

HELP = "tracknet.help"
AT_LEAST = "tracknet.at_least"
AT_MOST = "tracknet.at_most"
ABOVE = "tracknet.above"


def option(
    default: T | Callable[[], T] | Any = NOTHING,
    help: str = "",
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    above: float | None = None,
) -> Any:
    """Declare one configuration key.

    Args:
        default: Its default; a callable makes one for each instance (lists, subsections).
        help: One or two sentences for the reference page and the editor.
        at_least: Smallest number allowed; for a sequence it holds for each element.
        at_most: Largest number allowed.
        above: Number that the value must exceed.

    Returns:
        The attrs field. Allowed values are given by the annotation (``Literal``), sequences are
        annotated as tuples, optional keys as ``X | None``.
    """
    bounds = {AT_LEAST: at_least, AT_MOST: at_most, ABOVE: above}
    metadata = {HELP: help} | {name: bound for name, bound in bounds.items() if bound is not None}

    def within(_: object, __: "Attribute[Any]", value: object) -> None:
        for number in value if isinstance(value, tuple) else (value,):
            if not isinstance(number, (int, float)):
                continue
            if at_least is not None and not number >= at_least:
                raise ValueError(f"{number} is less than {at_least}")
            if at_most is not None and not number <= at_most:
                raise ValueError(f"{number} is more than {at_most}")
            if above is not None and not number > above:
                raise ValueError(f"{number} is not more than {above}")

    made = Factory(default) if callable(default) else default
    return field(default=made, validator=within, metadata=metadata)
