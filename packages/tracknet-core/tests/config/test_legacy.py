"""Old names work, and contradict their new names only where a person would see a contradiction."""

import pytest

from tracknet_core.config.legacy import modernize
from tracknet_core.config.locate import locate
from tracknet_core.config.problems import Place, Severity
from tracknet_core.config.tree import plain


def modern(text: str) -> tuple[object, list[str]]:
    tree, _ = locate(text, "f.yaml")
    updated, problems = modernize(tree)
    return plain(updated), [str(problem) for problem in problems]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("training: {seed: 7}", {"training": {}, "seed": 7}),
        ("training: {grad_clip: 0.5}", {"training": {"grad_clip_norm": 0.5}}),
        ("training: {output_dir: out}", {"training": {}, "output": {"dir": "out"}}),
        ("training: {grad_clip: 1, grad_clip_norm: 1.0}", {"training": {"grad_clip_norm": 1.0}}),
    ],
)
def test_an_old_name_is_read_as_the_new_one(old: str, new: object) -> None:
    assert modern(old) == (new, [])


@pytest.mark.parametrize(("amp", "precision"), [("true", "bf16"), ("false", "fp32")])
def test_amp_is_a_precision_with_a_warning(amp: str, precision: str) -> None:
    values, said = modern(f"training:\n  amp: {amp}\n")

    assert values == {"training": {"precision": precision}}
    assert said == [f"f.yaml:2:3: warning: training.amp: is deprecated. Write precision: {precision}."]


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_amp_beside_a_mixed_precision_agrees_with_it(precision: str) -> None:
    values, said = modern(f"training: {{amp: true, precision: {precision}}}")

    assert values == {"training": {"precision": precision}}
    assert len(said) == 1


@pytest.mark.parametrize(
    "text",
    [
        "training: {amp: true, precision: fp32}",
        "training: {amp: false, precision: bf16}",
        "training: {grad_clip: 1.0, grad_clip_norm: 2.0}",
        "seed: 1\ntraining: {seed: 2}",
        "training: {output_dir: a}\noutput: {dir: b}",
    ],
)
def test_an_old_name_that_contradicts_the_new_one_is_an_error(text: str) -> None:
    tree, _ = locate(text, "f.yaml")

    _, problems = modernize(tree)

    (error,) = [problem for problem in problems if problem.severity is Severity.ERROR]
    assert "contradicts" in error.message
    assert "f.yaml:1:" in error.message or "f.yaml:2:" in error.message


@pytest.mark.parametrize("key", ["log_dir", "ckpt_dir"])
def test_folders_that_lie_inside_the_run_now_are_accepted_with_a_note(key: str) -> None:
    values, (said,) = modern(f"training: {{{key}: somewhere, epochs: 3}}")

    assert values == {"training": {"epochs": 3}}
    assert f"warning: training.{key}: has no effect" in said
    assert "inside the run's folder" in said


def test_a_renamed_value_keeps_its_place() -> None:
    tree, _ = locate("training:\n  seed: x\n", "f.yaml")

    updated, _ = modernize(tree)

    assert updated.place_of("seed") == Place("f.yaml", 2, 3)


def test_amp_must_be_true_or_false() -> None:
    _, (said,) = modern("training: {amp: fp16}")

    assert "training.amp: expected true or false" in said
