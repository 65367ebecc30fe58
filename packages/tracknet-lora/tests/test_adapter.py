"""What PEFT leaves inside a module, and what merging takes out again."""

import warnings
from collections.abc import Callable

import pytest
import torch
from peft.tuners.lora import LoraLayer
from torch import Tensor, nn

from tracknet_core.config.problems import UserError
from tracknet_core.testing.tiny import TinyBackbone, tiny_frames
from tracknet_lora.adapter import adapt, adapted_layers, merge
from tracknet_lora.config import LoraConfig

BackboneOf = Callable[[str], nn.Module]

DEFAULT = LoraConfig(enabled=True)


class Net(nn.Module):
    """A small network of convolutions as an adapter sees a backbone, itself the pretrained module."""

    lora_targets: tuple[str, ...] = ()
    inflated_layers: tuple[str, ...] = ()

    def __init__(self, **layers: nn.Module) -> None:
        super().__init__()
        for name, layer in layers.items():
            self.add_module(name, layer)

    def forward(self, pixels: Tensor) -> Tensor:
        for layer in self.children():
            pixels = layer(pixels)
        return pixels


def unet() -> Net:
    torch.manual_seed(0)
    return Net(
        conv1=nn.Conv2d(3, 8, 3, padding="same", bias=False),
        norm=nn.BatchNorm2d(8),
        down=Net(conv1=nn.Conv2d(8, 8, 2, stride=2), conv2=nn.Conv2d(8, 8, 1)),
        mix=nn.Conv2d(8, 8, 3, groups=8),
    ).eval()


def learn(module: nn.Module) -> None:
    """Give every parameter that trains another value."""
    module.eval()
    torch.manual_seed(1)
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)


def training(module: nn.Module) -> set[str]:
    return {name for name, parameter in module.named_parameters() if parameter.requires_grad}


class TestAdapt:
    def test_the_module_stays_the_object_that_it_is(self) -> None:
        blocks = nn.ModuleList([nn.Linear(8, 8)])
        assert adapt(blocks, LoraConfig(target_modules=("0",)), Net()) is blocks
        assert type(blocks) is nn.ModuleList

    def test_exactly_the_adapters_train_and_in_float32(self, backbone_of: BackboneOf) -> None:
        backbone = backbone_of("dinov3")
        backbone.model.to(torch.bfloat16)
        adapt(backbone.model, LoraConfig(use_dora=True), backbone)
        parts = ("lora_A.default.weight", "lora_B.default.weight", "lora_magnitude_vector.default.weight")
        attention = ("q_proj", "k_proj", "v_proj", "o_proj")
        assert training(backbone.model) == {
            f"model.layer.{block}.attention.{name}.{part}"
            for block in range(2)
            for name in attention
            for part in parts
        }
        assert {p.dtype for p in backbone.parameters() if p.requires_grad} == {torch.float32}

    def test_the_settings_reach_peft(self, backbone_of: BackboneOf) -> None:
        backbone = backbone_of("dinov3")
        config = LoraConfig(r=4, lora_alpha=6, lora_dropout=0.25, use_rslora=True)
        adapt(backbone.model, config, backbone)
        layer = next(iter(adapted_layers(backbone.model).values()))
        assert layer.lora_A["default"].weight.shape == (4, 32)
        assert layer.scaling["default"] == 6 / 4**0.5
        assert layer.lora_dropout["default"].p == 0.25

    def test_init_decides_how_a_begins(self) -> None:
        spread = {}
        for init in (True, "gaussian"):
            backbone = TinyBackbone()
            torch.manual_seed(0)
            adapt(backbone.network, LoraConfig(init=init, target_modules=("layer",)), backbone)
            layers = adapted_layers(backbone.network).values()
            spread[init] = torch.cat([layer.lora_A["default"].weight.flatten() for layer in layers]).std()
            assert not any(layer.lora_B["default"].weight.any() for layer in layers)
        torch.testing.assert_close(spread["gaussian"], torch.tensor(1 / 16), rtol=0.05, atol=0)
        assert not torch.isclose(spread[True], spread["gaussian"], rtol=0.05)

    def test_a_name_that_other_names_end_in_catches_no_others(self) -> None:
        net = unet()
        net.inflated_layers = ("conv1",)
        adapt(net, LoraConfig(target_modules=("conv2",)), net)
        assert set(adapted_layers(net)) == {"conv1", "down.conv2"}

    @pytest.mark.parametrize("target_modules", [None, ("o_proj",), ("patches",)])
    def test_inflated_layers_are_always_among_the_targets(
        self, target_modules: tuple[str, ...] | None
    ) -> None:
        backbone = TinyBackbone(frames=3)
        weight = backbone.network.patches.weight
        adapt(backbone.network, LoraConfig(target_modules=target_modules), backbone)
        assert "patches" in adapted_layers(backbone.network)
        assert not weight.requires_grad

    def test_without_inflation_they_are_not(self) -> None:
        backbone = TinyBackbone()
        adapt(backbone.network, DEFAULT, backbone)
        assert "patches" not in adapted_layers(backbone.network)

    @pytest.mark.parametrize("family", ["dinov3", "dinov2", "vit"])
    def test_old_names_adapt_what_they_mean(self, backbone_of: BackboneOf, family: str) -> None:
        backbone = backbone_of(family)
        adapt(backbone.model, LoraConfig(target_modules=("query", "key", "value", "dense")), backbone)
        assert len(adapted_layers(backbone.model)) == 2 * 6

    def test_a_target_that_matches_nothing_is_said_in_a_line(self) -> None:
        backbone = TinyBackbone()
        with pytest.raises(UserError) as caught:
            adapt(backbone.network, LoraConfig(target_modules=("q_porj",)), backbone)
        assert str(caught.value) == (
            "lora.target_modules: 'q_porj' matches no layer. Did you mean 'q_proj'? "
            "Layers that can be adapted: patches, q_proj, k_proj, v_proj, o_proj, up_proj, down_proj."
        )

    def test_a_grouped_convolution_is_refused(self) -> None:
        net = unet()
        with pytest.raises(UserError, match="it is a grouped convolution"):
            adapt(net, LoraConfig(target_modules=("mix",)), net)


class TestBias:
    def test_of_the_targets_alone(self, backbone_of: BackboneOf) -> None:
        backbone = backbone_of("vit")
        adapt(backbone.model, LoraConfig(bias="lora_only", target_modules=("fc1",)), backbone)
        biases = {name for name in training(backbone.model) if "lora_" not in name}
        assert biases == {f"layers.{block}.mlp.fc1.base_layer.bias" for block in range(2)}

    def test_all_but_those_that_no_map_depends_on(self, backbone_of: BackboneOf) -> None:
        backbone = backbone_of("vit")
        backbone.model.pooler.requires_grad_(False)
        everything = {name for name, _ in backbone.model.named_parameters() if name.endswith("bias")}
        adapt(backbone.model, LoraConfig(bias="all", target_modules=("fc1",)), backbone)
        biases = {n.replace(".base_layer", "") for n in training(backbone.model) if "lora_" not in n}
        assert biases == everything - {"pooler.dense.bias"}

    def test_all_of_a_module_that_was_frozen_as_a_whole(self) -> None:
        backbone = TinyBackbone()
        backbone.network.requires_grad_(False)
        adapt(backbone.network, LoraConfig(bias="all"), backbone)
        assert "patches.bias" in training(backbone.network)


class TestMerge:
    @pytest.mark.parametrize("settings", [{}, {"use_dora": True}, {"use_rslora": True}, {"bias": "all"}])
    def test_convolutions_compute_the_same_without_peft(self, settings: dict[str, object]) -> None:
        net, plain = unet(), unet()
        adapt(net, LoraConfig(r=4, target_modules=("conv1", "conv2"), **settings), net)
        learn(net)
        pixels = torch.randn(1, 3, 16, 16)
        with torch.no_grad():
            before = net(pixels)
            assert not torch.allclose(before, plain(pixels), rtol=1e-2)
            assert merge(net) is net
            torch.testing.assert_close(net(pixels), before, rtol=1e-4, atol=1e-4)
        assert [(n, type(m)) for n, m in net.named_modules()] == [
            (n, type(m)) for n, m in plain.named_modules()
        ]
        assert vars(net).keys() == vars(plain).keys()

    def test_a_merged_module_can_be_adapted_again(self) -> None:
        backbone = TinyBackbone()
        adapt(backbone.network, DEFAULT, backbone)
        merge(backbone.network)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            adapt(backbone.network, DEFAULT, backbone)
        assert adapted_layers(backbone.network)

    def test_a_quantized_layer_is_refused_and_nothing_was_merged(self) -> None:
        backbone = TinyBackbone()
        adapt(backbone.network, DEFAULT, backbone)
        learn(backbone.network)
        backbone.network.layer[11].attention.o_proj.base_layer.weight.quant_state = "nf4"
        before = backbone(tiny_frames())[0]
        with pytest.raises(RuntimeError, match=r"layer\.11\.attention\.o_proj is quantized: dequantize"):
            merge(backbone.network)
        assert torch.equal(backbone(tiny_frames())[0], before)
        assert not any(m.merged for m in backbone.modules() if isinstance(m, LoraLayer))


class Test4Bit:
    """Over layers of bitsandbytes itself, without tracknet-quant."""

    def quantized(self, *, marked: bool, dtype: torch.dtype = torch.float32) -> TinyBackbone:
        bnb = pytest.importorskip("bitsandbytes")
        backbone = TinyBackbone()
        for name, layer in list(backbone.network.named_modules()):
            if isinstance(layer, nn.Linear):
                packed = bnb.nn.Linear4bit(
                    layer.in_features, layer.out_features, compute_dtype=torch.bfloat16, quant_type="nf4"
                )
                packed.load_state_dict(layer.state_dict())
                packed.support_avx512bf16_for_cpu = False  # it would repack the weight in place
                backbone.network.set_submodule(name, packed.to(dtype).to("cpu"))
        if marked:
            backbone.network.is_loaded_in_4bit = True
        return backbone.eval()

    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    @pytest.mark.parametrize("use_dora", [False, True])
    def test_adapters_train_in_float32_over_packed_weights(self, use_dora: bool, dtype: torch.dtype) -> None:
        backbone = self.quantized(marked=True, dtype=dtype)
        before = backbone(tiny_frames())[0].detach()
        adapt(backbone.network, LoraConfig(use_dora=use_dora, lora_dropout=0.0), backbone)
        after = backbone(tiny_frames())[0]
        torch.testing.assert_close(after, before, rtol=1e-3, atol=1e-3)
        after.square().mean().backward()
        trained = [p for p in backbone.parameters() if p.requires_grad]
        assert {p.dtype for p in trained} == {torch.float32}
        assert all(p.grad is not None for p in trained)

    def test_a_module_that_is_not_marked_is_refused(self) -> None:
        backbone = self.quantized(marked=False)
        with pytest.raises(RuntimeError, match="did not mark the module with is_loaded_in_4bit"):
            adapt(backbone.network, DEFAULT, backbone)


def test_under_autocast_dropout_keeps_sixteen_bits_of_each_number() -> None:
    """PEFT alone casts to float32 before the dropout, whose mask and result are then kept in it."""
    module = adapt(Net(only=nn.Conv2d(3, 8, 1)), LoraConfig(enabled=True, lora_dropout=0.5), nn.Module())
    kept: list[Tensor] = []
    with (
        torch.autograd.graph.saved_tensors_hooks(lambda tensor: kept.append(tensor) or tensor, lambda t: t),
        torch.autocast("cpu", torch.bfloat16),
    ):
        answer = module.train()(torch.randn(1, 3, 16, 16))
    assert answer.dtype == torch.bfloat16
    assert {tensor.dtype for tensor in kept if tensor.shape[-1] == 16} == {torch.bfloat16}


def test_without_autocast_an_adapter_computes_in_its_own_float32() -> None:
    module = adapt(Net(only=nn.Conv2d(3, 8, 1)), DEFAULT, nn.Module())
    with torch.autocast("cpu", torch.bfloat16):
        module(torch.randn(1, 3, 4, 4))
    assert module(torch.randn(1, 3, 4, 4)).dtype == torch.float32
