"""The section is read as the users' guide has it, strictly."""

import re
from pathlib import Path

import pytest

from tracknet_core.config.locate import locate
from tracknet_core.config.structure import Structured, structure
from tracknet_lora.config import LoraConfig


def read(text: str) -> Structured[LoraConfig]:
    tree, problems = locate(text, "lora.yaml")
    assert problems == []
    return structure(tree, LoraConfig)


def test_the_defaults_are_those_of_the_guide() -> None:
    guide = """
enabled: false
r: 16
lora_alpha: 32
lora_dropout: 0.05
target_modules: null
bias: "none"
task_type: "FEATURE_EXTRACTION"
use_dora: false
use_rslora: false
init: true
"""
    assert read(guide) == read("{}")
    assert read(guide).value == LoraConfig()


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("init: gaussian", "init", "gaussian"),
        ("init: true", "init", True),
        ("target_modules: [q_proj, layer.1]", "target_modules", ("q_proj", "layer.1")),
        ("target_modules: q_proj", "target_modules", ("q_proj",)),
        ("target_modules: []", "target_modules", ()),
        ("bias: lora_only", "bias", "lora_only"),
        ("task_type: CAUSAL_LM", "task_type", "CAUSAL_LM"),
        ("lora_dropout: 0", "lora_dropout", 0.0),
        ("r: 64", "r", 64),
    ],
)
def test_values(text: str, key: str, value: object) -> None:
    result = read(text)
    assert result.problems == ()
    assert getattr(result.value, key) == value


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("r: 0.5", "r: expected a whole number, got 0.5."),
        ('r: "8"', "r: expected a whole number, got the text '8'."),
        ("r: 0", "r: 0 is less than 1. It must be at least 1."),
        ("lora_alpha: 1.5", "lora_alpha: expected a whole number, got 1.5."),
        (
            "lora_dropout: 1.0",
            "lora_dropout: 1.0 is more than 0.99. It must be at least 0.0 and at most 0.99.",
        ),
        (
            "lora_dropout: -0.1",
            "lora_dropout: -0.1 is less than 0.0. It must be at least 0.0 and at most 0.99.",
        ),
        ("enabled: 1", "enabled: expected true or false, got 1."),
        ("init: false", "init: expected one of true, gaussian, got false."),
        ("init: pissa", "init: expected one of true, gaussian, got the text 'pissa'."),
        (
            "bias: lora",
            "bias: expected one of none, all, lora_only, got the text 'lora'. Did you mean 'lora_only'?",
        ),
        ("lora_aplha: 16", "lora_aplha: unknown key."),
    ],
)
def test_strictness(text: str, line: str) -> None:
    (problem,) = read(text).problems
    assert str(problem).partition(": ")[2].startswith(line)


def test_the_sections_in_the_readme_are_read() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    sections = [
        block.partition("lora:\n")[2] for block in re.findall(r"```yaml\n(.*?)```", readme, re.DOTALL)
    ]
    assert len(sections) == 2
    assert [read(section).problems for section in sections] == [(), ()]
