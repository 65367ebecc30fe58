"""A run's first steps, rehearsed: the real model, optimizer and loss, without values."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext

import torch
from attrs import evolve, frozen
from torch import Tensor, nn

from tracknet_core.config.plan import Plan
from tracknet_core.model.assembly import assemble
from tracknet_core.model.heatmap_model import HeatmapModel
from tracknet_core.model.losses import build_loss
from tracknet_core.training.equip import equip
from tracknet_core.training.estimate.arithmetic import autocast_as_on_cuda
from tracknet_core.training.estimate.heap import Heap
from tracknet_core.training.estimate.ledger import Ledger, Part, Peak
from tracknet_core.training.estimate.memory import OneRegion, from_heap
from tracknet_core.training.estimate.outcomes import Outcomes
from tracknet_core.training.estimate.unbacked import Unbacked
from tracknet_core.training.memory import private_bytes
from tracknet_core.training.optimizer import build_optimizer, unfreezes
from tracknet_core.training.result import count_parameters
from tracknet_core.training.savings import micro_batch_size
from tracknet_core.training.step import total_loss
from tracknet_core.training.trial.held import optimizer_state

STEPS = 3
"""Optimizer steps on a heap. From the second on there is the optimizer's state, and in the third holes have
settled. To count bytes one is enough, over a state that was made before."""

MICRO_BATCHES = 2
"""Of a step; from the second on there are gradients, and all others are like it."""

AUTOCAST = {"bf16": torch.bfloat16, "fp16": torch.float16}


@frozen(kw_only=True)
class Rehearsal:
    """What a rehearsal showed.

    Attributes:
        peak: Memory at its peak: bytes of tensors, or with a heap what is resident for them.
        peak_tensor_bytes: Most bytes of tensors that were alive at the same time.
        while_loading: Whether the peak comes before the first step.
        libraries_bytes: Memory that libraries took that were imported meanwhile.
        trainable_parameters: Parameters that train at some time of the run.
        total_parameters: All of them.
        checkpoint_bytes: Size of the weights in a checkpoint.
        windows: Windows that go through the model at once.
        recomputes: Whether activations are computed again instead of kept.
    """

    peak: Peak
    peak_tensor_bytes: int
    while_loading: bool
    libraries_bytes: int
    trainable_parameters: int
    total_parameters: int
    checkpoint_bytes: int
    windows: int
    recomputes: bool


def rehearse(plan: Plan, device_type: str, outcomes: Outcomes, *, resident: bool) -> Rehearsal:
    """Assemble the model and take a few steps with tensors that hold nothing.

    Args:
        plan: The run. Kernels that ``training.compile`` would make are left out.
        device_type: ``cpu`` or ``cuda``.
        outcomes: What is known of operations; it grows.
        resident: Whether to see what would become resident of this process, which then should be one
            that begins with this and has learnt the outcomes before. Else bytes of tensors are counted.

    Raises:
        UserError: The plan does not fit together, or the model cannot be rehearsed.
        RuntimeError: The system has not even addresses for a tensor.
    """
    plan = evolve(plan, training=evolve(plan.training, compile=False))
    ledger = Ledger(Heap.of_this_process() if resident else None)
    arithmetic = autocast_as_on_cuda() if device_type == "cuda" else None
    with Unbacked(ledger, outcomes, from_heap if resident else OneRegion()):
        private = private_bytes()
        model = assemble(plan, shapes_only=True)
        if unfreezes(plan, model):
            model.unfreeze_backbone()  # when it has been, most memory is taken
        recomputing = equip(model, plan, torch.device(device_type))
        libraries = max(0, private_bytes() - private)
        ledger.trimmed()
        _say_what_the_model_is(ledger, model)
        if device_type == "cuda":
            ledger.forget_peak()  # models are loaded on the CPU
        loaded = ledger.now
        steps = _Steps(model, plan, recomputing, ledger, windows=micro_batch_size(plan, device_type))
        if not resident:
            steps.make_state()
        for _ in range(STEPS if resident else 1):
            steps.take()
    del arithmetic
    peak = ledger.peak(loaded)
    trainable, total = count_parameters(model, plan)
    return Rehearsal(
        peak=peak,
        peak_tensor_bytes=ledger.peak_tensor_bytes,
        while_loading=peak.moment <= loaded,
        libraries_bytes=libraries,
        trainable_parameters=trainable,
        total_parameters=total,
        checkpoint_bytes=_checkpoint_bytes(model),
        windows=steps.windows,
        recomputes=bool(recomputing) or model.recomputes,
    )


class _Steps:
    """Takes optimizer steps as the trainer does, and says what memory is for."""

    def __init__(
        self,
        model: HeatmapModel,
        plan: Plan,
        recomputing: tuple[nn.Module, ...],
        ledger: Ledger,
        *,
        windows: int,
    ) -> None:
        self.windows = windows
        self._model = model
        self._plan = plan
        self._recomputing = recomputing
        self._ledger = ledger
        self._optimizer = build_optimizer(model, plan)
        self._loss = build_loss(plan.training.loss)
        self._batch = _batch(plan)
        ledger.assign(Part.DATA, self._batch.values())

    def make_state(self) -> None:
        """Give the optimizer its state, as a first step does."""
        for group in self._optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.empty_like(parameter)
        self._update()

    def take(self) -> None:
        """Take a step."""
        self._model.train()
        if self._model.adapted:
            for layer in self._recomputing:
                layer.training = True
        size, count = self.windows, self._plan.training.batch_size
        for start in range(0, min(count, MICRO_BATCHES * size), size):
            self._learn({name: values[start : start + size] for name, values in self._batch.items()})
        self._update()

    def _update(self) -> None:
        if self._plan.training.grad_clip_norm:
            nn.utils.clip_grad_norm_(self._model.parameters(), self._plan.training.grad_clip_norm)
        self._optimizer.step()
        self._ledger.assign(Part.OPTIMIZER, optimizer_state(self._optimizer))
        self._model.zero_grad()

    def _learn(self, windows: Mapping[str, Tensor]) -> None:
        begun = self._ledger.now
        share = total_loss(
            self._forward,
            windows,
            model=self._model,
            loss=self._loss,
            sigma=self._plan.heatmap.sigma,
            autocast=self._autocast(),
        )
        self._ledger.assign_new(Part.ACTIVATIONS, since=begun)
        share.backward()  # type: ignore[no-untyped-call]
        gradients = (parameter.grad for parameter in self._model.parameters())
        self._ledger.assign(Part.GRADIENTS, (gradient for gradient in gradients if gradient is not None))

    def _forward(self, frames: Tensor) -> Tensor:
        logits: Tensor = self._model(frames)
        return logits.float()  # accelerate widens what a model in mixed precision gives

    def _autocast(self) -> AbstractContextManager[object]:
        dtype = AUTOCAST.get(self._plan.training.precision)
        return torch.autocast("cpu", dtype) if dtype else nullcontext()


def _batch(plan: Plan) -> dict[str, Tensor]:
    count, frames = plan.training.batch_size, plan.frames
    width, height = plan.data.preprocess.resize
    return {
        "frames": torch.empty(count, frames, 3, height, width, dtype=torch.uint8),
        "xy": torch.empty(count, frames, 2),
        "ball": torch.empty(count, frames, dtype=torch.bool),
    }


def _say_what_the_model_is(ledger: Ledger, model: HeatmapModel) -> None:
    """All that is there once a model is loaded are its weights, the scales of packed ones among them."""
    ledger.see_all([*model.parameters(), *model.buffers()])
    ledger.assign(Part.ADAPTER, (parameter for _, parameter in model.groups()["adapter"]))
    ledger.assign_new(Part.WEIGHTS, since=0)


def _checkpoint_bytes(model: HeatmapModel) -> int:
    """Add up what a checkpoint holds: the adapter, new parts, and the backbone if it trains."""
    adapter = [parameter for _, parameter in model.groups()["adapter"]]
    own = [
        parameter
        for name, parameter in model.named_parameters()
        if model.backbone_trains or not name.startswith(model.pretrained_prefix)
    ]
    return sum(tensor.nbytes for tensor in {id(each): each for each in (*own, *adapter)}.values())
