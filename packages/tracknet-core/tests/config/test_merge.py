"""Several files, overrides and old three-file setups become one tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.locate import locate
from tracknet_core.config.merge import merge, nest
from tracknet_core.config.overrides import override_tree, split_arguments
from tracknet_core.config.problems import Place
from tracknet_core.config.tree import Section, plain

VALUES = st.integers(0, 3)
SECTION = st.fixed_dictionaries({}, optional={"x": VALUES, "y": VALUES})
PLAIN = st.fixed_dictionaries({}, optional={"a": VALUES, "b": SECTION, "c": SECTION})


def tree(text: str, file: str = "f.yaml") -> Section:
    located, problems = locate(text, file)
    assert problems == []
    return located


def located(values: object) -> Section:
    return tree(repr(values))


def test_later_files_win_key_by_key_and_lists_as_a_whole() -> None:
    below = tree("a: {b: 1, c: [1, 2, 3]}\nd: 1\n")
    above = tree("a: {c: [9]}\ne: 2\n")

    assert plain(merge([below, above])) == {"a": {"b": 1, "c": [9]}, "d": 1, "e": 2}


def test_a_section_left_empty_changes_nothing_but_null_replaces_a_value() -> None:
    assert plain(merge([tree("a: {b: 1}\nc: 2"), tree("a:\nc:")])) == {"a": {"b": 1}, "c": None}


def test_places_are_those_of_the_file_that_decided() -> None:
    merged = merge([tree("a:\n  b: 1\n  c: 1\n", "one"), tree("a: {c: 2}\n", "two")])

    assert merged.place_of("a") == Place("one", 1, 1)
    assert merged.place_of("a.b") == Place("one", 2, 3)
    assert merged.place_of("a.c") == Place("two", 1, 5)


@given(PLAIN, PLAIN, PLAIN)
def test_merging_does_not_depend_on_the_grouping(one: object, two: object, three: object) -> None:
    a, b, c = located(one), located(two), located(three)

    assert plain(merge([merge([a, b]), c])) == plain(merge([a, merge([b, c])]))


@given(PLAIN)
def test_merging_with_itself_or_with_nothing_changes_nothing(values: object) -> None:
    assert plain(merge([located(values), located(values)])) == values
    assert plain(merge([located(values), Section()])) == values


@pytest.mark.parametrize("text", ["root: x", "data: {root: x}"])
def test_a_data_file_may_hold_the_section_or_its_keys(text: str) -> None:
    assert plain(nest(tree(text), "data")) == {"data": {"root": "x"}}


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("training.epochs=5", {"training": {"epochs": 5}}),
        ("training.optimizer.lr=1e-4", {"training": {"optimizer": {"lr": 1e-4}}}),
        ("heatmap.size=[256, 144]", {"heatmap": {"size": [256, 144]}}),
        ("data.root=/a path/with=sign", {"data": {"root": "/a path/with=sign"}}),
        ("output.name='7'", {"output": {"name": "7"}}),
        ("init_from=", {"init_from": None}),
        ("backbone.config={num_hidden_layers: 2}", {"backbone": {"config": {"num_hidden_layers": 2}}}),
    ],
)
def test_an_override_is_a_key_and_a_yaml_value(override: str, expected: object) -> None:
    overridden, problems = override_tree([override])

    assert problems == []
    assert plain(overridden) == expected


def test_of_two_overrides_of_a_key_the_last_counts_and_neighbours_stay() -> None:
    overridden, _ = override_tree(["a.b=1", "a.c=2", "a.b=3"])

    assert plain(overridden) == {"a": {"b": 3, "c": 2}}


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("=3", "'=3' does not name a key"),
        ("a..b=3", "'a..b=3' does not name a key"),
        ("a b=3", "'a b=3' does not name a key"),
        ("a.b=[1", "command line:1:1: a.b: is not YAML"),
        ("a.b=!foo 1", "command line:1:1: a.b: the value cannot be read"),
        ("a.b=yes", "command line:1:1: warning: a.b: 'yes' is read as true"),
    ],
)
def test_a_faulty_override_is_placed_at_the_command_line(override: str, says: str) -> None:
    _, (problem,) = override_tree([override])

    assert problem.place == Place("command line", 1, 1)
    assert says in str(problem)


def test_arguments_with_an_equals_sign_are_overrides_unless_they_are_files(tmp_path: object) -> None:
    odd = tmp_path / "a=b.yaml"
    odd.write_text("")

    paths, overrides = split_arguments(["one.yaml", "a.b=1", str(odd), "two.yaml"])

    assert [path.name for path in paths] == ["one.yaml", "a=b.yaml", "two.yaml"]
    assert overrides == ["a.b=1"]
