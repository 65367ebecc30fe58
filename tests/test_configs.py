"""The example configurations are valid, and need nothing beyond what they name."""

from pathlib import Path

import pytest

from tracknet_core.config.resolve import load_plan

CONFIGS = sorted((Path(__file__).resolve().parents[1] / "configs").glob("*.yaml"))


@pytest.mark.parametrize("config", CONFIGS, ids=lambda path: path.stem)
def test_an_example_config_has_no_problem(config: Path) -> None:
    plan, warnings = load_plan([config], machine=False)
    assert plan.model_name
    assert warnings == ()


def test_the_demo_is_among_them() -> None:
    assert "demo" in {config.stem for config in CONFIGS}
