"""What is said of a section before torch is imported."""

import pytest

from tracknet_core.descriptors import BackboneOutline, BackboneRequest, LayerOutline
from tracknet_quant.check import check_hf, check_manual
from tracknet_quant.config import QuantizationConfig

REQUEST = BackboneRequest(config=None, pretrained_model_name=None, frames=1, image_size=(64, 64))
CHECKS = {"manual": check_manual, "hf": check_hf}


def outline(**shapes: tuple[int, ...]) -> BackboneOutline:
    layers = tuple(LayerOutline(name=name.replace("__", "."), shape=shape) for name, shape in shapes.items())
    return BackboneOutline(channels=(64,), strides=(16,), layers=layers, never_quantize=("patches",))


VIT = outline(patches=(64, 3, 16, 16), layer__1__q_proj=(64, 64), layer__10__q_proj=(64, 64), norm=(64,))


def lines(mode: str = "manual", about: BackboneOutline | None = VIT, **settings: object) -> list[str]:
    return [str(p) for p in CHECKS[mode](QuantizationConfig(enabled=True, **settings), REQUEST, about)]


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracknet_quant.check.no_gpu", lambda: "no GPU driver is installed")


@pytest.mark.parametrize("mode", ["manual", "hf"])
class TestBothModes:
    def test_the_defaults_are_fine(self, mode: str) -> None:
        assert lines(mode) == []

    def test_of_an_unknown_backbone_nothing_is_said(self, mode: str) -> None:
        assert lines(mode, None, skip_modules=("anything",)) == []
        assert lines(mode, outline(), skip_modules=("anything",)) == []

    def test_a_name_that_means_no_layer(self, mode: str) -> None:
        assert lines(mode, skip_modules=("layer.1", "layr.10")) == [
            "quantization.skip_modules: 'layr.10' names no layer of the backbone. Did you mean 'layer.10'?"
        ]

    def test_a_name_like_no_other(self, mode: str) -> None:
        (line,) = lines(mode, skip_modules=("xyz",))
        assert line.endswith("'xyz' names no layer of the backbone. Take it out.")

    def test_nothing_left(self, mode: str) -> None:
        (line,) = lines(mode, skip_modules=("layer",))
        assert line == (
            "quantization.skip_modules: ['layer'] leaves none of the 2 linear layers to quantize. "
            "Shorten the list, or set quantization.enabled: false."
        )

    def test_what_the_backbone_forbids_counts(self, mode: str) -> None:
        about = outline(patches=(64, 48), layer__1=(64, 64))
        assert len(lines(mode, about, skip_modules=("layer.1",))) == 1

    def test_convolutions_alone(self, mode: str) -> None:
        (line,) = lines(mode, outline(stem=(64, 3, 3, 3)))
        assert line == (
            "quantization.enabled: 4-bit weights are for linear layers, and the backbone has none. "
            "Set quantization.enabled: false; LoRA works on convolutions too."
        )

    @pytest.mark.usefixtures("no_gpu")
    def test_float16_without_a_gpu(self, mode: str) -> None:
        (line,) = lines(mode, compute_dtype="float16")
        assert line == (
            "warning: quantization.compute_dtype: float16 is very slow on a CPU "
            "(no GPU driver is installed). Write compute_dtype: bfloat16, which needs the same memory."
        )

    @pytest.mark.usefixtures("no_gpu")
    @pytest.mark.parametrize("dtype", ["bfloat16", "float32"])
    def test_other_types_are_fine_anywhere(self, mode: str, dtype: str) -> None:
        assert lines(mode, compute_dtype=dtype) == []

    def test_float16_with_a_gpu(self, mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tracknet_quant.check.no_gpu", lambda: None)
        assert lines(mode, compute_dtype="float16") == []


@pytest.mark.parametrize(
    ("mode", "read", "unread"),
    [
        ("manual", "compress_statistics", "use_double_quant"),
        ("hf", "use_double_quant", "compress_statistics"),
    ],
)
class TestDoubleQuantization:
    def test_switched_off_by_the_key_that_is_not_read(self, mode: str, read: str, unread: str) -> None:
        (line,) = lines(mode, **{unread: False})
        assert line == (
            f"warning: quantization.{unread}: is not read in mode {mode}, where {read}: true counts. "
            f"Set {read}: false to switch double quantization off."
        )

    def test_the_key_that_is_read_alone_is_obeyed_in_silence(self, mode: str, read: str, unread: str) -> None:
        assert lines(mode, **{read: False}) == []

    def test_both_off_agree(self, mode: str, read: str, unread: str) -> None:
        assert lines(mode, **{read: False, unread: False}) == []
