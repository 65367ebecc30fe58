import pytest
import torch
from transformers import TrainerCallback

from tracknet_core.config.schema import LossConfig
from tracknet_core.training.arguments import trainer_arguments
from tracknet_core.training.memory import MicroBatches
from tracknet_core.training.sampling import EpochSampler
from tracknet_core.training.trainer import HeatmapTrainer


class Windows:
    """Noise with a ball in most frames."""

    def __len__(self):
        return 7

    def set_epoch(self, epoch):
        pass

    def __getitem__(self, index):
        generator = torch.Generator().manual_seed(index)
        return {
            "frames": torch.randint(0, 256, (1, 3, 32, 32), dtype=torch.uint8, generator=generator),
            "xy": torch.rand(1, 2, generator=generator) * 32,
            "ball": torch.tensor([index % 3 != 0]),
        }


@pytest.fixture
def trainer(tmp_path, make_model):
    def make(plan, say=lambda _: None):
        model = make_model(plan)
        counted = []
        made = HeatmapTrainer(
            model=model,
            plan=plan,
            arguments=trainer_arguments(plan, tmp_path, torch.device("cpu")),
            windows=Windows(),
            sampler=EpochSampler(7, taken=7, seed=0),
            steps_per_epoch=2,
            micro_batches=MicroBatches(plan.training, say),
            recomputing=(),
            callback=TrainerCallback(),
            count=lambda loss, frames: counted.append((loss.item(), frames)),
            save=lambda _: None,
        )
        made.counted = counted
        return made

    return make


def gradients(trainer):
    """Loss and gradients of one step on all seven windows."""
    batch = torch.utils.data.default_collate([Windows()[index] for index in range(7)])
    loss = trainer.training_step(trainer.model, batch)
    return loss, {name: p.grad.clone() for name, p in trainer.model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("loss", ["mse", "focal", "wbce"])
def test_micro_batches_give_the_gradients_of_the_whole_batch(trainer, training, loss):
    whole = training(batch_size=7, loss=LossConfig(name=loss))
    split = training(batch_size=7, loss=LossConfig(name=loss), micro_batch_size=3)  # 3 + 3 + 1
    loss_whole, expected = gradients(trainer(whole))
    loss_split, found = gradients(trainer(split))
    assert torch.allclose(loss_whole, loss_split, rtol=1e-5)
    assert expected.keys() == found.keys()
    for name, gradient in expected.items():
        scale = gradient.abs().max()
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-5 * scale), name
        assert scale > 0, name


def test_a_step_that_ran_out_of_memory_is_taken_again_with_the_same_result(trainer, training, monkeypatch):
    plan = training(batch_size=7)
    _, expected = gradients(trainer(plan))
    said = []
    retried = trainer(plan, said.append)
    forward, calls = retried.model.forward, []

    def forward_that_runs_out(frames):
        calls.append(len(frames))
        torch.rand(5)  # what dropout would draw
        if len(frames) > 3 or len(calls) == 3:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return forward(frames)

    monkeypatch.setattr(retried.model, "forward", forward_that_runs_out)
    random_before = torch.get_rng_state()
    _, found = gradients(retried)
    assert calls == [7, 3, 3, 1, 1, 1, 1, 1, 1, 1]  # the third call fails half-way through the step
    after = torch.get_rng_state()
    assert len(said) == 2
    for name, gradient in expected.items():
        assert torch.allclose(found[name], gradient, rtol=1e-4, atol=1e-5 * gradient.abs().max()), name
    torch.set_rng_state(random_before)
    for _ in range(7):
        torch.rand(5)
    assert torch.equal(after, torch.get_rng_state())  # as if the first attempts had not been


def test_each_step_is_counted_with_its_frames(trainer, plan):
    made = trainer(plan)
    loss, _ = gradients(made)
    assert made.counted == [(loss.item(), 7)]


def test_trainer_prints_nothing(trainer, plan, capfd):
    trainer(plan).train()
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
