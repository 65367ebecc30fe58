"""What a run does to save memory where its config leaves that open."""

import pytest
from attrs import evolve

from tracknet_core.config.plan import Plan, PluginSection
from tracknet_core.training.savings import micro_batch_size, recomputes


@pytest.fixture
def adapted(plan: Plan) -> Plan:
    """A plan with an adapter and batches of eight."""
    choice = PluginSection(name="some", section="some", config=None)
    return evolve(plan, adapter=choice, training=evolve(plan.training, batch_size=8))


def asking(plan: Plan, **training: object) -> Plan:
    return evolve(plan, training=evolve(plan.training, **training))


def test_an_adapter_trains_in_parts_on_a_cpu_and_recomputes_on_a_gpu(adapted):
    assert (micro_batch_size(adapted, "cpu"), recomputes(adapted, "cpu")) == (1, False)
    assert (micro_batch_size(adapted, "cuda"), recomputes(adapted, "cuda")) == (8, True)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_without_an_adapter_nothing_is_saved_unasked(adapted, device):
    plan = evolve(adapted, adapter=None)
    assert (micro_batch_size(plan, device), recomputes(plan, device)) == (8, False)


def test_what_is_configured_counts(adapted):
    asked = asking(adapted, micro_batch_size=4, gradient_checkpointing=True)
    assert (micro_batch_size(asked, "cpu"), recomputes(asked, "cpu")) == (4, True)
    assert not recomputes(asking(adapted, gradient_checkpointing=False), "cuda")
    assert micro_batch_size(asking(adapted, min_micro_batch_size=3), "cpu") == 3


def test_batch_norm_sees_the_batches_that_were_configured(adapted):
    plan = evolve(adapted, decoder=evolve(adapted.decoder, norm="bn"))
    assert micro_batch_size(plan, "cpu") == 8
