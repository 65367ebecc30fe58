"""Backbones built from checkpoints of the families that transformers has."""

import json

import pytest
import torch
from attrs import evolve
from safetensors.torch import load_file, save_file
from torch._subclasses.fake_tensor import FakeTensor, FakeTensorMode
from torch.nn import functional
from tracknet_convnext.backbone import build
from tracknet_convnext.check import check, outline
from tracknet_convnext.config import ConvNextConfig, FPNConfig
from transformers import AutoModel

from tracknet_core.config.problems import UserError
from tracknet_core.descriptors import BackboneRequest
from tracknet_core.layer_names import any_names_layer

FAMILIES = ["dinov3_convnext", "convnext", "convnextv2"]
PLAIN = FPNConfig(enabled=False)


def request(folder=None, frames=1, **settings):
    return BackboneRequest(
        config=ConvNextConfig(**settings),
        pretrained_model_name=None if folder is None else str(folder),
        frames=frames,
        image_size=(96, 64),
    )


@pytest.mark.parametrize("family", [*FAMILIES, "classifier"])
def test_without_the_pyramid_the_maps_are_the_models_own(save, family):
    backbone = build(request(save(family), fpn=PLAIN)).eval()
    plain = AutoModel.from_pretrained(save(family)).eval()
    pixels = torch.randn(2, 3, 64, 96)
    with torch.no_grad():
        maps = backbone(pixels[:, None])
        expected = plain(pixel_values=pixels, output_hidden_states=True).hidden_states[1:]
    assert [tuple(one.shape[-2:]) for one in maps] == [(16, 24), (8, 12), (4, 6), (2, 3)]
    assert all(torch.equal(a, b) for a, b in zip(maps, expected, strict=True))


def test_only_the_stages_asked_for_are_returned(save):
    folder = save("convnext")
    every, some = build(request(folder, fpn=PLAIN)), build(request(folder, fpn=PLAIN, return_stages=(2, 3)))
    frames = torch.randn(1, 1, 3, 64, 96)
    with torch.no_grad():
        assert all(torch.equal(a, b) for a, b in zip(some(frames), every(frames)[1:3], strict=True))
    assert (some.channels, some.strides) == ((64, 128), (8, 16))


@pytest.mark.parametrize("size", [(50, 70), (33, 95)])
def test_every_map_covers_exactly_the_whole_picture(save, size):
    backbone = build(request(save("dinov3_convnext"), fpn=PLAIN)).eval()
    pixels = torch.randn(1, 1, 3, *size)
    whole = functional.interpolate(pixels[:, 0], (64, 96), mode="bilinear")[:, None]
    with torch.no_grad():
        maps, of_whole = backbone(pixels), backbone(whole)
    assert torch.equal(maps[-1], of_whole[-1])
    for one, expected in zip(maps, of_whole, strict=True):
        torch.testing.assert_close(one, functional.interpolate(expected, one.shape[-2:], mode="area"))


@pytest.mark.parametrize("family", FAMILIES)
def test_a_window_of_equal_frames_gives_the_maps_of_one_frame(save, family):
    settings = {"fpn": PLAIN}
    one, three = (build(request(save(family), frames, **settings)).eval() for frames in (1, 3))
    frame = torch.randn(2, 1, 3, 64, 96)
    with torch.no_grad():
        for a, b in zip(three(frame.expand(-1, 3, -1, -1, -1)), one(frame), strict=True):
            torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("family", FAMILIES)
def test_the_recipe_makes_of_the_plain_model_what_was_built(save, family):
    backbone = build(request(save(family), frames=3))
    model = AutoModel.from_pretrained(save(family))
    exec(backbone.plain_recipe, {"model": model})
    pixels = torch.randn(1, 9, 64, 96)
    with torch.no_grad():
        expected = backbone.model(pixel_values=pixels).last_hidden_state
        assert torch.equal(model(pixel_values=pixels).last_hidden_state, expected)
    assert backbone.inflated_layers == backbone.never_quantize


def test_a_single_frame_needs_no_recipe(save):
    backbone = build(request(save("convnext")))
    assert (backbone.inflated_layers, backbone.plain_recipe) == ((), "")


@pytest.mark.parametrize("family", FAMILIES)
def test_random_weights_are_saved_as_a_plain_model_and_read_back(tmp_path, family):
    config = {"model_type": family, "hidden_sizes": [8, 16, 24, 32], "depths": [1, 1, 1, 1]}
    asked = request(frames=3, pretrained=False, fpn=PLAIN, config=config)
    backbone = build(asked).eval()
    backbone.save_base(tmp_path)
    plain = AutoModel.from_pretrained(tmp_path)
    assert plain.get_submodule(backbone.never_quantize[0]).in_channels == 3
    again = build(evolve(asked, base=tmp_path)).eval()
    frames = torch.randn(1, 3, 3, 64, 96)
    with torch.no_grad():
        assert all(torch.equal(a, b) for a, b in zip(again(frames), backbone(frames), strict=True))
    assert again.weights_files == (tmp_path / "model.safetensors",)


def test_frames_are_normalized_as_the_checkpoint_says(save, tmp_path):
    assert build(request(save("convnext"))).mean == (0.485, 0.456, 0.406)
    folder = tmp_path / "model"
    AutoModel.from_pretrained(save("convnext")).save_pretrained(folder)
    settings = {"image_mean": [0.1, 0.2, 0.3], "image_std": [0.4, 0.5, 0.6]}
    (folder / "preprocessor_config.json").write_text(json.dumps(settings))
    backbone = build(request(folder))
    assert (backbone.mean, backbone.std) == ((0.1, 0.2, 0.3), (0.4, 0.5, 0.6))


def test_the_pyramid_tells_finer_maps_what_coarser_ones_know(save):
    backbone = build(request(save("dinov3_convnext"), fpn=FPNConfig(out_channels=16)))
    maps = [torch.randn(1, c, s, s, requires_grad=True) for c, s in ((64, 16), (64, 8), (128, 4), (128, 2))]
    out = backbone.pyramid(maps)
    assert [tuple(one.shape) for one in out] == [(1, 16, s, s) for s in (16, 8, 4, 2)]
    out[0].square().sum().backward()
    assert all(one.grad.abs().sum() > 0 for one in maps)


def test_the_pyramid_is_new_and_outside_of_what_is_pretrained(save):
    backbone = build(request(save("convnext")))
    backbone.get_submodule(backbone.pretrained_module).requires_grad_(False)
    training = {name for name, p in backbone.named_parameters() if p.requires_grad}
    assert training
    assert all(name.startswith("pyramid.") for name in training)


@pytest.mark.parametrize("frames", [1, 3])
@pytest.mark.parametrize("family", FAMILIES)
def test_the_outline_lists_every_layer_that_is_built(save, family, frames):
    asked = request(save(family), frames)
    built = {
        name.removesuffix(".weight"): tuple(parameter.shape)
        for name, parameter in build(asked).model.named_parameters()
        if name.endswith(".weight") and not name.endswith(".grn.weight")
    }
    said = outline(asked)
    assert {layer.name: layer.shape for layer in said.layers} == built
    assert said.never_quantize == build(asked).never_quantize


@pytest.mark.parametrize("family", FAMILIES)
def test_lora_takes_the_pointwise_layers_of_the_stages_in_use(save, family):
    backbone = build(request(save(family), return_stages=(1, 2, 3)))
    taken = {
        name: module
        for name, module in backbone.model.named_modules()
        if any_names_layer(backbone.lora_targets, name)
    }
    assert len(taken) == 2 * (1 + 1 + 2)
    assert all(isinstance(module, torch.nn.Linear) for module in taken.values())
    assert not any("stages.3" in name for name in taken)


def test_what_no_map_depends_on_does_not_train(save):
    model = build(request(save("dinov3_convnext"), return_stages=(1, 2))).model
    still = {name.split(".layers")[0] for name, p in model.named_parameters() if not p.requires_grad}
    assert {name for name in still if "downsample" not in name} == {
        "model.stages.2",
        "model.stages.3",
        "layer_norm.weight",
        "layer_norm.bias",
    }


def only(problems):
    (problem,) = problems
    return str(problem)


def test_a_vision_transformer_is_refused_with_its_name(save):
    line = only(check(request(save("vit"))))
    assert line.startswith("pretrained_model_name: the model's type is vit, which is no ConvNeXt.")
    assert "use model_name: vit_heatmap" in line
    with pytest.raises(UserError, match="use model_name: vit_heatmap"):
        build(request(save("vit")))


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({}, "pretrained_model_name: no weights are named."),
        ({"device_map": "cuda:1"}, "backbone.device_map: 'cuda:1' cannot be honoured"),
        ({"return_stages": (3, 1)}, "backbone.return_stages: [3, 1] does not name stages"),
        ({"return_stages": ()}, "backbone.return_stages: [] does not name stages"),
        ({"config": {"model_type": "swin"}}, "backbone.config: the model's type is swin"),
        ({"config": {"depths": [1, 1]}}, "backbone.config: the model's depths are [1, 1]"),
        ({"config": {"model_type": "convnext", "patch_size": 2}}, "backbone.config: the model's patch_size"),
    ],
)
def test_settings_that_cannot_be_honoured_are_said(settings, line):
    assert only(check(request(pretrained=not settings, **settings))).startswith(line)


def test_a_right_order_of_stages_is_proposed():
    assert "Write return_stages: [1, 3]." in only(check(request(pretrained=False, return_stages=(3, 1, 3))))
    assert outline(request(pretrained=False, return_stages=(3, 1))) is None


def test_random_weights_cannot_be_quantized_while_they_load(save):
    asked = evolve(request(pretrained=False), load_options={"quantization_config": object()})
    assert "Set quantization.mode: manual" in only(check(asked))
    assert check(evolve(request(save("convnext")), load_options={"quantization_config": object()})) == []


@pytest.mark.parametrize("name", ["nobody/nothing-here", "/nowhere/at/all"])
def test_weights_that_are_not_on_this_machine_are_missed(name):
    assert "is neither a folder with config.json" in only(check(request(name)))
    assert outline(request(name)) is None


def test_a_folder_without_weights_is_missed_even_where_downloads_are_allowed(save, tmp_path):
    (tmp_path / "config.json").write_bytes((save("convnext") / "config.json").read_bytes())
    assert "is neither a folder" in only(check(request(tmp_path, local_files_only=False)))
    assert check(request(tmp_path, pretrained=False)) == []


def test_a_hub_id_is_found_in_the_local_cache_and_nobody_is_called(save, tmp_path, monkeypatch):
    repository = tmp_path / "models--someone--convnext"
    (repository / "refs").mkdir(parents=True)
    (repository / "refs/main").write_text("abc")
    (repository / "snapshots").mkdir()
    (repository / "snapshots/abc").symlink_to(save("convnext"), target_is_directory=True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    calls = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *address, **_: calls.append(address))
    asked = request("someone/convnext", fpn=PLAIN)
    assert check(asked) == []
    assert outline(asked).channels == (64, 64, 128, 128)
    backbone = build(asked)
    assert backbone.weights_files == (repository / "snapshots/abc/model.safetensors",)
    assert backbone.model.config.name_or_path == "someone/convnext"
    assert calls == []


def test_damaged_files_are_named(save, tmp_path):
    folder = tmp_path / "model"
    AutoModel.from_pretrained(save("convnext")).save_pretrained(folder)
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UserError, match="could not be loaded"):
        build(request(folder))
    (folder / "config.json").write_text("{")
    assert "config.json is not JSON" in only(check(request(folder)))


def test_a_checkpoint_that_lacks_weights_is_refused(save, tmp_path):
    folder = tmp_path / "model"
    AutoModel.from_pretrained(save("convnext")).save_pretrained(folder)
    state = load_file(folder / "model.safetensors")
    for name in [name for name in state if name.startswith("layernorm.")]:
        del state[name]  # what no map depends on is not missed
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    build(request(folder))
    del state["encoder.stages.2.layers.1.pwconv1.weight"]
    save_file(state, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(UserError, match=r"lacks 1 weights of the model, encoder.stages.2.layers.1.pwconv1"):
        build(request(folder))


def test_overrides_that_change_shapes_are_refused(save):
    with pytest.raises(UserError, match="holds weights of other shapes"):
        build(request(save("convnext"), config={"hidden_sizes": [64, 64, 128, 192]}))


@pytest.mark.parametrize("family", FAMILIES)
def test_shapes_alone_need_no_weights(save, tmp_path, family):
    (tmp_path / "config.json").write_bytes((save(family) / "config.json").read_bytes())
    asked = evolve(request(tmp_path, frames=3), shapes_only=True)
    assert check(asked) == []
    with FakeTensorMode():
        backbone = build(asked)
        maps = backbone(torch.empty(1, 3, 3, 64, 96))
    assert {type(parameter.data) for parameter in backbone.parameters()} == {FakeTensor}
    real = build(request(save(family), frames=3))(torch.randn(1, 3, 3, 64, 96))
    assert [one.shape for one in maps] == [one.shape for one in real]
    assert backbone.weights_files == ()
