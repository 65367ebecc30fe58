"""Sections are read strictly, and every problem in them is found at once."""

from typing import Any, Literal

import pytest
import yaml
from attrs import field, frozen
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.annotations import in_words
from tracknet_core.config.document import plain_section
from tracknet_core.config.locate import locate
from tracknet_core.config.options import option
from tracknet_core.config.scalars import Dumper
from tracknet_core.config.schema import DataConfig, EvaluationConfig, TrainingConfig
from tracknet_core.config.structure import Structured, structure


@frozen(kw_only=True)
class Below:
    """A subsection."""

    depth: int = option(1, "How deep.", at_least=1)


@frozen(kw_only=True)
class Everything:
    """One key of each kind."""

    whole: int = option(3, "Whole.", at_least=0, at_most=9)
    number: float = option(0.5, "Number.", above=0.0)
    flag: bool = option(True, "Flag.")
    text: str = option("a", "Text.")
    choice: Literal["gn", "bn"] = option("gn", "Choice.")
    pair: tuple[int, int] = option((1, 2), "Pair.", at_least=1)
    many: tuple[str, ...] = option((), "Many.")
    maybe: float | None = option(None, "Maybe.")
    mixed: Literal["auto"] | float = option("auto", "Mixed.")
    count: int | float | None = option(None, "Count or share.")
    free: dict[str, Any] = option(dict, "Free.")
    below: Below = option(Below, "Below.")


def read(text: str, cls: type[Any] = Everything) -> Structured[Any]:
    tree, problems = locate(text, "f.yaml")
    assert problems == []
    return structure(tree, cls)


INSTANCES = st.builds(
    Everything,
    whole=st.integers(0, 9),
    number=st.floats(min_value=1e-9, max_value=1e9),
    flag=st.booleans(),
    text=st.text(max_size=10),
    choice=st.sampled_from(["gn", "bn"]),
    pair=st.tuples(st.integers(1, 99), st.integers(1, 99)),
    many=st.lists(st.text(max_size=8), max_size=3).map(tuple),
    maybe=st.none() | st.floats(-1e9, 1e9),
    mixed=st.just("auto") | st.floats(0, 1),
    count=st.none() | st.integers(0, 9) | st.floats(0.01, 0.99),
    free=st.dictionaries(st.text(min_size=1, max_size=5), st.integers() | st.text(max_size=5), max_size=2),
    below=st.builds(Below, depth=st.integers(1, 9)),
)


@given(INSTANCES)
def test_what_is_written_is_read_back(instance: Everything) -> None:
    text = yaml.dump(plain_section(instance), Dumper=Dumper, sort_keys=False, allow_unicode=True)

    assert read(text) == Structured(value=instance)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("whole: 0.5", "whole: expected a whole number, got 0.5. Write a whole number, such as 3."),
        ("whole: '3'", "whole: expected a whole number, got the text '3'"),
        ("whole: 3.0", "whole: expected a whole number, got 3.0"),
        ("whole: true", "whole: expected a whole number, got true"),
        ("whole:", "whole: expected a whole number, got nothing. Give a value, or take the key out."),
        ("whole: 10", "whole: 10 is more than 9. It must be at least 0 and at most 9."),
        ("number: 0", "number: 0.0 is not more than 0.0. It must be more than 0.0."),
        ("number: .inf", "number: expected a number, got inf"),
        ("number: .nan", "number: expected a number, got nan"),
        ("number: '1'", "number: expected a number, got the text '1'"),
        ("number: true", "number: expected a number, got true"),
        ("flag: 1", "flag: expected true or false, got 1. Write true or false, such as true."),
        ("flag: 'true'", "flag: expected true or false, got the text 'true'"),
        ("text: 3", "text: expected text, got 3. Put it in quotes: '3'."),
        ("text: [a]", "text: expected text, got a list of 1"),
        ("choice: bm", "choice: expected one of gn, bn, got the text 'bm'. Did you mean 'bn'?"),
        ("choice: 3", "choice: expected one of gn, bn, got 3"),
        ("pair: 3", "pair: expected 2 whole numbers, got 3. Write 2 whole numbers, such as [1, 2]."),
        ("pair: [1]", "pair: expected 2 whole numbers, got a list of 1"),
        ("pair: [1, 2.5]", "pair: item 2: expected a whole number, got 2.5"),
        ("pair: [1, 0]", "pair: 0 is less than 1. It must be at least 1."),
        ("many: [a, 1]", "many: item 2: expected text, got 1. Put it in quotes: '1'."),
        ("many: 3", "many: expected a list of texts, got 3"),
        ("maybe: x", "maybe: expected a number or null, got the text 'x'"),
        ("mixed: auot", "mixed: expected auto or a number, got the text 'auot'. Did you mean 'auto'?"),
        ("free: 3", "free: expected a section of keys, got 3"),
        ("below: 3", "below: expected a section of keys, got 3. Write its keys in lines below it."),
        ("below: {depth: 0}", "below.depth: 0 is less than 1. It must be at least 1."),
        ("below: {detph: 2}", "below.detph: unknown key."),
        ("wohle: 3", "wohle: unknown key."),
    ],
)
def test_a_wrong_value_is_an_error_that_says_what_to_write(text: str, says: str) -> None:
    result = read(text)

    (problem,) = result.problems
    assert says in str(problem)
    assert result.value == Everything()


@pytest.mark.parametrize(
    ("text", "key", "expected"),
    [
        ("number: 3", "number", 3.0),
        ("number: 1e-4", "number", 1e-4),
        ("many: single", "many", ("single",)),
        ("count: 3", "count", 3),
        ("count: 0.5", "count", 0.5),
        ("mixed: 1", "mixed", 1.0),
        ("below:", "below", Below()),
        ("free:", "free", {}),
        ("free: {a: {b: [1, x]}}", "free", {"a": {"b": [1, "x"]}}),
    ],
)
def test_what_is_meant_clearly_is_accepted(text: str, key: str, expected: object) -> None:
    result = read(text)

    assert result.problems == ()
    assert getattr(result.value, key) == expected
    assert type(getattr(result.value, key)) is type(expected)


def test_all_problems_are_found_and_sound_keys_are_kept() -> None:
    result = read("whole: x\nnumber: 2\nbelow: {depth: x, other: 1}\nchoice: zz\n")

    assert sorted(problem.key for problem in result.problems) == [
        "below.depth",
        "below.other",
        "choice",
        "whole",
    ]
    assert [problem.place.line for problem in result.problems] == [1, 3, 3, 4]
    assert result.value == Everything(number=2.0)


def test_a_missing_key_without_a_default_is_an_error_and_leaves_no_instance() -> None:
    @frozen(kw_only=True)
    class Needy:
        """A class with a key that must be given."""

        name: str = option(help="Name.")
        size: int = option(1, "Size.", at_least=1)

    result = read("size: 2", Needy)

    assert result.value is None
    assert "name: is missing. Give text." in str(result.problems[0])


def test_validators_of_the_class_itself_are_reported_at_their_key() -> None:
    @frozen(kw_only=True)
    class Even:
        """A class with attrs' own kind of validator."""

        least: int = 2
        size: int = field(default=2)

        @size.validator
        def _check(self, _: object, value: int) -> None:
            if value < self.least:
                raise ValueError(f"{value} is less than least")

    (problem,) = read("least: 4\nsize: 3", Even).problems

    assert str(problem) == "f.yaml:2:1: size: 3 is less than least."


@pytest.mark.parametrize(
    ("annotation", "words"),
    [
        (tuple[int, int], "2 whole numbers"),
        (tuple[int, ...] | None, "a list of whole numbers or null"),
        (int | float | None, "a number or null"),
        (Literal["auto"] | float, "auto or a number"),
        (Literal[True, "gaussian"], "one of true, gaussian"),
    ],
)
def test_annotations_are_said_in_words(annotation: object, words: str) -> None:
    assert in_words(annotation) == words


@pytest.mark.parametrize("cls", [DataConfig, TrainingConfig, EvaluationConfig])
def test_the_defaults_of_core_survive_being_written(cls: type[Any]) -> None:
    text = yaml.dump(plain_section(cls()), Dumper=Dumper, sort_keys=False)

    assert read(text, cls) == Structured(value=cls())
