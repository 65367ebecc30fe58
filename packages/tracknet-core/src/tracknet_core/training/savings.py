"""How a run saves memory where its config leaves that open.

Who trains an adapter wants to save memory, and there are two ways that change no gradient: to send
a few windows at a time through the model, or to compute activations again instead of keeping them.
The first costs nothing on a CPU, whose cores are busy with one window, and leaves a GPU idle; the
second costs a forward on either. So an adapter trains in micro-batches on a CPU, and recomputes on a
GPU (docs/benchmarks.md). Without an adapter all is as configured.
"""

from tracknet_core.config.plan import Plan

WINDOWS_AT_A_TIME = 1
"""Micro-batch under an adapter on a CPU."""


def recomputes(plan: Plan, device_type: str) -> bool:
    """Whether activations are computed again in the backward pass (``training.gradient_checkpointing``).

    Args:
        plan: The run.
        device_type: ``cpu`` or ``cuda``.
    """
    asked = plan.training.gradient_checkpointing
    if asked is not None:
        return asked
    return plan.adapter is not None and device_type != "cpu"


def micro_batch_size(plan: Plan, device_type: str) -> int:
    """Tell how many windows go through the model at once (``training.micro_batch_size``).

    BatchNorm would see other batches than were configured, so that it gets them whole.

    Args:
        plan: The run.
        device_type: ``cpu`` or ``cuda``.
    """
    training = plan.training
    if training.micro_batch_size:
        return min(training.micro_batch_size, training.batch_size)
    splits = plan.adapter is not None and device_type == "cpu" and plan.decoder.norm == "gn"
    if not splits:
        return training.batch_size
    return min(max(WINDOWS_AT_A_TIME, training.min_micro_batch_size), training.batch_size)
