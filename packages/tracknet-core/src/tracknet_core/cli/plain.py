"""Commands that take texts and paths as they were typed.

typer has pydantic read every value, even a text that may be anything, and to import pydantic takes as
long as all of ``tracknet --help`` otherwise does. Here typer reads numbers, choices and values with
conditions, and only where one is given.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args, get_origin

from typer.core import TyperCommand, TyperGroup

_AS_TYPED = (str, Path)


class PlainCommand(TyperCommand):
    """A command whose texts and paths are not validated."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Name the parameters, ``--help`` among them."""
        return _read_plainly(super().get_params(ctx))


class PlainGroup(TyperGroup):
    """A group of commands whose own options are not validated."""

    def get_params(self, ctx: Any) -> list[Any]:
        """Name the parameters, ``--help`` among them."""
        return _read_plainly(super().get_params(ctx))


class _PlainValue:
    """Reads a parameter's values, and is to the parameter what typer calls its runtime parameter."""

    def __init__(self, annotation: Any, typers: Callable[[], Any]) -> None:
        self._many = get_origin(annotation) is list
        self._kind = get_args(annotation)[0] if self._many else annotation
        self._typers = typers

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """Convert a text, or the texts of a parameter that takes several."""
        if value is None:
            return () if param.multiple or param.nargs == -1 else None
        if self._kind not in _AS_TYPED:
            return self._typers().coerce(value, param=param, ctx=ctx)
        return [self._kind(one) for one in value] if self._many else self._kind(value)


def _read_plainly(parameters: list[Any]) -> list[Any]:
    for parameter in parameters:
        wanted = parameter.type_descriptor.parameter_info
        conditions = wanted.parser or wanted.exists or wanted.resolve_path
        if not conditions and "get_runtime_param" not in vars(parameter):
            plain = _PlainValue(parameter.type_descriptor.annotation, parameter.get_runtime_param)
            parameter.get_runtime_param = lambda plain=plain: plain
    return parameters
