"""What a plan asks for is what is assembled, and what trains is what should."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import UserError
from tracknet_core.model.assembly import assemble
from tracknet_core.model.heatmap_model import HeatmapModel

MakePlan = Callable[..., Plan]


def frames(model: HeatmapModel, count: int = 2) -> torch.Tensor:
    width, height = model.input_size
    generator = torch.Generator().manual_seed(0)
    return torch.randint(
        0, 256, (count, model.frames, 3, height, width), dtype=torch.uint8, generator=generator
    )


def test_random_numbers_go_on_as_before_and_those_of_a_gpu_are_not_asked_for(
    make_plan: MakePlan, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    monkeypatch.setattr(torch.cuda, "_lazy_init", lambda: pytest.fail("the GPU was used"))
    torch.manual_seed(1)
    first, _ = torch.rand(1), torch.manual_seed(1)
    assemble(make_plan())
    assert torch.rand(1) == first


@pytest.mark.parametrize("length", [1, 3])
def test_a_window_of_uint8_frames_gives_a_heatmap_for_every_frame(make_plan: MakePlan, length: int) -> None:
    model = assemble(make_plan(data__sequence__length=length))
    assert model(frames(model)).shape == (2, length, 32, 48)


def test_a_window_costs_one_forward_of_the_backbone(make_plan: MakePlan) -> None:
    model = assemble(make_plan())
    batches = []
    model.pretrained.register_forward_hook(
        lambda module, args, kwargs, output: batches.append(len(kwargs["pixel_values"])), with_kwargs=True
    )
    model(frames(model, count=2))
    assert batches == [2]


def test_weights_depend_on_the_seed_alone(make_plan: MakePlan) -> None:
    torch.manual_seed(1)
    first = assemble(make_plan())
    torch.manual_seed(2)
    before = torch.get_rng_state()
    second, other = assemble(make_plan()), assemble(make_plan(seed=7))
    assert torch.equal(torch.get_rng_state(), before)
    same = {name: torch.equal(value, second.state_dict()[name]) for name, value in first.state_dict().items()}
    assert all(same.values())
    assert not torch.equal(first.decoder.head.weight, other.decoder.head.weight)


def test_normalization_is_done_on_the_way_in(make_plan: MakePlan) -> None:
    model, plain = assemble(make_plan()), assemble(make_plan(data__preprocess__normalize=False))
    seen: list[torch.Tensor] = []
    for one in (model, plain):
        one.backbone.register_forward_pre_hook(lambda module, args: seen.append(args[0]))
        one(torch.full((1, 3, 3, 64, 96), 255, dtype=torch.uint8))
    mean, std = torch.tensor(model.description.mean), torch.tensor(model.description.std)
    torch.testing.assert_close(seen[0][0, 0, :, 0, 0], (1 - mean) / std)
    torch.testing.assert_close(seen[1], torch.ones_like(seen[1]))


class TestWhatTrains:
    def test_everything_without_freeze(self, make_plan: MakePlan) -> None:
        groups = assemble(make_plan()).groups()
        assert groups["backbone"]
        assert groups["new"]
        assert not groups["adapter"]

    def test_only_new_parts_over_a_frozen_backbone(self, make_plan: MakePlan) -> None:
        model = assemble(make_plan(backbone__freeze=True))
        assert not model.groups()["backbone"]
        trained = {name for name, p in model.named_parameters() if p.requires_grad}
        assert trained == {
            name for name in dict(model.named_parameters()) if not name.startswith("backbone.")
        }

    def test_a_frozen_backbone_stays_in_eval_while_the_decoder_trains(self, make_plan: MakePlan) -> None:
        model = assemble(make_plan(backbone__freeze=True)).train()
        assert not any(module.training for module in model.pretrained.modules())
        assert model.decoder.training

    def test_a_frozen_backbone_keeps_no_graph(self, make_plan: MakePlan) -> None:
        model = assemble(make_plan(backbone__freeze=True)).train()
        maps: list[torch.Tensor] = []
        model.backbone.register_forward_hook(lambda module, args, output: maps.extend(output))
        model(frames(model)).sum().backward()
        assert not maps[0].requires_grad

    def test_unfreezing_trains_what_was_built_to_train_and_no_mask_token(self, make_plan: MakePlan) -> None:
        built = {name for name, _ in assemble(make_plan()).groups()["backbone"]}
        model = assemble(make_plan(backbone__freeze=True)).train()
        model.unfreeze_backbone()
        assert {name for name, _ in model.groups()["backbone"]} == built
        assert not any("mask_token" in name for name in built)
        assert all(module.training for module in model.pretrained.modules())

    def test_the_base_under_an_adapter_never_trains(self, make_plan: MakePlan) -> None:
        model = assemble(make_plan(backbone__freeze=True))
        model.adapted = True
        with pytest.raises(RuntimeError, match="never train"):
            model.unfreeze_backbone()


def test_without_detail_channels_there_is_no_stem(make_plan: MakePlan) -> None:
    model = assemble(make_plan(decoder__detail_channels=0))
    assert model.stem is None
    assert model(frames(model)).shape == (2, 3, 32, 48)


def test_a_random_base_is_written_once_and_read_again(make_plan: MakePlan, tmp_path: Path) -> None:
    base = tmp_path / "base"
    first = assemble(make_plan(), base=base)
    stamp = (base / "model.safetensors").stat().st_mtime_ns
    second = assemble(make_plan(seed=7), base=base)
    assert (base / "model.safetensors").stat().st_mtime_ns == stamp
    weight = "backbone.model.embeddings.patch_embeddings.weight"
    assert torch.equal(first.state_dict()[weight], second.state_dict()[weight])


def test_a_model_that_is_not_installed_is_refused(make_plan: MakePlan) -> None:
    with pytest.raises(UserError, match="vit_heatmap"):
        make_plan(model_name="vit_heatmaps")


def test_what_an_adapter_returns_stands_in_the_place_of_the_pretrained_module(make_plan: MakePlan) -> None:
    model = assemble(make_plan())
    wrapped = torch.nn.Sequential(model.pretrained)
    model.replace_pretrained(wrapped)
    assert model.pretrained is wrapped
    assert {name.partition(".")[0] for name, _ in model.named_parameters()} == {"backbone", "decoder", "stem"}
