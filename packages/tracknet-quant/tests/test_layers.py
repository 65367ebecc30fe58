"""What 4-bit layers do in a real transformer, in both modes."""

import copy
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from attrs import evolve
from bitsandbytes.functional import _convert_weight_packed_for_cpu
from bitsandbytes.nn import Linear4bit
from peft import LoraConfig, inject_adapter_in_model
from torch import Tensor, nn
from transformers import AutoModel

from tracknet_core.config.problems import UserError
from tracknet_quant import hf, manual
from tracknet_quant.config import QuantizationConfig
from tracknet_quant.dequantize import dequantize
from tracknet_quant.load_options import load_options

Quantize = Callable[..., nn.Module]
SKIP = ("embeddings.patch_embeddings",)
PIXELS = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def features(model: nn.Module) -> Tensor:
    with torch.no_grad():
        tokens: Tensor = model.eval()(pixel_values=PIXELS).last_hidden_state
    return tokens


def four_bit(model: nn.Module) -> dict[str, Linear4bit]:
    return {name: layer for name, layer in model.named_modules() if isinstance(layer, Linear4bit)}


def with_lora(model: nn.Module) -> nn.Module:
    torch.manual_seed(0)
    return inject_adapter_in_model(LoraConfig(r=4, target_modules=["q_proj", "v_proj"]), model)


def train(model: nn.Module, steps: int = 3) -> None:
    training = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(training, lr=0.01)
    for _ in range(steps):
        optimizer.zero_grad()
        tokens = model.train()(pixel_values=PIXELS).last_hidden_state
        (tokens * torch.arange(tokens.numel()).view_as(tokens).sin()).mean().backward()
        optimizer.step()


def lora_state(model: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in model.state_dict().items() if "lora_" in name}


def merged(model: nn.Module) -> nn.Module:
    from peft.tuners.tuners_utils import BaseTunerLayer

    for name, layer in list(model.named_modules()):
        if isinstance(layer, BaseTunerLayer):
            layer.merge()
            model.set_submodule(name, layer.get_base_layer())
    return model


class Layers(nn.Module):
    """Modules under names of one's own."""

    def __init__(self, **parts: nn.Module) -> None:
        super().__init__()
        for name, part in parts.items():
            self.add_module(name, part)


def convert(module: nn.Module, skip: Sequence[str] = (), **settings: Any) -> nn.Module:
    return manual.convert(module, QuantizationConfig(enabled=True, **settings), skip)


@pytest.mark.parametrize("quant_type", ["nf4", "fp4"])
@pytest.mark.parametrize("double", [True, False])
def test_both_modes_give_the_same_bits(
    checkpoint: Path, by_manual: Quantize, by_hf: Quantize, quant_type: str, double: bool
) -> None:
    first = by_manual(checkpoint, quant_type=quant_type, compress_statistics=double)
    second = by_hf(checkpoint, quant_type=quant_type, use_double_quant=double)
    assert four_bit(first).keys() == four_bit(second).keys()
    assert torch.equal(features(first), features(second))


def test_all_linear_layers_and_only_they_have_four_bits(checkpoint: Path, quantize: Quantize) -> None:
    model = quantize(checkpoint)
    assert len(four_bit(model)) == 12
    assert not any(type(layer) is nn.Linear for layer in model.modules())
    assert model.is_loaded_in_4bit is True
    assert model.embeddings.patch_embeddings.weight.dtype == torch.float32
    assert not any(layer.weight.requires_grad for layer in four_bit(model).values())


@pytest.mark.parametrize(
    "pattern", ["layer.1", "model.layer.1.mlp", "*_proj", "layer.[!1].attention", "norm"]
)
def test_skipped_names_are_resolved_alike(
    checkpoint: Path, by_manual: Quantize, by_hf: Quantize, pattern: str
) -> None:
    if pattern == "*_proj":
        with pytest.raises(UserError, match="leave nothing to quantize"):
            by_manual(checkpoint, skip_modules=(pattern,))
        with pytest.raises(UserError, match="leave nothing to quantize"):
            by_hf(checkpoint, skip_modules=(pattern,))
        return
    first, second = (mode(checkpoint, skip_modules=(pattern,)) for mode in (by_manual, by_hf))
    assert four_bit(first).keys() == four_bit(second).keys()
    assert len(four_bit(first)) < 12 or pattern == "norm"


def test_train_validate_train_save_reload_merge(checkpoint: Path, quantize: Quantize) -> None:
    """What a run does. On a CPU with AVX512-BF16 it fails unless the layers are disarmed."""
    model = with_lora(quantize(checkpoint))
    train(model)
    features(model)
    train(model)
    expected, saved = features(model), lora_state(model)

    again = with_lora(quantize(checkpoint))
    again.load_state_dict(saved, strict=False)
    assert torch.equal(features(again), expected)

    plain = with_lora(dequantize(quantize(checkpoint)))
    plain.load_state_dict(saved, strict=False)
    result = features(merged(plain))
    assert (result - expected).norm() < 0.01 * expected.norm()
    assert not four_bit(plain)


def test_a_validation_leaves_every_bit_and_type_where_it_was(checkpoint: Path, quantize: Quantize) -> None:
    model = quantize(checkpoint)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    features(model)
    after = model.state_dict()
    assert after.keys() == before.keys()
    assert all(after[key].dtype == before[key].dtype for key in before)
    assert all(torch.equal(after[key], before[key]) for key in before)


def test_the_trap_is_disarmed_whatever_the_processor(checkpoint: Path, quantize: Quantize) -> None:
    layers = four_bit(quantize(checkpoint)).values()
    assert {layer.support_avx512bf16_for_cpu for layer in layers} == {False}


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_biases_have_the_type_that_is_computed_in(checkpoint: Path, quantize: Quantize, dtype: str) -> None:
    layers = four_bit(quantize(checkpoint, compute_dtype=dtype)).values()
    assert {layer.bias.dtype for layer in layers if layer.bias is not None} == {getattr(torch, dtype)}


def test_copies_compute_the_same(checkpoint: Path, quantize: Quantize) -> None:
    model = quantize(checkpoint)
    expected = features(model)
    assert torch.equal(features(copy.deepcopy(model)), expected)
    assert torch.equal(features(pickle.loads(pickle.dumps(model))), expected)


def test_a_state_dict_loaded_into_plain_layers_loses_the_scales_in_silence(
    checkpoint: Path, quantize: Quantize
) -> None:
    """Why packed weights are never stored: ``strict=False`` hides that they mean nothing."""
    state = quantize(checkpoint).state_dict()
    lost = AutoModel.from_pretrained(checkpoint).load_state_dict(
        {name: tensor for name, tensor in state.items() if ".weight." in name}, strict=False
    )
    assert any(name.endswith("absmax") for name in lost.unexpected_keys)


def test_dequantized_layers_hold_what_the_packed_ones_stand_for(
    checkpoint: Path, quantize: Quantize, tmp_path: Path
) -> None:
    expected = features(quantize(checkpoint, compute_dtype="float32"))
    plain = dequantize(quantize(checkpoint, compute_dtype="float32"))
    assert torch.equal(features(plain), expected)
    plain.save_pretrained(tmp_path)
    assert "quantization_config" not in (tmp_path / "config.json").read_text()
    assert torch.equal(features(AutoModel.from_pretrained(tmp_path)), expected)


def test_a_dequantized_model_can_be_cast_and_moved(checkpoint: Path, quantize: Quantize) -> None:
    plain = dequantize(quantize(checkpoint))
    assert {p.dtype for p in plain.float().parameters()} == {torch.float32}
    assert {p.dtype for p in plain.to(torch.bfloat16).parameters()} == {torch.bfloat16}
    assert not hasattr(plain, "is_loaded_in_4bit")


def test_a_plain_module_is_dequantized_already() -> None:
    module = Layers(one=nn.Linear(8, 8))
    layer = module.one
    assert dequantize(module).one is layer


SHOW_FEATURES = """
import sys, torch
from transformers import AutoModel
model = AutoModel.from_pretrained(sys.argv[1]).eval()
if sys.argv[3] == "disarmed":
    for layer in model.modules():
        if hasattr(layer, "support_avx512bf16_for_cpu"):
            layer.support_avx512bf16_for_cpu = False
pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
with torch.no_grad():
    torch.save(model(pixel_values=pixels).last_hidden_state, sys.argv[2])
assert not any(name.startswith("tracknet") for name in sys.modules)
"""


def test_what_hf_saves_opens_without_tracknet(checkpoint: Path, by_hf: Quantize, tmp_path: Path) -> None:
    """To the bit where the layers are disarmed as the README says."""
    model = by_hf(checkpoint, skip_modules=("layer.1.mlp",))
    model.save_pretrained(tmp_path / "model")
    file = tmp_path / "features.pt"
    arguments = [str(tmp_path / "model"), str(file), "disarmed"]
    subprocess.run([sys.executable, "-c", SHOW_FEATURES, *arguments], check=True)
    assert torch.equal(torch.load(file), features(model))


class TestManual:
    def test_any_module_with_linear_layers_will_do(self) -> None:
        module = Layers(stem=nn.Conv2d(3, 4, 3), inner=nn.Sequential(nn.Linear(5, 3), nn.Linear(3, 7)))
        assert list(four_bit(convert(module))) == ["inner.0", "inner.1"]

    def test_weights_are_quantized_at_once(self) -> None:
        layer = convert(Layers(one=nn.Linear(64, 32))).one
        assert layer.weight.dtype == torch.uint8
        assert layer.weight.quant_state.shape == (32, 64)

    def test_no_random_numbers_are_drawn(self) -> None:
        module = Layers(one=nn.Linear(64, 64))
        before = torch.get_rng_state()
        convert(module)
        assert torch.equal(torch.get_rng_state(), before)

    def test_subclasses_are_left_alone(self) -> None:
        """Multi-head attention reads its output projection's weight, never calls the layer."""
        module = Layers(attention=nn.MultiheadAttention(64, 2), one=nn.Linear(64, 64))
        assert list(four_bit(convert(module))) == ["one"]
        tokens = torch.randn(5, 2, 64)
        assert module.attention(tokens, tokens, tokens)[0].isfinite().all()

    def test_a_shared_layer_stays_shared(self) -> None:
        shared = nn.Linear(64, 64)
        module = convert(Layers(one=shared, two=shared))
        assert isinstance(module.one, Linear4bit)
        assert module.one is module.two
        plain = dequantize(module)
        assert type(plain.one) is nn.Linear
        assert plain.one is plain.two

    def test_layers_keep_their_training_mode(self) -> None:
        module = Layers(one=nn.Linear(64, 64), two=nn.Linear(64, 64))
        module.one.eval()
        assert (convert(module).one.training, module.two.training) == (False, True)
        assert (dequantize(module).one.training, module.two.training) == (False, True)

    def test_a_backbone_of_convolutions_is_refused(self) -> None:
        with pytest.raises(UserError, match=r"the backbone has none that are plain\..*LoRA works on conv"):
            convert(Layers(one=nn.Conv2d(3, 3, 3)))

    def test_leaving_everything_alone_is_refused_with_the_names(self) -> None:
        module = Layers(one=nn.Linear(4, 4), two=nn.Linear(4, 4))
        with pytest.raises(
            UserError, match=r"one, t\* leave nothing to quantize; the linear layers are one, two"
        ):
            convert(module, skip=("one",), skip_modules=("t*",))

    def test_a_name_that_means_nothing_is_refused(self) -> None:
        with pytest.raises(UserError, match="skip_modules: 'tow' names no layer"):
            convert(Layers(one=nn.Linear(4, 4), two=nn.Linear(4, 4)), skip_modules=("tow",))

    def test_quantizing_twice_is_refused(self) -> None:
        with pytest.raises(UserError, match="none that are plain"):
            convert(convert(Layers(one=nn.Linear(64, 64))))


class TestHf:
    config = QuantizationConfig(enabled=True)

    def test_a_model_that_was_loaded_plainly_is_refused(self, checkpoint: Path) -> None:
        with pytest.raises(
            UserError, match=r"did not load any layer in 4 bits\. Set quantization\.mode: manual"
        ):
            hf.confirm(AutoModel.from_pretrained(checkpoint), self.config, SKIP)

    def test_a_layer_that_was_to_be_left_alone_is_found(self, checkpoint: Path) -> None:
        model = AutoModel.from_pretrained(checkpoint, **load_options(self.config, ()))
        with pytest.raises(
            UserError, match=r"6 layers that are to be left alone, model\.layer\.1\.attention.k_proj"
        ):
            hf.confirm(model, self.config, ("layer.1",))

    def test_a_layer_that_was_missed_is_found(self, checkpoint: Path) -> None:
        model = AutoModel.from_pretrained(checkpoint, **load_options(self.config, ("layer.1",)))
        with pytest.raises(
            UserError, match=r"left 6 of 12 layers as they were, model\.layer\.1\.attention.k_proj"
        ):
            hf.confirm(model, self.config, ())

    @pytest.mark.parametrize(
        ("key", "value", "message"),
        [
            (
                "quant_type",
                "fp4",
                "fp4 was asked for, and model.layer.0.attention.k_proj was loaded with nf4",
            ),
            ("compute_dtype", "float32", "float32 was asked for"),
            ("use_double_quant", False, "false was asked for"),
        ],
    )
    def test_four_bits_of_another_kind_are_refused(
        self, checkpoint: Path, key: str, value: object, message: str
    ) -> None:
        model = AutoModel.from_pretrained(checkpoint, **load_options(self.config, ()))
        with pytest.raises(UserError, match=re.escape(f"quantization.{key}: {message}")):
            hf.confirm(model, evolve(self.config, **{key: value}), ())

    def test_a_checkpoint_in_four_bits_is_refused_by_transformers_itself(
        self, checkpoint: Path, by_hf: Quantize, tmp_path: Path
    ) -> None:
        by_hf(checkpoint).save_pretrained(tmp_path)
        with pytest.raises(ValueError, match="The model is quantized with BitsAndBytesConfig"):
            by_hf(tmp_path)

    @pytest.mark.parametrize("checkpoint", [64], indirect=True)
    def test_repacked_weights_are_refused(self, checkpoint: Path) -> None:
        model = AutoModel.from_pretrained(checkpoint, **load_options(self.config, ()))
        layer = model.get_submodule("model.layer.0.mlp.up_proj")
        layer.weight.data, _ = _convert_weight_packed_for_cpu(layer.weight.data, layer.weight.quant_state)
        with pytest.raises(UserError, match=r"repacked model\.layer\.0\.mlp\.up_proj for good"):
            hf.confirm(model, self.config, ())


def test_under_autocast_a_layer_answers_in_its_type_as_plain_ones_do() -> None:
    quantized = convert(Layers(one=nn.Linear(64, 64)), compute_dtype="bfloat16").get_submodule("one")
    features = torch.randn(2, 64)
    assert quantized(features).dtype == torch.float32
    with torch.autocast("cpu", torch.bfloat16):
        mixed = quantized(features)
    assert mixed.dtype == torch.bfloat16
    assert torch.equal(mixed, quantized(features.bfloat16()))
