"""Backbones built from real checkpoints of the families that transformers has."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from attrs import evolve
from transformers import AutoModel

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import BackboneOutline, BackboneRequest
from tracknet_vit.backbone import ViTBackbone, build
from tracknet_vit.check import check, outline
from tracknet_vit.config import ViTConfig

Save = Callable[[str], Path]
PATCH = {"dinov2": 14, "dinov2-registers": 14, "dinov2-swiglu": 14}


def request(folder: Path | str | None, frames: int = 1, **settings: object) -> BackboneRequest[ViTConfig]:
    return BackboneRequest(
        config=ViTConfig(**settings),
        pretrained_model_name=None if folder is None else str(folder),
        frames=frames,
        image_size=(96, 64),
    )


@pytest.mark.parametrize("family", ["dinov3", "dinov2", "dinov2-registers", "vit", "deit", "siglip", "ijepa"])
def test_the_map_is_the_models_own_patch_tokens_without_class_and_register_tokens(
    save_family: Save, family: str
) -> None:
    folder, patch = save_family(family), PATCH.get(family, 16)
    backbone = build(request(folder, patch_size=patch)).eval()
    plain = AutoModel.from_pretrained(folder).eval()
    pixels = torch.randn(2, 3, 3 * patch, 5 * patch)
    options = {} if "dino" in family else {"interpolate_pos_encoding": True}
    with torch.no_grad():
        (tokens,) = backbone(pixels[:, None])
        expected = plain(pixel_values=pixels, **options).last_hidden_state[:, -15:]
    assert torch.equal(tokens.flatten(2).transpose(1, 2), expected)


def test_a_window_of_equal_frames_gives_the_map_of_one_frame(save_family: Save) -> None:
    folder = save_family("dinov3")
    one, three = build(request(folder)).eval(), build(request(folder, frames=3)).eval()
    frame = torch.randn(2, 1, 3, 64, 96)
    with torch.no_grad():
        torch.testing.assert_close(
            three(frame.expand(-1, 3, -1, -1, -1))[0], one(frame)[0], rtol=1e-4, atol=1e-5
        )


def test_frames_of_a_window_are_told_apart_once_the_embedding_trains(save_family: Save) -> None:
    backbone = build(request(save_family("vit"), frames=3)).eval()
    patches = backbone.model.get_parameter("embeddings.patch_embeddings.projection.weight")
    assert patches.shape[1] == 9
    patches.data[:, :3] *= 2
    frames = torch.randn(1, 3, 3, 64, 96)
    with torch.no_grad():
        assert not torch.allclose(backbone(frames)[0], backbone(frames.flip(1))[0])


@pytest.mark.parametrize(("width", "height"), [(96, 64), (70, 50), (33, 97)])
def test_any_input_size_gives_a_grid_over_the_whole_picture(
    save_family: Save, width: int, height: int
) -> None:
    backbone = build(request(save_family("dinov2"), patch_size=14)).eval()
    with torch.no_grad():
        (tokens,) = backbone(torch.randn(1, 1, 3, height, width))
    assert tokens.shape[-2:] == (-(-height // 14), -(-width // 14))


@pytest.mark.parametrize("family", ["swin", "mae", "convnext"])
def test_a_model_without_a_grid_of_patch_tokens_is_refused_by_name(save_family: Save, family: str) -> None:
    with pytest.raises(UserError, match="gives no grid of patch tokens"):
        build(request(save_family(family), patch_size=4 if family == "swin" else 16))


def test_a_position_encoding_that_moves_at_random_in_training_is_held_still(save_family: Save) -> None:
    backbone = build(request(save_family("dinov3"))).train()
    frames = torch.randn(1, 1, 3, 64, 96)
    assert torch.equal(backbone(frames)[0], backbone(frames)[0])


def test_normalization_is_the_checkpoints_own(save_family: Save, tmp_path: Path) -> None:
    AutoModel.from_pretrained(save_family("vit")).save_pretrained(tmp_path)
    (tmp_path / "preprocessor_config.json").write_text(
        '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.25, 0.5, 1]}'
    )
    backbone = build(request(tmp_path))
    assert (backbone.mean, backbone.std) == ((0.5, 0.5, 0.5), (0.25, 0.5, 1))


def test_a_random_base_is_saved_as_a_plain_checkpoint_and_comes_back_exactly(tmp_path: Path) -> None:
    small = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 64}
    asked = request(None, frames=3, pretrained=False, config=small)
    backbone = build(asked).eval()
    assert backbone.weights_files == ()
    backbone.save_base(tmp_path)
    again = build(evolve(asked, base=tmp_path)).eval()
    frames = torch.randn(1, 3, 3, 64, 96)
    with torch.no_grad():
        assert torch.equal(backbone(frames)[0], again(frames)[0])
    assert AutoModel.from_pretrained(tmp_path).config.num_channels == 3


def test_a_random_base_keeps_the_normalization_of_the_model_it_was_named_after(
    save_family: Save, tmp_path: Path
) -> None:
    named, base = tmp_path / "named", tmp_path / "base"
    AutoModel.from_pretrained(save_family("vit")).save_pretrained(named)
    (named / "preprocessor_config.json").write_text(
        '{"image_mean": [0.5, 0.5, 0.5], "image_std": [0.5, 0.5, 0.5]}'
    )
    base.mkdir()
    asked = request(named, pretrained=False)
    build(asked).save_base(base)
    assert build(evolve(asked, base=base)).mean == (0.5, 0.5, 0.5)


def test_random_weights_of_a_named_model_that_is_not_there_are_refused(tmp_path: Path) -> None:
    asked = request(tmp_path / "vitl16", pretrained=False)
    assert any("neither a folder" in str(problem) for problem in check(asked))
    with pytest.raises(UserError, match="neither a folder"):
        build(asked)


def test_overrides_that_add_layers_to_pretrained_weights_are_refused(save_family: Save) -> None:
    with pytest.raises(UserError, match=r"lacks \d+ weights of the model"):
        build(request(save_family("dinov3"), config={"num_hidden_layers": 3}))


def test_overrides_that_change_shapes_of_pretrained_weights_are_refused(save_family: Save) -> None:
    with pytest.raises(UserError, match=r"other shapes|could not be loaded"):
        build(request(save_family("dinov3"), config={"intermediate_size": 128}))


def test_what_is_in_the_cache_is_loaded_without_asking_the_hub(
    save_family: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    repository = tmp_path / "models--some--vit"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs" / "main").write_text("abc")
    (repository / "snapshots").mkdir()
    (repository / "snapshots" / "abc").symlink_to(save_family("vit"))

    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr("socket.getaddrinfo", no_network)
    monkeypatch.setattr("socket.socket.connect", no_network)
    backbone = build(request("some/vit"))
    assert backbone.model.config.name_or_path == "some/vit"


def test_weights_load_in_float32_whatever_they_were_saved_in(save_family: Save, tmp_path: Path) -> None:
    AutoModel.from_pretrained(save_family("vit"), dtype=torch.bfloat16).save_pretrained(tmp_path)
    assert {p.dtype for p in build(request(tmp_path)).parameters()} == {torch.float32}


class TestCheck:
    def lines(self, asked: BackboneRequest[ViTConfig]) -> list[str]:
        return [str(problem) for problem in check(asked)]

    def test_good_request(self, save_family: Save) -> None:
        assert self.lines(request(save_family("dinov3"))) == []

    def test_no_name(self) -> None:
        (line,) = self.lines(request(None))
        assert line.endswith("Give a hub id or a local folder, or set backbone.pretrained: false.")

    def test_not_in_the_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        (line,) = self.lines(request("facebook/dinov3-vits16-pretrain-lvd1689m"))
        assert "neither a folder with a config.json nor in the local hub cache" in line
        assert "backbone.local_files_only: false" in line

    def test_found_in_the_cache(
        self, save_family: Save, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
        repository = tmp_path / "models--some--vit"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("abc")
        (repository / "snapshots").mkdir()
        (repository / "snapshots" / "abc").symlink_to(save_family("vit"))
        assert self.lines(request("some/vit")) == []

    def test_another_patch_size(self, save_family: Save) -> None:
        (line,) = self.lines(request(save_family("dinov2")))
        assert "16, but the model's patches are 14 pixels wide. Set backbone.patch_size: 14." in line

    def test_truncated_weights(self, save_family: Save, tmp_path: Path) -> None:
        for file in save_family("vit").iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        weights = tmp_path / "model.safetensors"
        weights.write_bytes(weights.read_bytes()[:-100])
        (line,) = self.lines(request(tmp_path))
        assert "model.safetensors is truncated" in line

    def test_a_folder_without_weights(self, save_family: Save, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_bytes((save_family("vit") / "config.json").read_bytes())
        (line,) = self.lines(request(tmp_path))
        assert "holds no safetensors weights" in line

    def test_a_device_map_that_is_not_auto(self, save_family: Save) -> None:
        (line,) = self.lines(request(save_family("vit"), device_map="cuda:1"))
        assert line.startswith("backbone.device_map: 'cuda:1' cannot be honoured")

    def test_another_kind_of_model(self, save_family: Save) -> None:
        (line,) = self.lines(request(save_family("convnext")))
        assert "use model_name: convnext_fpn_heatmap" in line


@pytest.mark.parametrize(
    "family", ["dinov3", "dinov2", "dinov2-registers", "dinov2-swiglu", "vit", "deit", "ijepa"]
)
def test_the_outline_names_every_layer_as_the_built_model_does(save_family: Save, family: str) -> None:
    folder, patch = save_family(family), 14 if family.startswith("dinov2") else 16
    found = outline(request(folder, patch_size=patch))
    assert found is not None
    assert (found.channels, found.strides) == ((32,), (patch,))
    assert _matrices(found) == _layers(build(request(folder, patch_size=patch)))


@pytest.mark.parametrize(
    "config",
    [
        {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64},
        {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "use_gated_mlp": True},
        {"model_type": "dinov2", "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2},
        {"model_type": "dinov2", "hidden_size": 32, "num_attention_heads": 2, "use_swiglu_ffn": True},
    ],
)
def test_the_outline_of_random_weights_follows_from_the_config(config: dict[str, object]) -> None:
    asked = request(None, frames=3, pretrained=False, config=config, patch_size=14)
    found = outline(asked)
    assert found is not None
    assert _matrices(found) == _layers(build(asked))


def _matrices(found: BackboneOutline) -> dict[str, tuple[int, ...]]:
    return {layer.name: layer.shape for layer in found.layers if len(layer.shape) > 1}


def _layers(backbone: ViTBackbone) -> dict[str, tuple[int, ...]]:
    kinds = torch.nn.Linear, torch.nn.Conv2d
    return {name: tuple(m.weight.shape) for name, m in backbone.model.named_modules() if isinstance(m, kinds)}


def test_a_quantizer_that_acts_while_loading_needs_something_to_load(save_family: Save) -> None:
    options = {"quantization_config": {"load_in_4bit": True}}
    (problem,) = check(evolve(request(None, pretrained=False), load_options=options))
    assert problem.key == "backbone.pretrained"
    assert "quantization.mode: manual" in problem.remedy
    assert check(evolve(request(save_family("dinov3")), load_options=options)) == []


@pytest.mark.parametrize(("family", "patch"), [("dinov3", 16), ("dinov2", 14), ("vit", 16)])
def test_the_recipe_makes_the_plain_model_what_the_backbone_holds(
    save_family: Save, family: str, patch: int
) -> None:
    backbone = build(request(save_family(family), frames=3, patch_size=patch)).eval()
    plain = AutoModel.from_pretrained(save_family(family)).eval()
    exec(backbone.plain_recipe, {"model": plain})
    pixels = torch.randn(1, 9, 4 * patch, 4 * patch)
    options = {} if "dino" in family else {"interpolate_pos_encoding": True}
    with torch.no_grad():
        expected = backbone.model(pixel_values=pixels, **options).last_hidden_state
        assert torch.equal(plain(pixel_values=pixels, **options).last_hidden_state, expected)
    assert backbone.inflated_layers == backbone.never_quantize


def test_a_single_frame_needs_no_recipe(save_family: Save) -> None:
    backbone = build(request(save_family("dinov3")))
    assert (backbone.plain_recipe, backbone.inflated_layers) == ("", ())


@pytest.mark.parametrize("family", ["dinov3_vit", "dinov2", "dinov2_with_registers", "vit"])
def test_family_defaults_are_those_of_transformers(family: str) -> None:
    from transformers import AutoConfig

    from tracknet_vit.check import FAMILY_DEFAULTS

    config = AutoConfig.for_model(family)
    assert {key: getattr(config, key) for key in FAMILY_DEFAULTS[family]} == FAMILY_DEFAULTS[family]


def test_only_attention_projections_are_targets_and_patches_are_never_quantized(save_family: Save) -> None:
    backbone: ViTBackbone = build(request(save_family("dinov3")))
    assert backbone.lora_targets == ("q_proj", "k_proj", "v_proj", "o_proj")
    assert backbone.never_quantize == ("embeddings.patch_embeddings",)
