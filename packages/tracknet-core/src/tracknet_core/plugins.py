"""Finding plugins: the only file that touches pluggy's plugin manager.

Every entry point of the group ``tracknet`` is loaded by itself. One that fails is recorded with its
traceback and costs nothing until a configuration needs what it would have registered.

Environment variables: ``TRACKNET_DISABLE_PLUGINS=a,b`` leaves plugins out, by the name of the
entry point or of the distribution; ``TRACKNET_TRACE_PLUGINS=1`` prints each hook call on stderr.
"""

import os
import re
import sys
import time
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from traceback import format_exception
from types import ModuleType
from typing import Any

import attrs
from pluggy import PluginManager

from tracknet_core import __version__, hookspecs
from tracknet_core.config.problems import Problem, Severity
from tracknet_core.config.suggest import did_you_mean
from tracknet_core.descriptors import Adapter, Backbone, DatasetFormat, Exporter, Quantizer
from tracknet_core.registry import Descriptor, PluginFailure, PluginRecord, Registration, Registry

GROUP = "tracknet"
DISABLE = "TRACKNET_DISABLE_PLUGINS"
TRACE = "TRACKNET_TRACE_PLUGINS"

_HOOKS: Mapping[str, type[Descriptor]] = {
    "tracknet_register_backbones": Backbone,
    "tracknet_register_adapters": Adapter,
    "tracknet_register_quantizers": Quantizer,
    "tracknet_register_datasets": DatasetFormat,
    "tracknet_register_exporters": Exporter,
}


@cache
def registry() -> Registry:
    """Load everything installed; entry points are read once per process."""
    return discover(entry_points(group=GROUP), os.environ)


def discover(entries: Iterable[EntryPoint], environ: Mapping[str, str]) -> Registry:
    """Load the given plugins, one at a time.

    Args:
        entries: Entry points of plugins.
        environ: Environment variables.

    Returns:
        Their records and what they register; failures are in the records, never raised.
    """
    entries = sorted(entries, key=lambda entry: (_distribution(entry), entry.name))
    disabled = {_canonical(name) for name in environ.get(DISABLE, "").split(",") if name.strip()}
    trace = environ.get(TRACE, "") not in ("", "0")
    loaded = [_load(entry, disabled=disabled, trace=trace) for entry in entries]
    return Registry.of(loaded, problems=_unknown_disabled(disabled, entries))


def _load(entry: EntryPoint, *, disabled: set[str], trace: bool) -> tuple[PluginRecord, list[Descriptor]]:
    record = PluginRecord(
        name=entry.name,
        distribution=_distribution(entry),
        version=entry.dist.version if entry.dist else "",
        file=None,
    )
    if disabled & {_canonical(entry.name), _canonical(record.distribution)}:
        return attrs.evolve(record, disabled=True), []
    if skew := _skew(entry):
        return attrs.evolve(record, file=_file(entry.module), failure=skew), []
    try:
        descriptors = _ask(entry.load(), record, trace=trace)
    except (Exception, SystemExit) as error:  # whatever a stranger's module raises, it is recorded and shown
        failure = PluginFailure(cause=_one_line(error), traceback="".join(format_exception(error)))
        return attrs.evolve(record, file=_file(entry.module), failure=failure), []
    registers = tuple(Registration.of(descriptor) for descriptor in descriptors)
    return attrs.evolve(record, file=_file(entry.module), registers=registers), descriptors


def _ask(plugin: object, record: PluginRecord, *, trace: bool) -> list[Descriptor]:
    """Call the hooks of one plugin, alone with a manager of its own, and check the answers."""
    manager = PluginManager(GROUP)
    manager.add_hookspecs(hookspecs)
    manager.register(plugin, name=record.name)
    _refuse_unknown_hooks(manager, plugin)
    descriptors: list[Descriptor] = []
    for hook, kind in _HOOKS.items():
        caller = getattr(manager.hook, hook)
        if not caller.get_hookimpls():
            continue
        started = time.perf_counter()
        answers = caller()
        answered = _checked(hook, kind, answers[0] if answers else None)
        if trace:
            _print_call(hook, record, answered, time.perf_counter() - started)
        descriptors += answered
    return descriptors


def _refuse_unknown_hooks(manager: PluginManager, plugin: object) -> None:
    for name in vars(manager.hook):
        if name not in _HOOKS and not name.startswith("_"):
            raise TypeError(f"it implements {name}, which is no hook. {did_you_mean(name, _HOOKS)}".rstrip())
    for name in _HOOKS:
        if hasattr(plugin, name) and not getattr(manager.hook, name).get_hookimpls():
            raise TypeError(f"{name} is not marked with @hookimpl from tracknet_core")


def _checked(hook: str, kind: type[Descriptor], answer: object) -> list[Descriptor]:
    if not isinstance(answer, Iterable):
        raise TypeError(f"{hook} returned {answer!r}, not an iterable of {kind.__name__}")
    descriptors = []
    for item in answer:
        if not isinstance(item, kind):
            raise TypeError(f"{hook} gave {item!r}, which is not a {kind.__name__}")
        _check_descriptor(item)
        descriptors.append(item)
    return descriptors


def _check_descriptor(descriptor: Descriptor) -> None:
    label = f"{type(descriptor).__name__} {descriptor.name!r}"
    if not isinstance(descriptor.name, str) or not descriptor.name:
        raise TypeError(f"{label}: the name must be a text that is not empty")
    if isinstance(descriptor, Backbone | Adapter | Quantizer) and not attrs.has(descriptor.config):
        raise TypeError(f"{label}: its config must be an attrs class, not {descriptor.config!r}")
    if isinstance(descriptor, Adapter | Quantizer) and "enabled" not in attrs.fields_dict(descriptor.config):
        raise TypeError(f"{label}: its config must have the key 'enabled'")


def _skew(entry: EntryPoint) -> PluginFailure | None:
    """Whether the plugin's distribution was made for another version of core."""
    from packaging.requirements import InvalidRequirement, Requirement

    for text in (entry.dist.requires if entry.dist else None) or ():
        try:
            wanted = Requirement(text)
        except InvalidRequirement:  # pip would not have installed it on that account; not ours to judge
            continue
        applies = wanted.marker is None or wanted.marker.evaluate({"extra": ""})
        if _canonical(wanted.name) != "tracknet-core" or not applies:
            continue
        if not wanted.specifier.contains(__version__, prereleases=True):
            plugin = f"{_distribution(entry)} {entry.dist.version if entry.dist else ''}"
            return PluginFailure(
                cause=f"{plugin} needs tracknet-core{wanted.specifier}, and {__version__} is installed",
                remedy=f"Run: pip install --upgrade tracknet-core {_distribution(entry)}",
            )
    return None


def _unknown_disabled(disabled: set[str], entries: Iterable[EntryPoint]) -> list[Problem]:
    known = {_canonical(name) for entry in entries for name in (entry.name, _distribution(entry))}
    return [
        Problem(
            key="",
            message=f"{DISABLE} names {name!r}, which is not installed",
            remedy=did_you_mean(name, known),
            severity=Severity.WARNING,
        )
        for name in sorted(disabled - known)
    ]


def _file(module: str) -> str | None:
    """The file of a module, or of the nearest parent that exists; nothing is imported for it."""
    while module:
        if isinstance(loaded := sys.modules.get(module), ModuleType):
            return getattr(loaded, "__file__", None)
        parent = module.rpartition(".")[0]
        if not parent or parent in sys.modules:
            spec = find_spec(module)
            return spec.origin if spec else None
        module = parent
    return None


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else "(no distribution)"


def _canonical(name: str) -> str:
    """A distribution's name as the package index compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name.strip()).lower()


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _print_call(hook: str, record: PluginRecord, answer: Iterable[Any], seconds: float) -> None:
    names = ", ".join(descriptor.name for descriptor in answer) or "nothing"
    owner = f"{record.name} ({record.distribution} {record.version})"
    sys.stderr.write(f"tracknet: {hook}() of {owner} -> {names}, {1e3 * seconds:.1f} ms\n")
