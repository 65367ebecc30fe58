"""Names mean layers by whole components, wherever these stand in a row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.layer_names import any_names_layer, names_layer

COMPONENTS = st.lists(st.text("abc019_", min_size=1, max_size=4), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("pattern", "layer", "named"),
    [
        ("layer.1", "encoder.layer.1.attention.q_proj", True),
        ("layer.1", "encoder.layer.10.attention.q_proj", False),
        ("q_proj", "layer.0.attention.q_proj", True),
        ("proj", "layer.0.attention.q_proj", False),
        ("*_proj", "layer.0.attention.q_proj", True),
        ("layer.*.mlp", "model.layer.7.mlp.up_proj", True),
        ("layer.*.up_proj", "model.layer.7.mlp.up_proj", False),
        ("layer.[0-3]", "layer.3.mlp", True),
        ("layer.[0-3]", "layer.4.mlp", False),
        ("attention.mlp", "layer.0.attention.q_proj", False),
        ("a.b.c", "b.c", False),
        ("Q_PROJ", "q_proj", False),
    ],
)
def test_a_pattern_names_what_its_components_match(pattern: str, layer: str, named: bool) -> None:
    assert names_layer(pattern, layer) is named


@given(COMPONENTS, st.data())
def test_every_run_of_components_names_the_layer(components: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(components) - 1))
    end = data.draw(st.integers(start + 1, len(components)))
    assert names_layer(".".join(components[start:end]), ".".join(components))


@given(COMPONENTS)
def test_a_part_of_a_component_does_not(components: list[str]) -> None:
    assert not names_layer(f"{components[-1]}x", ".".join(components))


def test_one_of_several_is_enough() -> None:
    assert any_names_layer(("mlp", "q_proj"), "layer.0.q_proj")
    assert not any_names_layer((), "layer.0.q_proj")
