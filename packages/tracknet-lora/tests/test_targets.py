"""Which layers a ``target_modules`` means, in models as transformers builds them."""

from collections.abc import Callable

import pytest
from torch import nn

from tracknet_core.config.problems import Severity
from tracknet_core.descriptors import LayerOutline
from tracknet_lora.layers import find_layers
from tracknet_lora.old_names import translate
from tracknet_lora.targets import Layer, Targets, outlined_layers, resolve

BackboneOf = Callable[[str], nn.Module]

ATTENTION = {"q_proj", "k_proj", "v_proj", "o_proj"}
OLD = ("query", "key", "value", "dense")


def named(targets: Targets) -> set[str]:
    """The last component of every layer, which must be there in both blocks."""
    layers = [layer.name for layer in targets.layers]
    assert len({name.rpartition(".")[2] for name in layers}) * 2 == len(layers)
    return {name.rpartition(".")[2] for name in layers}


def lines(targets: Targets) -> list[str]:
    return [str(problem) for problem in targets.problems]


def linear(*names: str) -> tuple[Layer, ...]:
    return tuple(Layer(name=name, kind="linear") for name in names)


class TestFamilies:
    @pytest.mark.parametrize(
        ("family", "output"),
        [("dinov3", "o_proj"), ("dinov2", "o_proj"), ("vit", "o_proj"), ("siglip", "out_proj")],
    )
    def test_null_is_the_attention_of_all_blocks(
        self, backbone_of: BackboneOf, family: str, output: str
    ) -> None:
        targets = resolve(None, find_layers(backbone_of(family).model))
        assert named(targets) == {"q_proj", "k_proj", "v_proj", output}
        assert targets.problems == ()

    @pytest.mark.parametrize(
        ("family", "mlp"),
        [
            ("dinov3", ("up_proj", "down_proj")),
            ("dinov3-gated", ("gate_proj", "up_proj", "down_proj")),
            ("dinov2", ("fc1", "fc2")),
            ("dinov2-gated", ("gate_proj", "up_proj", "down_proj")),
            ("vit", ("fc1", "fc2")),
        ],
    )
    def test_names_of_transformers_4_mean_attention_and_mlp(
        self, backbone_of: BackboneOf, family: str, mlp: tuple[str, ...]
    ) -> None:
        targets = resolve(OLD, find_layers(backbone_of(family).model))
        assert named(targets) == {*ATTENTION, *mlp}
        (problem,) = targets.problems
        assert problem.severity is Severity.WARNING
        written = ", ".join(("q_proj", "k_proj", "v_proj", "o_proj", *mlp))
        assert problem.remedy == f"Write target_modules: [{written}]."

    @pytest.mark.parametrize(
        ("name", "meant"),
        [
            ("qkv", {"q_proj", "k_proj", "v_proj"}),
            ("proj", {"o_proj"}),
            ("out_proj", {"o_proj"}),
            ("attention.output.dense", {"o_proj"}),
            ("attention.dense", {"o_proj"}),
            ("attention.attention.query", {"q_proj"}),
            ("fc1", {"up_proj"}),
            ("intermediate.dense", {"up_proj"}),
            ("mlp.fc2", {"down_proj"}),
            ("output.dense", {"o_proj", "down_proj"}),
            ("layer.*.attention.query", {"q_proj"}),
            ("layer.*.output.dense", {"down_proj"}),
        ],
    )
    def test_each_old_name_in_dinov3(self, backbone_of: BackboneOf, name: str, meant: set[str]) -> None:
        targets = resolve((name,), find_layers(backbone_of("dinov3").model))
        assert named(targets) == meant
        assert lines(targets)[0].startswith(
            f"warning: lora.target_modules: older names are translated: in this model {name!r} means "
        )

    def test_the_words_of_the_note(self, backbone_of: BackboneOf) -> None:
        targets = resolve(("query", "dense", "v_proj"), find_layers(backbone_of("dinov3").model))
        assert lines(targets) == [
            (
                "warning: lora.target_modules: older names are translated: in this model "
                "'query' means q_proj, 'dense' means o_proj, up_proj and down_proj. "
                "Write target_modules: [q_proj, o_proj, up_proj, down_proj, v_proj]."
            )
        ]

    def test_the_note_does_not_repeat_what_is_wrong(self, backbone_of: BackboneOf) -> None:
        targets = resolve(("query", "v_prj"), find_layers(backbone_of("dinov3").model))
        assert [problem.severity for problem in targets.problems] == [Severity.ERROR, Severity.WARNING]
        assert targets.problems[1].remedy == "Write target_modules: [q_proj]."

    @pytest.mark.parametrize("family", ["dinov3", "dinov2", "vit"])
    def test_what_the_note_says_to_write_means_the_same_without_a_note(
        self, backbone_of: BackboneOf, family: str
    ) -> None:
        layers = find_layers(backbone_of(family).model)
        old = resolve((*OLD, "layer.1.output.dense"), layers)
        written = old.problems[0].remedy.partition("[")[2].partition("]")[0].split(", ")
        new = resolve(tuple(written), layers)
        assert (new.layers, new.problems) == (old.layers, ())

    @pytest.mark.parametrize(
        ("family", "layer"),
        [
            ("dinov3", "model.layer.1.attention.q_proj"),
            ("dinov2", "encoder.layer.1.attention.q_proj"),
            ("vit", "layers.1.attention.q_proj"),
        ],
    )
    def test_an_old_name_keeps_to_its_block(self, backbone_of: BackboneOf, family: str, layer: str) -> None:
        old = "encoder.layer.1.attention.attention.query"
        targets = resolve((old,), find_layers(backbone_of(family).model))
        assert [target.name for target in targets.layers] == [layer]

    def test_a_pooler_of_that_name_is_not_what_dense_means(self, backbone_of: BackboneOf) -> None:
        layers = find_layers(backbone_of("vit").model)
        assert "pooler.dense" in {layer.name for layer in layers}
        assert named(resolve(("dense",), layers)) == {"o_proj", "fc1", "fc2"}
        assert [layer.name for layer in resolve(("pooler.dense",), layers).layers] == ["pooler.dense"]

    def test_new_names_in_a_model_with_old_ones(self) -> None:
        layers = linear(
            "encoder.layer.0.attention.attention.query",
            "encoder.layer.0.attention.output.dense",
            "encoder.layer.0.intermediate.dense",
            "encoder.layer.0.output.dense",
        )
        assert translate("o_proj", [layer.name for layer in layers]) == (
            "encoder.layer.0.attention.output.dense",
        )
        assert translate("fc2", [layer.name for layer in layers]) == ("encoder.layer.0.output.dense",)
        assert [layer.name for layer in resolve(("dense",), layers).layers] == [
            layer.name for layer in layers[1:]
        ]

    def test_a_fused_layer_is_all_that_it_holds(self) -> None:
        layers = linear("blocks.0.attn.qkv", "blocks.0.attn.proj", "blocks.0.mlp.fc1", "blocks.0.mlp.fc2")
        assert translate("query", [layer.name for layer in layers]) == ("blocks.0.attn.qkv",)
        assert translate("out_proj", [layer.name for layer in layers]) == ("blocks.0.attn.proj",)

    def test_a_projection_outside_the_attention_is_not_its_output(self) -> None:
        layers = ["blocks.0.attn.proj", "blocks.0.downsample.proj"]
        assert translate("out_proj", layers) == ("blocks.0.attn.proj",)


class TestNames:
    LAYERS = linear(*(f"layer.{block}.{name}" for block in range(12) for name in ("q_proj", "mlp.up")))

    def found(self, *names: str) -> list[str]:
        return [layer.name for layer in resolve(names, self.LAYERS).layers]

    def test_components_are_matched_never_substrings(self) -> None:
        assert self.found("layer.1") == ["layer.1.q_proj", "layer.1.mlp.up"]
        assert resolve(("proj",), linear("layer.0.qq_proj")).layers == ()

    def test_globs_match_within_a_component(self) -> None:
        assert self.found("layer.[01].*_proj") == ["layer.0.q_proj", "layer.1.q_proj"]
        assert self.found("layer.1?.mlp") == ["layer.10.mlp.up", "layer.11.mlp.up"]

    def test_layers_come_in_the_order_of_the_module(self) -> None:
        assert self.found("layer.3.mlp", "layer.2.q_proj") == ["layer.2.q_proj", "layer.3.mlp.up"]

    def test_a_name_that_matches_nothing(self) -> None:
        assert lines(resolve(("q_porj", "mlp"), self.LAYERS)) == [
            (
                "lora.target_modules: 'q_porj' matches no layer. Did you mean 'q_proj'? "
                "Layers that can be adapted: q_proj, up."
            )
        ]

    def test_a_block_that_is_not_there(self) -> None:
        (line,) = lines(resolve(("layer.12.q_proj",), self.LAYERS))
        assert "'layer.12.q_proj' matches no layer." in line

    def test_an_empty_list(self) -> None:
        assert lines(resolve((), self.LAYERS)) == [
            (
                "lora.target_modules: is an empty list. "
                "Write target_modules: null for those that suit the backbone."
            )
        ]

    def test_a_long_list_is_cut(self) -> None:
        (line,) = lines(resolve(("x",), linear(*(f"name{i}" for i in range(40)))))
        assert line.endswith("name10, name11, ….")


class TestNull:
    def test_what_the_backbone_declares(self) -> None:
        layers = linear("layer.0.attention.q_proj", "layer.0.mlp.up", "layer.1.mlp.up")
        declared = resolve(None, layers, ("mlp",))
        assert [layer.name for layer in declared.layers] == ["layer.0.mlp.up", "layer.1.mlp.up"]

    def test_a_declaration_that_matches_nothing(self) -> None:
        (line,) = lines(resolve(None, linear("layer.0.mlp"), ("q_proj",)))
        assert "the backbone declares q_proj, which match none of its layers" in line

    def test_attention_outside_the_blocks_is_not_meant(self) -> None:
        layers = linear("blocks.0.attn.qkv", "head.attn.qkv", "blocks.0.mlp.fc1")
        assert [layer.name for layer in resolve(None, layers).layers] == ["blocks.0.attn.qkv"]

    def test_linear_layers_where_there_is_no_attention(self, backbone_of: BackboneOf) -> None:
        targets = resolve(None, find_layers(backbone_of("convnext").model))
        assert {layer.name.rpartition(".")[2] for layer in targets.layers} == {
            "pointwise_conv1",
            "pointwise_conv2",
        }

    def test_convolutions_where_there_is_nothing_else(self) -> None:
        unet = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.Conv2d(8, 8, 3, groups=8))
        assert [layer.name for layer in resolve(None, find_layers(unet)).layers] == ["0"]

    def test_a_backbone_without_any(self) -> None:
        (line,) = lines(resolve(None, find_layers(nn.Sequential(nn.BatchNorm2d(8)))))
        assert line.endswith("that LoRA can adapt. Set lora.enabled: false.")


class TestObstacles:
    NET = nn.ModuleDict(
        {
            "plain": nn.Conv2d(8, 8, 3),
            "depthwise": nn.Conv2d(8, 8, 3, groups=8),
            "dilated": nn.Conv2d(8, 8, 3, dilation=2),
            "mirrored": nn.Conv2d(8, 8, 3, padding=1, padding_mode="reflect"),
            "table": nn.Embedding(4, 8),
            "norm": nn.LayerNorm(8),
            "mixer": nn.MultiheadAttention(8, 2),
        }
    )

    @pytest.mark.parametrize(
        ("name", "reason"),
        [
            ("depthwise", "it is a grouped convolution, into which no adapter can be merged"),
            ("dilated", "it is a dilated convolution, which PEFT cannot adapt"),
            ("mirrored", "it is a convolution with reflect padding, which PEFT cannot adapt"),
            ("table", "it is of type Embedding, neither a linear layer nor a convolution"),
            ("norm", "it is of type LayerNorm, neither a linear layer nor a convolution"),
            ("mixer", "mixer.out_proj is a part of torch's MultiheadAttention, which never calls it"),
        ],
    )
    def test_a_layer_that_cannot_be_adapted_is_refused_by_name(self, name: str, reason: str) -> None:
        assert lines(resolve((name,), find_layers(self.NET))) == [
            f"lora.target_modules: {name!r} cannot be adapted: {reason}. Layers that can be adapted: plain."
        ]

    def test_it_is_refused_among_others_of_its_name(self) -> None:
        net = nn.ModuleList([nn.ModuleDict({"c": nn.Conv2d(8, 8, 1, groups=g)}) for g in (1, 2)])
        targets = resolve(("c",), find_layers(net))
        assert ["1.c is a grouped" in line for line in lines(targets)] == [True]

    def test_below_what_is_named_it_is_left_out(self) -> None:
        net = nn.ModuleDict({"stage": nn.ModuleList([nn.Conv2d(8, 8, 1), nn.BatchNorm2d(8)])})
        for name in ("stage", "stage.*"):
            targets = resolve((name,), find_layers(net))
            assert ([layer.name for layer in targets.layers], targets.problems) == (["stage.0"], ())

    def test_shapes_tell_what_they_can(self) -> None:
        outline = {"fc": (8, 4), "conv": (8, 4, 3, 3), "depthwise": (8, 1, 3, 3), "norm": (8,)}
        layers = outlined_layers(LayerOutline(name=name, shape=shape) for name, shape in outline.items())
        assert {layer.name: (layer.kind, bool(layer.obstacle)) for layer in layers} == {
            "fc": ("linear", False),
            "conv": ("convolution", False),
            "depthwise": ("convolution", True),
            "norm": ("other", True),
        }

    def test_a_layer_that_no_map_depends_on_is_not_there(self, backbone_of: BackboneOf) -> None:
        model = backbone_of("vit").model
        model.pooler.requires_grad_(False)
        assert "pooler.dense" not in {layer.name for layer in find_layers(model)}
        model.requires_grad_(False)
        assert "pooler.dense" in {layer.name for layer in find_layers(model)}
