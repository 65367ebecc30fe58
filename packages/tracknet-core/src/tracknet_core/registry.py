"""What the installed plugins register, and what to say when a name is not among it."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from attrs import frozen

from tracknet_core.config.problems import ConfigError, Problem
from tracknet_core.config.suggest import did_you_mean
from tracknet_core.descriptors import Adapter, Backbone, DatasetFormat, Exporter, Quantizer
from tracknet_core.known_plugins import distribution_of, install_command, is_retired, known_names

Descriptor: TypeAlias = Backbone[Any] | Adapter[Any] | Quantizer[Any] | DatasetFormat | Exporter

_KINDS: Mapping[type[Descriptor], str] = {
    Backbone: "backbone",
    Adapter: "adapter",
    Quantizer: "quantizer",
    DatasetFormat: "dataset format",
    Exporter: "exporter",
}


@frozen
class Registration:
    """One thing that a plugin registers, such as the backbone ``vit_heatmap``."""

    kind: str
    name: str

    @classmethod
    def of(cls, descriptor: Descriptor) -> "Registration":
        """The registration that a descriptor stands for."""
        return cls(_KINDS[type(descriptor)], descriptor.name)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


@frozen(kw_only=True)
class PluginFailure:
    """Why a plugin could not be loaded.

    Attributes:
        cause: In one line.
        remedy: What to do, in full sentences.
        traceback: As Python prints it; empty when nothing was raised.
    """

    cause: str
    remedy: str = "Run `tracknet plugins --json` for the traceback."
    traceback: str = ""


@frozen(kw_only=True)
class PluginRecord:
    """An entry point that was found, loaded or not.

    Attributes:
        name: Name of the entry point.
        distribution: Distribution that it came with.
        version: Version of the distribution.
        file: File of its module; None when there is none or it was not looked for.
        registers: What it registers.
        disabled: Whether ``TRACKNET_DISABLE_PLUGINS`` left it out.
        failure: Why it could not be loaded, or None.
    """

    name: str
    distribution: str
    version: str
    file: str | None
    registers: tuple[Registration, ...] = ()
    disabled: bool = False
    failure: PluginFailure | None = None

    def __str__(self) -> str:
        return f"{self.distribution} {self.version}"


@frozen(kw_only=True)
class Registry:
    """Everything that plugins register, by name.

    The five methods named for one kind look a name up and raise ConfigError, with the reason and
    the remedy, when nothing usable has it.

    Attributes:
        plugins: All plugins that were found, by distribution and name.
        problems: What is wrong with the installation whatever the configuration: duplicate names
            are errors, unknown names among the disabled plugins are warnings.
    """

    plugins: tuple[PluginRecord, ...]
    problems: tuple[Problem, ...]
    backbones: Mapping[str, Backbone[Any]]
    adapters: Mapping[str, Adapter[Any]]
    quantizers: Mapping[str, Quantizer[Any]]
    datasets: Mapping[str, DatasetFormat]
    exporters: Mapping[str, Exporter]

    @classmethod
    def of(
        cls, loaded: Sequence[tuple[PluginRecord, Sequence[Descriptor]]], problems: Iterable[Problem] = ()
    ) -> "Registry":
        """Gather what was loaded; of a name that occurs twice neither is kept."""
        owners: dict[Registration, list[PluginRecord]] = {}
        for record, descriptors in loaded:
            for descriptor in descriptors:
                owners.setdefault(Registration.of(descriptor), []).append(record)
        unique = [d for _, descriptors in loaded for d in descriptors if len(owners[Registration.of(d)]) == 1]
        duplicates = [_duplicate(what, records) for what, records in owners.items() if len(records) > 1]
        return cls(
            plugins=tuple(record for record, _ in loaded),
            problems=(*problems, *duplicates, *_shared_sections(unique, owners)),
            backbones={d.name: d for d in unique if isinstance(d, Backbone)},
            adapters={d.name: d for d in unique if isinstance(d, Adapter)},
            quantizers={d.name: d for d in unique if isinstance(d, Quantizer)},
            datasets={d.name: d for d in unique if isinstance(d, DatasetFormat)},
            exporters={d.name: d for d in unique if isinstance(d, Exporter)},
        )

    def backbone(self, name: str) -> Backbone[Any]:
        """The backbone of this name."""
        if name in self.backbones:
            return self.backbones[name]
        raise ConfigError([self.missing("backbone", name, self.backbones, key="model_name")])

    def adapter(self, name: str) -> Adapter[Any]:
        """The adapter of this name."""
        if name in self.adapters:
            return self.adapters[name]
        raise ConfigError([self.missing("adapter", name, self.adapters)])

    def quantizer(self, name: str) -> Quantizer[Any]:
        """The quantizer of this name."""
        if name in self.quantizers:
            return self.quantizers[name]
        raise ConfigError([self.missing("quantizer", name, self.quantizers)])

    def dataset(self, name: str) -> DatasetFormat:
        """The dataset format of this name."""
        if name in self.datasets:
            return self.datasets[name]
        raise ConfigError([self.missing("dataset format", name, self.datasets, key="data.format")])

    def exporter(self, name: str) -> Exporter:
        """The exporter of this name."""
        if name in self.exporters:
            return self.exporters[name]
        raise ConfigError([self.missing("exporter", name, self.exporters)])

    def checkpoint(self, name: str) -> Path | None:
        """The folder of a trained checkpoint that comes with a plugin; None for any other name."""
        folders = (backbone.checkpoints.get(name) for backbone in self.backbones.values())
        return next((folder for folder in folders if folder), None)

    def missing(self, kind: str, name: str, installed: Iterable[str], key: str = "") -> Problem:
        """Say why nothing usable has a name, and what to do.

        Args:
            kind: Such as ``backbone``.
            name: The name that was asked for.
            installed: The names that could have been meant.
            key: Key of the configuration that holds the name.
        """
        if any(Registration(kind, name) in plugin.registers for plugin in self.plugins):
            return Problem(key=key, message=f"two plugins register the {kind} {name!r}")
        if kind == "backbone" and is_retired(name):
            return Problem(
                key=key,
                message=f"{name!r} is a backbone of older installations and is no longer offered",
                remedy="Use vit_heatmap, or convnext_fpn_heatmap for a convolutional backbone.",
            )
        message = f"no installed plugin registers the {kind} {name!r}"
        if distribution := distribution_of(kind, name):
            reason, remedy = self.absence(distribution)
            return Problem(key=key, message=message + reason, remedy=remedy)
        failed = "; ".join(
            f"{plugin} failed: {plugin.failure.cause}" for plugin in self.plugins if plugin.failure
        )
        return Problem(
            key=key,
            message=message + (f" ({failed})" if failed else ""),
            remedy=did_you_mean(name, (*installed, *known_names(kind)))
            or f"Installed: {', '.join(sorted(installed)) or 'none'}.",
        )

    def absence(self, distribution: str) -> tuple[str, str]:
        """Why a known distribution is not at hand: what to add to the message, and the remedy."""
        for plugin in self.plugins:
            if plugin.distribution.replace("_", "-").lower() != distribution:
                continue
            if plugin.failure:
                return f", since {plugin} failed to load: {plugin.failure.cause}", plugin.failure.remedy
            if plugin.disabled:
                return f", since {plugin} is disabled", "Take it out of TRACKNET_DISABLE_PLUGINS."
        return "", f"Run: {install_command(distribution)}"


def _duplicate(what: Registration, records: Sequence[PluginRecord]) -> Problem:
    return Problem(
        key="",
        message=f"the {what.kind} {what.name!r} is registered by {_named(records)}",
        remedy="Uninstall one of them, or name it in TRACKNET_DISABLE_PLUGINS.",
    )


def _shared_sections(
    unique: Iterable[Descriptor], owners: Mapping[Registration, Sequence[PluginRecord]]
) -> list[Problem]:
    """A section is one adapter's, or belongs to quantizers, which its ``mode`` chooses among."""
    claims: dict[str, dict[str, PluginRecord]] = {}
    for descriptor in unique:
        if isinstance(descriptor, Adapter | Quantizer):
            claimant = descriptor.name if isinstance(descriptor, Adapter) else "quantizers"
            claims.setdefault(descriptor.section, {})[claimant] = owners[Registration.of(descriptor)][0]
    return [
        Problem(
            key="",
            message=f"the section {section!r} is claimed by {_named(list(records.values()))}",
            remedy="Uninstall one of them, or name it in TRACKNET_DISABLE_PLUGINS.",
        )
        for section, records in claims.items()
        if len(records) > 1
    ]


def _named(records: Sequence[PluginRecord]) -> str:
    return " and by ".join(f"{record} ({record.file})" for record in records)
