"""Every key and value knows its line and column, and YAML's traps are caught."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.locate import locate, read
from tracknet_core.config.problems import Place, Severity
from tracknet_core.config.scalars import Dumper
from tracknet_core.config.tree import plain

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12)
KEYS = st.text(min_size=1, max_size=8)
TREES = st.dictionaries(
    KEYS,
    st.recursive(
        SCALARS,
        lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
        max_leaves=8,
    ),
    max_size=4,
)


def value(text: str) -> object:
    tree, problems = locate(f"key: {text}", "f.yaml")
    assert problems == []
    return plain(tree.entries["key"].node)


@given(TREES)
def test_what_is_written_is_read_back(tree: dict[str, object]) -> None:
    text = yaml.dump(tree, Dumper=Dumper, sort_keys=False, allow_unicode=True)

    located, problems = locate(text, "f.yaml")

    assert problems == []
    assert plain(located) == tree


@given(TREES)
def test_a_key_is_where_its_place_says(tree: dict[str, object]) -> None:
    text = yaml.dump({f"k{n}": v for n, v in enumerate(tree.values())}, Dumper=Dumper, sort_keys=False)

    located, _ = locate(text, "f.yaml")

    lines = text.split("\n")
    for key, entry in located.entries.items():
        assert lines[entry.place.line - 1][entry.place.column - 1 :].startswith(f"{key}:")


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    _, problems = locate(text, "f.yaml")

    assert all(problem.place for problem in problems)


@given(st.binary())
def test_no_file_is_too_strange(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "strange.yaml"
    path.write_bytes(data)

    read(path)


def test_keys_and_values_know_their_places() -> None:
    tree, _ = locate("a: 1\nb:\n  c: [x, y]\n", "f.yaml")

    assert tree.place_of("b.c") == Place("f.yaml", 3, 3)
    assert tree.find("b.c").node.nodes[1].place == Place("f.yaml", 3, 10)
    assert tree.place_of("b.unknown") == Place("f.yaml", 2, 1)
    assert tree.place_of("unknown") == Place("f.yaml", 1, 1)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1e-4", 1e-4),
        ("5E+2", 500.0),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("12", 12),
        ("-1_000", -1000),
        ("0x1F", 31),
        ("true", True),
        ("~", None),
        ("", None),
        ("'1e-4'", "1e-4"),
        ("!!str 12", "12"),
        ("!!float 3", 3.0),
        ("12:30", "12:30"),
        ("2024-01-31", "2024-01-31"),
        ("007", "007"),
        ("v1.2.3", "v1.2.3"),
        (".inf", float("inf")),
    ],
)
def test_a_plain_value_is_read_as_people_mean_it(text: str, expected: object) -> None:
    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "line", "column", "says"),
    [
        ("a: 1\nb:\n  c: 1\n  c: 2\n", 4, 3, "b.c: duplicate key, first on line 3"),
        ("a:\n\tb: 1\n", 2, 1, "has a tab where YAML wants spaces"),
        ("a:\n  - b\n\t- c\n", 3, 1, "has a tab where YAML wants spaces"),
        ("- 1\n- 2\n", 1, 1, "holds a list instead of keys"),
        ("just text\n", 1, 1, "holds a single value instead of keys"),
        ("a: [1, 2\nb: 3\n", 2, 2, "is not YAML"),
        ("a: b: c\n", 1, 5, "is not YAML"),
        ("a: 1\n---\nb: 2\n", 2, 1, "holds a second document"),
        ("a: &x\n  b: *x\n", 1, 4, "the anchor contains itself"),
        ("a: !!python/object:os.system x\n", 1, 4, "means nothing here"),
        ("a: !!int many\n", 1, 4, "the value cannot be read"),
        ("? [1, 2]\n: 3\n", 1, 3, "a key must be a single word"),
        ("a: *nowhere\n", 1, 4, "undefined alias"),
        ("<<: 3\n", 1, 5, "<< must name a mapping"),
        ("a: 1\nb: \x07\n", 2, 4, "has a control character"),
    ],
)
def test_a_faulty_document_is_an_error_at_its_place(text: str, line: int, column: int, says: str) -> None:
    _, problems = locate(text, "f.yaml")

    (problem,) = problems
    assert problem.place == Place("f.yaml", line, column)
    assert says in str(problem)
    assert problem.severity is Severity.ERROR


@pytest.mark.parametrize(
    ("word", "said"), [("yes", "true"), ("No", "false"), ("on", "true"), ("OFF", "false")]
)
def test_yes_and_no_are_said_aloud(word: str, said: str) -> None:
    tree, (problem,) = locate(f"a:\n  b: {word}\n", "f.yaml")

    assert str(problem).startswith(f"f.yaml:2:6: warning: a.b: '{word}' is read as {said}. Write {said},")
    assert plain(tree) == {"a": {"b": said == "true"}}


def test_one_fault_does_not_hide_the_next() -> None:
    _, problems = locate("a: 1\na: 2\nb: 1\nb: 2\n", "f.yaml")

    assert [problem.place.line for problem in problems] == [2, 4]


def test_anchors_aliases_and_merge_keys_work() -> None:
    text = """
base: &base {r: 8, bias: none}
other: &other {r: 4, extra: 1}
one:
  <<: *base
  r: 16
two:
  <<: [*base, *other]
three: *base
"""
    tree, problems = locate(text, "f.yaml")

    assert problems == []
    values = plain(tree)
    assert values["one"] == {"r": 16, "bias": "none"}
    assert values["two"] == {"r": 8, "bias": "none", "extra": 1}
    assert values["three"] == {"r": 8, "bias": "none"}


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "null\n"])
def test_an_empty_document_is_an_empty_configuration(text: str) -> None:
    tree, problems = locate(text, "f.yaml")

    assert (plain(tree), problems) == ({}, [])


def test_deep_nesting_is_refused_in_a_line() -> None:
    _, (problem,) = locate("a: " + "[" * 5000, "f.yaml")

    assert "nested too deeply" in problem.message


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes("a: 1\nname: café".encode("latin-1"))

    _, (problem,) = read(path)

    assert (problem.place.line, problem.place.column) == (2, 10)
    assert "is not UTF-8" in problem.message


def test_a_byte_order_mark_and_windows_lines_are_read(tmp_path: Path) -> None:
    path = tmp_path / "f.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")

    tree, problems = read(path)

    assert (plain(tree), problems) == ({"a": 1, "b": 2}, [])


@pytest.mark.parametrize(("name", "says"), [("absent.yaml", "there is no such file"), ("", "is a folder")])
def test_what_is_not_a_file_is_an_error(tmp_path: Path, name: str, says: str) -> None:
    _, (problem,) = read(tmp_path / name)

    assert says in str(problem)
