"""Published models are known by name: their shapes need no download, a run of them still does."""

from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import torch
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from transformers import AutoConfig

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import IMAGENET_MEAN, BackboneRequest
from tracknet_vit.backbone import ViTBackbone, build
from tracknet_vit.check import check, outline
from tracknet_vit.config import ViTConfig
from tracknet_vit.known import config_of

Save = Callable[[str], Path]

DINOV3, DINOV2, REGISTERS = "facebook/dinov3-", "facebook/dinov2-", "facebook/dinov2-with-registers-"

PUBLISHED = {
    f"{DINOV3}vits16-pretrain-lvd1689m": (21, 1),
    f"{DINOV3}vits16plus-pretrain-lvd1689m": (29, 1),
    f"{DINOV3}vitb16-pretrain-lvd1689m": (86, 1),
    f"{DINOV3}vitl16-pretrain-lvd1689m": (300, 5),
    f"{DINOV3}vitl16-pretrain-sat493m": (300, 5),
    f"{DINOV3}vith16plus-pretrain-lvd1689m": (840, 5),
    f"{DINOV3}vit7b16-pretrain-lvd1689m": (6716, 0.5),
    f"{DINOV3}vit7b16-pretrain-sat493m": (6716, 0.5),
    f"{DINOV2}small": (22.1, 0.05),
    f"{DINOV2}base": (86, 1),
    f"{DINOV2}large": (304.4, 0.05),
    f"{DINOV2}giant": (1136.5, 0.05),
    f"{REGISTERS}small": (22.1, 0.05),
    f"{REGISTERS}base": (86, 1),
    f"{REGISTERS}large": (304.4, 0.05),
    f"{REGISTERS}giant": (1136.5, 0.05),
    "google/vit-base-patch16-224": (86, 1),
    "google/vit-base-patch16-224-in21k": (86, 1),
    "google/vit-base-patch16-384": (86, 1),
    "google/vit-base-patch32-224-in21k": (86, 3),
    "google/vit-base-patch32-384": (86, 3),
    "google/vit-large-patch16-224": (307, 3),
    "google/vit-large-patch16-224-in21k": (307, 3),
    "google/vit-large-patch16-384": (307, 3),
    "google/vit-large-patch32-224-in21k": (307, 3),
    "google/vit-large-patch32-384": (307, 3),
    "google/vit-huge-patch14-224-in21k": (632, 0.5),
}
"""Parameters in millions as published, and how far that may be rounded.

DINOv3: the table in facebookresearch/dinov3, README.md. DINOv2: that in facebookresearch/dinov2,
README.md, or where it rounds to hundreds the cards of timm's copies. ViT: Dosovitskiy et al., 2021,
table 1, which has one number for each size whatever the patch and the picture.
"""


@pytest.fixture(autouse=True)
def nothing_is_downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache, no hub, and no folder that has a model's name."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.chdir(tmp_path)


def request(
    name: str, *, frames: int = 1, shapes_only: bool = False, **settings: object
) -> BackboneRequest[ViTConfig]:
    published = config_of(name)
    patch = {"patch_size": published["patch_size"]} if published else {}
    return BackboneRequest(
        config=ViTConfig(**(patch | settings)),
        pretrained_model_name=name,
        frames=frames,
        image_size=(96, 64),
        shapes_only=shapes_only,
    )


def build_fake(name: str, frames: int = 1) -> ViTBackbone:
    with FakeTensorMode():
        return build(request(name, frames=frames, shapes_only=True))


build_fake_once = cache(build_fake)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_known_model_has_the_published_number_of_parameters(name: str) -> None:
    millions, rounding = PUBLISHED[name]
    parameters = sum(parameter.numel() for parameter in build_fake_once(name).parameters())
    assert parameters / 1e6 == pytest.approx(millions, abs=rounding)


@pytest.mark.parametrize("name", PUBLISHED)
def test_its_config_names_only_what_transformers_knows(name: str) -> None:
    published = dict(config_of(name) or {})
    config = AutoConfig.for_model(**published)
    assert published.keys() <= config.to_dict().keys()
    assert {key: getattr(config, key) for key in published} == published


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_outline_of_a_model_that_is_not_here_is_that_of_the_built_one(name: str) -> None:
    found, backbone = outline(request(name)), build_fake_once(name)
    assert found is not None
    assert (found.channels, found.strides) == (backbone.channels, backbone.strides)
    kinds = torch.nn.Linear, torch.nn.Conv2d
    layers = {
        layer: tuple(module.weight.shape)
        for layer, module in backbone.model.named_modules()
        if isinstance(module, kinds) and not layer.startswith("pooler")
    }
    assert {layer.name: layer.shape for layer in found.layers} == layers


def test_an_unknown_model_has_no_config() -> None:
    assert config_of("facebook/dinov9-vits16") is None


def test_a_run_of_a_known_model_still_needs_its_weights() -> None:
    name = f"{DINOV2}base"
    (problem,) = check(request(name))
    assert f"{name} is neither a folder with a config.json nor in the local hub cache" in str(problem)
    with pytest.raises(UserError, match=f"hf download {name}"):
        build(request(name))


def test_its_patch_size_is_checked_before_the_download() -> None:
    lines = [str(problem) for problem in check(request(f"{DINOV2}base", patch_size=16))]
    assert any(line.endswith("Set backbone.patch_size: 14.") for line in lines)


def test_random_weights_of_a_known_model_need_no_download() -> None:
    name = f"{DINOV3}vits16-pretrain-lvd1689m"
    backbone = build(request(name, pretrained=False, config={"num_hidden_layers": 2}))
    assert (backbone.channels, backbone.prefix_tokens, backbone.weights_files) == ((384,), 5, ())
    assert backbone.model.config.num_hidden_layers == 2
    assert backbone.model.get_parameter("model.layer.0.attention.q_proj.weight").std() > 0


@pytest.mark.parametrize(
    ("name", "mean"),
    [
        (f"{DINOV3}vits16-pretrain-lvd1689m", IMAGENET_MEAN),
        (f"{DINOV3}vitl16-pretrain-sat493m", (0.430, 0.411, 0.296)),
        ("google/vit-base-patch16-224", (0.5, 0.5, 0.5)),
    ],
)
def test_it_is_normalized_as_its_weights_would_be(name: str, mean: tuple[float, ...]) -> None:
    assert build_fake(name).mean == mean


class TestShapesOnly:
    def test_nothing_of_its_weights_is_in_memory(self) -> None:
        backbone = build_fake(f"{DINOV3}vit7b16-pretrain-lvd1689m", frames=3)
        assert {type(value.data) for value in backbone.state_dict().values()} == {FakeTensor}
        assert backbone.inflated_layers == ("embeddings.patch_embeddings",)

    def test_a_folder_without_weights_is_enough(self, save_family: Save, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_bytes((save_family("dinov3") / "config.json").read_bytes())
        assert check(request(str(tmp_path), shapes_only=True)) == []
        assert build_fake(str(tmp_path)).channels == (32,)

    def test_a_broken_file_of_weights_is_not_read(self, save_family: Save, tmp_path: Path) -> None:
        (tmp_path / "config.json").write_bytes((save_family("vit") / "config.json").read_bytes())
        (tmp_path / "model.safetensors").write_bytes(b"not weights")
        assert "truncated or not a safetensors file" in str(check(request(str(tmp_path)))[0])
        assert build_fake(str(tmp_path)).weights_files == ()

    def test_a_saved_base_gives_its_own_shapes(self, save_family: Save) -> None:
        asked = BackboneRequest(
            config=ViTConfig(pretrained=False, config={"hidden_size": 64}),
            pretrained_model_name=None,
            frames=1,
            image_size=(96, 64),
            base=save_family("dinov3"),
            shapes_only=True,
        )
        with FakeTensorMode():
            assert build(asked).channels == (32,)

    def test_what_a_quantizer_asks_of_the_loader_does_not_matter(self) -> None:
        asked = BackboneRequest(
            config=ViTConfig(),
            pretrained_model_name=f"{DINOV3}vits16-pretrain-lvd1689m",
            frames=1,
            image_size=(96, 64),
            load_options={"quantization_config": {"load_in_4bit": True}},
            shapes_only=True,
        )
        with FakeTensorMode():
            backbone = build(asked)
        assert {parameter.dtype for parameter in backbone.parameters()} == {torch.float32}

    def test_a_model_whose_shapes_nobody_knows_is_refused(self) -> None:
        with pytest.raises(UserError, match="neither a folder"):
            build_fake("somebody/vit")

    @pytest.mark.parametrize("family", ["dinov3", "dinov2", "dinov2-registers", "vit"])
    def test_it_leaves_nothing_behind_for_a_real_model_and_takes_nothing_from_one(
        self, save_family: Save, family: str
    ) -> None:
        folder, patch = str(save_family(family)), 14 if family.startswith("dinov2") else 16
        real = build(request(folder, patch_size=patch)).eval()
        pixels = torch.randn(1, 1, 3, 3 * patch, 7 * patch)
        for _ in range(2):
            with FakeTensorMode():
                fake = build(request(folder, patch_size=patch, shapes_only=True))
                (map_,) = fake(torch.empty(1, 1, 3, 3 * patch, 7 * patch))
                map_.sum().backward()
            assert isinstance(map_, FakeTensor)
            with torch.no_grad():
                (seen,) = real(pixels)
            assert not isinstance(seen, FakeTensor)
            assert seen.shape == map_.shape
