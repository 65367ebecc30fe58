"""What a run is measured on: its own plan, with other data, protocol or tracking laid over it."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tracknet_core.config.document import document
from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.config.resolve import load_plan

CHANGEABLE = ("data", "evaluation", "tracking")
"""Sections that may differ from what a model was trained with."""

LEARNED = (
    "data.preprocess.resize",
    "data.preprocess.normalize",
    "data.preprocess.fit",
    "data.sequence.enabled",
    "data.sequence.length",
)
"""Keys of those sections that the model was built for all the same."""


def plan_over(config: Path, paths: Sequence[Path], overrides: Sequence[str]) -> tuple[Plan, Plan]:
    """Lay other data, evaluation and tracking over a run's plan.

    Args:
        config: The run's own ``config.yaml``.
        paths: YAML files.
        overrides: ``key.sub=value``.

    Returns:
        What the run was trained as, and the plan to measure by.

    Raises:
        ConfigError: A file or override is wrong.
        UserError: A key was changed that the trained model depends on.
    """
    trained, _ = load_plan([config], machine=False)
    changed, _ = load_plan([config, *paths], overrides, machine=False)
    before, after = dict(_leaves(document(trained))), dict(_leaves(document(changed)))
    fixed = [key for key in sorted(before.keys() | after.keys()) if before.get(key) != after.get(key)]
    fixed = [key for key in fixed if key.split(".")[0] not in CHANGEABLE or key in LEARNED]
    if fixed:
        raise UserError(
            f"{', '.join(fixed)}: the model in {config.parent} was trained otherwise. To measure it, only "
            "the data, evaluation and tracking may be changed. Leave this out, or train a run with it."
        )
    return trained, changed


def _leaves(section: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in section.items():
        if isinstance(value, Mapping):
            yield from _leaves(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
