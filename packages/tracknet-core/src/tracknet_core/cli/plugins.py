"""``tracknet plugins``: what is installed, from where, and what failed."""

import json
from typing import TYPE_CHECKING

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Json

if TYPE_CHECKING:
    from tracknet_core.registry import PluginRecord, Registry


def plugins(json_: Json = False) -> None:
    """List what is installed, from where, and what failed."""
    from tracknet_core.plugins import registry

    installed = registry()
    console = Console()
    console.result(json.dumps(_as_json(installed), indent=2) if json_ else _as_text(installed))
    if not json_:
        for problem in installed.problems:
            console.warn(problem)


def _as_text(installed: "Registry") -> str:
    lines: list[str] = []
    for plugin in installed.plugins:
        lines.append(f"{plugin.name}  {plugin}  {plugin.file or ''}".rstrip())
        lines += (f"    {line}" for line in _state(plugin))
    return "\n".join(lines) or "no plugins are installed"


def _state(plugin: "PluginRecord") -> list[str]:
    if plugin.disabled:
        return ["disabled by TRACKNET_DISABLE_PLUGINS"]
    if plugin.failure is None:
        return [str(registration) for registration in plugin.registers] or ["registers nothing"]
    return [f"failed: {plugin.failure.cause}", plugin.failure.remedy]


def _as_json(installed: "Registry") -> dict[str, object]:
    return {
        "plugins": [
            {
                "name": plugin.name,
                "distribution": plugin.distribution,
                "version": plugin.version,
                "file": plugin.file,
                "registers": [{"kind": r.kind, "name": r.name} for r in plugin.registers],
                "disabled": plugin.disabled,
                "failure": plugin.failure
                and {
                    "cause": plugin.failure.cause,
                    "remedy": plugin.failure.remedy,
                    "traceback": plugin.failure.traceback,
                },
            }
            for plugin in installed.plugins
        ],
        "problems": [str(problem) for problem in installed.problems],
    }
