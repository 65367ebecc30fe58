"""What ``tracknet check`` says of the section."""

from typing import get_args

import pytest

from tracknet_core.descriptors import BackboneOutline, BackboneRequest, LayerOutline
from tracknet_lora.check import check
from tracknet_lora.config import LoraConfig, TaskType

REQUEST = BackboneRequest(config=None, pretrained_model_name=None, frames=1, image_size=(96, 64))
OUTLINE = BackboneOutline(
    channels=(32,),
    strides=(16,),
    layers=(
        LayerOutline(name="embeddings.patch_embeddings", shape=(32, 3, 16, 16)),
        LayerOutline(name="layer.0.norm1", shape=(32,)),
        LayerOutline(name="layer.0.attention.q_proj", shape=(32, 32)),
        LayerOutline(name="layer.0.mlp.up_proj", shape=(64, 32)),
        LayerOutline(name="layer.0.local", shape=(32, 1, 3, 3)),
    ),
)


def lines(outline: BackboneOutline | None = OUTLINE, **settings: object) -> list[str]:
    return [str(problem) for problem in check(LoraConfig(enabled=True, **settings), REQUEST, outline)]


def test_the_defaults_are_fine() -> None:
    assert lines() == []


def test_names_that_match_are_fine() -> None:
    assert lines(target_modules=("q_proj", "layer.0.mlp", "patch_embeddings")) == []


def test_a_typing_error() -> None:
    assert lines(target_modules=("q_prj",)) == [
        (
            "lora.target_modules: 'q_prj' matches no layer. Did you mean 'q_proj'? "
            "Layers that can be adapted: patch_embeddings, q_proj, up_proj."
        )
    ]


def test_older_names_get_a_note() -> None:
    assert lines(target_modules=("query", "fc1")) == [
        (
            "warning: lora.target_modules: older names are translated: in this model 'query' means q_proj, "
            "'fc1' means up_proj. Write target_modules: [q_proj, up_proj]."
        )
    ]


@pytest.mark.parametrize("name", ["norm1", "local"])
def test_layers_that_cannot_be_adapted(name: str) -> None:
    (line,) = lines(target_modules=(name,))
    assert line.startswith(f"lora.target_modules: {name!r} cannot be adapted: layer.0.{name} is ")


@pytest.mark.parametrize("outline", [None, BackboneOutline(channels=(32,), strides=(16,))])
def test_of_unknown_layers_nothing_is_said(outline: BackboneOutline | None) -> None:
    assert lines(outline, target_modules=("anything",), r=999) == []


@pytest.mark.parametrize("outline", [None, OUTLINE])
def test_an_empty_list_is_an_error_whatever_is_known(outline: BackboneOutline | None) -> None:
    (line,) = lines(outline, target_modules=())
    assert line.startswith("lora.target_modules: is an empty list. Write target_modules: null")


def test_a_rank_that_no_target_can_have() -> None:
    assert lines(r=32) == []
    assert lines(r=33) == [
        (
            "warning: lora.r: 33 is more than the full rank of layer.0.attention.q_proj, which is 32. "
            "Lower it: a larger adapter learns nothing more."
        )
    ]


def test_task_types_are_those_of_peft() -> None:
    from peft import TaskType as PeftTaskType

    assert set(get_args(TaskType)) == {kind.value for kind in PeftTaskType}
