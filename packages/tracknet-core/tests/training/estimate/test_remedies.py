"""Which remedies are left, in which order."""

from attrs import evolve, frozen

from tracknet_core.config.plan import Plan, PluginSection
from tracknet_core.config.problems import ConfigError, Problem
from tracknet_core.training.estimate.remedies import Remedy, remedies


@frozen
class Adapter:
    r: int = 16


@frozen
class Backbone:
    freeze: bool = False


class Reader:
    """Reads overrides as a configuration would be, and remembers them."""

    def __init__(self, plan: Plan, refused: str = "") -> None:
        self.plan = plan
        self.refused = refused

    def __call__(self, overrides) -> Plan:
        plan = self.plan
        for override in overrides:
            key, value = override.split("=")
            if key == self.refused:
                raise ConfigError([Problem(key=key, message="cannot be", remedy="Install it.")])
            if key == "lora.enabled":
                plan = evolve(plan, adapter=PluginSection(name="a", section="lora", config=Adapter()))
            elif key == "quantization.enabled":
                plan = evolve(plan, quantizer=PluginSection(name="q", section="quantization", config=None))
            elif key == "lora.r":
                plan = evolve(plan, adapter=evolve(plan.adapter, config=Adapter(int(value))))
            else:
                name = key.removeprefix("training.")
                changed = {name: True if value == "true" else int(value)}
                plan = evolve(plan, training=evolve(plan.training, **changed))
        return plan


def overrides(found: list[Remedy]) -> list[tuple[str, ...]]:
    return [each.overrides for each in found]


def test_full_fine_tuning_has_all_of_them_in_the_guides_order(plan: Plan) -> None:
    plan = evolve(plan, backbone=Backbone())
    assert overrides(remedies(plan, "cuda", Reader(plan), {})) == [
        ("lora.enabled=true", "quantization.enabled=true"),
        ("lora.r=8",),
        ("training.micro_batch_size=2",),  # an adapter recomputes on a GPU by itself
        ("training.micro_batch_size=1",),
    ]


def test_a_frozen_backbone_needs_no_adapter_over_4_bits(plan: Plan) -> None:
    plan = evolve(plan, backbone=Backbone(freeze=True))
    assert overrides(remedies(plan, "cpu", Reader(plan), {})) == [
        ("quantization.enabled=true",),
        ("training.gradient_checkpointing=true",),
        ("training.micro_batch_size=2",),
        ("training.micro_batch_size=1",),
    ]


def test_what_is_done_already_is_no_remedy(plan: Plan) -> None:
    reader = Reader(evolve(plan, backbone=Backbone()))
    saving = reader(["lora.enabled=true", "quantization.enabled=true", "lora.r=8"])
    assert overrides(remedies(saving, "cpu", Reader(saving), {})) == [
        ("training.gradient_checkpointing=true",)
    ]


def test_an_obstacle_is_told_and_the_rest_goes_on_without(plan: Plan) -> None:
    plan = evolve(plan, backbone=Backbone(freeze=True))
    first, *rest = remedies(plan, "cpu", Reader(plan, refused="quantization.enabled"), {})
    assert first.plan is None
    assert first.obstacle == "quantization.enabled: cannot be. Install it."
    assert all(each.plan is not None and each.plan.quantizer is None for each in rest)


def test_what_was_tried_in_vain_is_not_tried_again(plan: Plan) -> None:
    plan = evolve(plan, backbone=Backbone(freeze=True))
    title = "activations computed again"
    found = {each.title: each for each in remedies(plan, "cpu", Reader(plan), {title: "it cannot"})}
    assert found[title].obstacle == "it cannot"
    assert not found["one window at a time"].plan.training.gradient_checkpointing


def test_batch_norm_keeps_its_batches_whole(plan: Plan) -> None:
    plan = evolve(plan, backbone=Backbone(freeze=True), decoder=evolve(plan.decoder, norm="bn"))
    keys = [key for found in overrides(remedies(plan, "cpu", Reader(plan), {})) for key in found]
    assert not any(key.startswith("training.micro_batch_size") for key in keys)
