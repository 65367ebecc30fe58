"""What LoRA and QLoRA save against full fine-tuning: `tracknet compare` beside the budgets of the design.

DINOv3 ViT-L/16 at batch 4 and ViT-S/16 at batch 8, single frames of 512×288, bf16, random weights (memory
and speed do not depend on them). Each mode as it saves memory by default, and all with the same settings:
whole batches, nothing computed twice.

    python benchmarks/modes.py --output modes.json
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from attrs import asdict, frozen

from tracknet_core.cli.main import main as tracknet
from tracknet_core.training.compare.comparison import Comparison, Cost, Table, read_comparison

MODES = ("full", "lora", "qlora", "qlora-hf")

CONFIG = """
model_name: vit_heatmap
pretrained_model_name: facebook/dinov3-{name}-pretrain-lvd1689m
backbone: {{pretrained: false, freeze: false}}
decoder: {{channels: [{width}, 256, 128, 64]}}
heatmap: {{size: [256, 144]}}
data: {{preprocess: {{resize: [512, 288]}}}}
training: {{batch_size: {batch}, precision: bf16}}
"""


@frozen(kw_only=True)
class Model:
    """A model and its budgets.

    Attributes:
        name: Of the checkpoint.
        width: Of a token.
        batch: Windows in a step.
        memory: Budgets of peak memory as a share of full fine-tuning, by mode.
        held: Budget of QLoRA's weights, gradients and optimizer state, likewise; None without one.
    """

    name: str
    width: int
    batch: int
    memory: dict[str, float]
    held: float | None = None


MODELS = {
    "l": Model(name="vitl16", width=1024, batch=4, memory={"lora": 0.90, "qlora": 0.25}),
    "s": Model(name="vits16", width=384, batch=8, memory={"lora": 0.90, "qlora": 0.40}, held=0.10),
}

TRAINABLE, STEP, FOUR_BIT, MERGED, CHECKPOINT = 0.05, 1.10, 1.10, 1.05, 0.05


@frozen(kw_only=True)
class Figure:
    """A figure and its budget.

    Attributes:
        what: What was measured.
        value: A ratio.
        budget: The most it may be; None where it is only shown.
    """

    what: str
    value: float
    budget: float | None = None

    def __str__(self) -> str:
        if self.budget is None:
            return f"{self.what:58} {self.value:6.3f}"
        verdict = "" if self.value <= self.budget else "  MISSED"
        return f"{self.what:58} {self.value:6.3f}   budget {self.budget:.2f}{verdict}"


def figures(comparison: Comparison, model: Model) -> Iterator[Figure]:
    """Hold a comparison against the budgets."""
    defaults, same = comparison.tables
    costs = costs_of(defaults)
    full, lora, qlora = costs["full"], costs["lora"], costs["qlora"]
    for mode, budget in model.memory.items():
        yield Figure(what=f"{mode}: peak memory / full", value=_memory(costs[mode], full), budget=budget)
        alike = costs_of(same)
        if mode in alike and "full" in alike:
            value = _memory(alike[mode], alike["full"])
            yield Figure(what=f"{mode}: the same, all with the same settings", value=value)
        tensors = costs[mode].peak_tensor_bytes / full.peak_tensor_bytes
        yield Figure(what=f"{mode}: peak of tensors / full", value=tensors)
    held = qlora.held_bytes / full.held_bytes
    yield Figure(what="qlora: weights + gradients + optimizer / full", value=held, budget=model.held)
    yield Figure(what="lora: trainable / all parameters", value=lora.trainable_share, budget=TRAINABLE)
    step = qlora.step_seconds.median / lora.step_seconds.median
    yield Figure(what="step of qlora / step of lora", value=step, budget=STEP)
    four_bit = lora.frames_per_second.median / qlora.frames_per_second.median
    yield Figure(what="inference in 4 bits / in bf16, time", value=four_bit, budget=FOUR_BIT)
    merged = full.frames_per_second.median / lora.frames_per_second.median
    yield Figure(what="inference of lora, merged / of the base, time", value=merged, budget=MERGED)
    checkpoint = lora.checkpoint_bytes / lora.base_bytes
    yield Figure(what="lora: checkpoint / base checkpoint", value=checkpoint, budget=CHECKPOINT)


def costs_of(table: Table) -> dict[str, Cost]:
    """Take what was measured, by mode."""
    return {row.mode: row.cost for row in table.rows if row.cost}


def _memory(cost: Cost, reference: Cost) -> float:
    return cost.peak_memory_bytes.median / reference.peak_memory_bytes.median


def compare(model: Model, folder: Path, *, repeats: int, steps: int) -> Comparison:
    """Call ``tracknet compare``, which prints its tables."""
    config = folder / f"{model.name}.yaml"
    config.write_text(CONFIG.format(name=model.name, width=model.width, batch=model.batch), encoding="utf-8")
    words = ["--same-settings", "--repeats", str(repeats), "--steps", str(steps), "--modes", *MODES]
    if code := tracknet(["compare", str(config), *words, "--output", str(folder)]):
        sys.exit(code)
    found = read_comparison(folder)
    assert found is not None, "it was just written"
    return found


def main() -> None:
    """Compare the models and print figures beside budgets."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--models", nargs="+", choices=list(MODELS), default=list(MODELS))
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--output", type=Path, default=Path("modes.json"))
    arguments = parser.parse_args()
    results = {}
    for model in (MODELS[name] for name in arguments.models):
        with tempfile.TemporaryDirectory() as folder:
            found = compare(model, Path(folder), repeats=arguments.repeats, steps=arguments.steps)
        measured = list(figures(found, model))
        print(f"\nDINOv3 {model.name}, batch {model.batch}, T = 1, 512×288, bf16")
        print("\n".join(map(str, measured)), end="\n\n")
        results[model.name] = {"budgets": [asdict(figure) for figure in measured], **found.to_json()}
        arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
