"""The ways of training a model that are compared, as overrides of the user's configuration."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import attrs
from attrs import frozen

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import ConfigError, Problem, Severity, UserError
from tracknet_core.config.resolve import resolve
from tracknet_core.config.sources import Sources
from tracknet_core.plugins import registry

DEFAULT_MODES = ("full", "frozen", "lora", "qlora", "qlora-hf")

CONFIGURED = "configured"


@frozen(kw_only=True)
class Mode:
    """A way of training a model.

    Attributes:
        name: What ``--modes`` calls it.
        title: What tables call it.
        suits: What the migration guide recommends it for; empty where it says nothing.
        overrides: What it sets in the configuration, once all adapters and quantizers are off.
        needs_files: Whether it acts while weights load, so that random ones must be in files first.
    """

    name: str
    title: str
    suits: str = ""
    overrides: tuple[str, ...] = ()
    needs_files: bool = False


UNFROZEN = "backbone.freeze=false"
LORA = (UNFROZEN, "lora.enabled=true")
MANUAL = ("quantization.enabled=true", "quantization.mode=manual")
HF = ("quantization.enabled=true", "quantization.mode=hf")

MODES: Mapping[str, Mode] = {
    mode.name: mode
    for mode in (
        Mode(
            name="full",
            title="full",
            suits="small models, enough memory",
            overrides=(UNFROZEN,),
        ),
        Mode(name="frozen", title="frozen", overrides=("backbone.freeze=true",)),
        Mode(name="lora", title="LoRA", suits="medium models, training speed", overrides=LORA),
        Mode(name="qlora", title="QLoRA", suits="large models, little memory", overrides=(*LORA, *MANUAL)),
        Mode(
            name="qlora-hf",
            title="QLoRA, mode hf",
            suits="large models, little memory",
            overrides=(*LORA, *HF),
            needs_files=True,
        ),
        Mode(name="frozen-4bit", title="frozen, 4 bits", overrides=("backbone.freeze=true", *MANUAL)),
    )
}
"""The modes by name, in the order of the table."""

AS_CONFIGURED = Mode(name=CONFIGURED, title="as configured")
"""The user's own configuration, where it is none of the modes: another adapter, or another quantizer."""

FREE_SETTINGS = ("training.gradient_checkpointing=null", "training.micro_batch_size=0")
"""Leaves to each mode how it saves memory."""


def modes_named(names: Sequence[str]) -> list[Mode]:
    """Look modes up.

    Raises:
        UserError: A name is none of a mode.
    """
    unknown = [name for name in names if name not in MODES]
    if unknown:
        raise UserError(f"--modes {unknown[0]}: no such mode. Name some of {', '.join(MODES)}.")
    return [mode for mode in MODES.values() if mode.name in names]


def same_settings(plan: Plan) -> tuple[str, ...]:
    """Write down how the configuration saves memory, for all modes alike: nowise, if it does not say."""
    training = plan.training
    return (
        f"training.gradient_checkpointing={json.dumps(bool(training.gradient_checkpointing))}",
        f"training.micro_batch_size={training.micro_batch_size or training.batch_size}",
    )


def plan_of(
    mode: Mode,
    sources: Sources,
    own: Plan,
    *,
    settings: Sequence[str] = FREE_SETTINGS,
    base: Path | None = None,
    needs_data: bool = False,
) -> Plan:
    """Resolve the user's configuration in one mode.

    Args:
        mode: The mode.
        sources: The configuration.
        own: What it resolves to.
        settings: Overrides of how memory is saved.
        base: Folder of the base weights that were random, for a mode that needs files.
        needs_data: Whether the data must be there.

    Raises:
        ConfigError: The mode is impossible with this configuration or what is installed.
    """
    overrides = [*sources.overrides, *settings]
    if mode is not AS_CONFIGURED:
        overrides += [*_all_off(), "training.backbone_freeze_epochs=0", *overrides_of(mode, own)]
    if mode.needs_files and base is not None:
        overrides += [f"pretrained_model_name={json.dumps(str(base))}", "backbone.pretrained=true"]
    plan, _ = resolved(attrs.evolve(sources, overrides=overrides), needs_data=needs_data)
    return plan


def overrides_of(mode: Mode, own: Plan) -> tuple[str, ...]:
    """What a mode sets; to let a backbone train that could not be frozen needs no word."""
    freezes = hasattr(own.backbone, "freeze")
    return tuple(each for each in mode.overrides if freezes or each != UNFROZEN)


def resolved(sources: Sources, *, needs_data: bool) -> tuple[Plan, tuple[Problem, ...]]:
    """Resolve a configuration, with all checks of this machine but, where none is needed, of the data.

    Returns:
        The plan, and the warnings.

    Raises:
        ConfigError: At least one error was found.
    """
    here, anywhere = resolve(sources, registry()), resolve(sources, registry(), machine=False)
    own = set(anywhere.problems)
    problems = [p for p in here.problems if needs_data or p in own or p.key != "data.root"]
    if anywhere.plan is None or any(problem.severity is Severity.ERROR for problem in problems):
        raise ConfigError(problems)
    return anywhere.plan, tuple(problems)


def is_another(plan: Plan, others: Sequence[Plan]) -> bool:
    """Whether a plan trains something else than all others, whatever their other settings."""
    return all(_what_trains(plan) != _what_trains(other) for other in others)


def _what_trains(plan: Plan) -> tuple[object, ...]:
    frozen_base = plan.adapter is None and getattr(plan.backbone, "freeze", False)
    return plan.adapter, plan.quantizer, frozen_base and plan.training.backbone_freeze_epochs


def _all_off() -> list[str]:
    """Switch off whatever adapter and quantizer could be on."""
    plugins = registry()
    sections = [adapter.section for adapter in plugins.adapters.values()]
    sections += [quantizer.section for quantizer in plugins.quantizers.values()]
    return [f"{section}.enabled=false" for section in dict.fromkeys(sections)]
