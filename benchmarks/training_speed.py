"""What stands between the bare model loop and `tracknet run`: frames trained a second, as a ratio.

The reference is a plain loop over one batch that lies in memory: forward under autocast, loss,
backward, clipping, AdamW, in the same micro-batches, with the C library's allocator as it comes.
`tracknet run` does the same and besides reads 720p pictures, augments them, logs and keeps the model.
Both train a DINOv3 ViT-S/16 of random weights at 512 x 288, each in its own process, and are read once
they run steadily. They take turns, and each first in every other round; the ratio is the median over
rounds. Clips are synthetic.

Two processes that do the very same may differ by a tenth or more in speed for as long as they live. So
the clock also runs inside `tracknet run`: the share of its time that is forward or backward does not
depend on how fast the machine happens to be.

    python benchmarks/training_speed.py --output training_speed.json
"""

import argparse
import csv
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

CONFIG = """
model_name: vit_heatmap
pretrained_model_name: facebook/dinov3-vits16-pretrain-lvd1689m
backbone: {pretrained: false, freeze: false}
training: {precision: bf16, epochs: 1, scheduler: {warmup_epochs: 0}}
"""
MODES = {
    "full": [],
    "lora": ["lora.enabled=true"],
    "qlora": ["lora.enabled=true", "quantization.enabled=true"],
}
BUDGET = 0.95


def bare(config: Path, overrides: list[str], steps: int) -> list[float]:
    """Frames a second in each step of the plain loop; the first ones do not count."""
    import torch

    from tracknet_core.config.resolve import load_plan
    from tracknet_core.model.assembly import assemble
    from tracknet_core.model.losses import build_loss
    from tracknet_core.training.equip import equip
    from tracknet_core.training.optimizer import build_optimizer
    from tracknet_core.training.savings import micro_batch_size
    from tracknet_core.training.targets import batch_targets

    plan, _ = load_plan([str(config)], overrides, machine=False)
    model, windows, size = assemble(plan), plan.training.batch_size, micro_batch_size(plan, "cpu")
    equip(model, plan, torch.device("cpu"))
    optimizer, loss = build_optimizer(model, plan), build_loss(plan.training.loss)
    width, height = model.input_size
    frames = torch.randint(0, 256, (windows, model.frames, 3, height, width), dtype=torch.uint8)
    xy = torch.rand(windows, model.frames, 2) * torch.tensor([width, height])
    ball = torch.ones(windows, model.frames, dtype=torch.bool)
    rates = []
    model.train()
    for _ in range(steps):
        started = time.perf_counter()
        for start in range(0, windows, size):
            part = slice(start, start + size)
            with torch.autocast("cpu", torch.bfloat16):
                logits = model(frames[part])
            targets = batch_targets(model, xy[part], ball[part], sigma=plan.heatmap.sigma)
            (loss.total(logits.float(), targets) / loss.items(ball, model.heatmap_size)).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), plan.training.grad_clip_norm)
        optimizer.step()
        optimizer.zero_grad()
        rates.append(windows * model.frames / (time.perf_counter() - started))
    return rates[2:]


def inside(config: Path, overrides: list[str], steps: int, folder: Path) -> float:
    """Share of the steps of `tracknet run` that is forward or backward; the first ones do not count."""
    import torch

    from tracknet_core.cli.main import main as tracknet
    from tracknet_core.model.heatmap_model import HeatmapModel
    from tracknet_core.training.trainer import HeatmapTrainer

    spent, begun = [0.0], []

    def timed(work: Callable[..., Any]) -> Callable[..., Any]:
        def clocked(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return work(*args, **kwargs)
            finally:
                spent[-1] += time.perf_counter() - started

        return clocked

    def noted(step: Callable[..., Any]) -> Callable[..., Any]:
        def begin(*args: Any, **kwargs: Any) -> Any:
            begun.append(time.perf_counter())
            spent.append(0.0)
            return step(*args, **kwargs)

        return begin

    with (
        mock.patch.object(HeatmapModel, "forward", timed(HeatmapModel.forward)),
        mock.patch.object(torch.Tensor, "backward", timed(torch.Tensor.backward)),
        mock.patch.object(HeatmapTrainer, "training_step", noted(HeatmapTrainer.training_step)),
    ):
        tracknet(["run", str(config), *overrides, *settings(steps), "--output", str(folder), "--quiet"])
    first, last = 2, len(begun) - 1  # the last step ends with what a run does once
    return sum(spent[first + 1 : last + 1]) / (begun[last] - begun[first])


def apart(mode: str, config: Path, overrides: list[str], steps: int, folder: Path) -> Any:
    """Do one of the two in a process of its own."""
    command = [sys.executable, __file__, f"--{mode}", str(config), "--steps", str(steps)]
    done = subprocess.run(
        [*command, "--output", str(folder), *overrides], check=True, capture_output=True, text=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def settings(steps: int) -> list[str]:
    """How long `tracknet run` trains."""
    return [
        f"training.limit_train_batches={steps}",
        "training.log_every=2",
        "training.limit_val_batches=1",
    ]


def run(config: Path, overrides: list[str], steps: int, folder: Path) -> float:
    """`tracknet run`: median of the rows of history.csv after the first."""
    command = [sys.executable, "-m", "tracknet_core", "run", str(config), *overrides, *settings(steps)]
    subprocess.run([*command, "--output", str(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    rows = list(csv.DictReader((folder / "history.csv").open(encoding="utf-8")))
    return statistics.median(float(row["frames_per_second"]) for row in rows[1:])


def shown(rates: list[float]) -> str:
    """Median and range."""
    return f"{statistics.median(rates):.3f} ({min(rates):.3f}-{max(rates):.3f}) frames/s"


def main() -> None:
    """Let both take turns and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=8, help="of a batch each")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=["full", "lora"])
    parser.add_argument("--output", type=Path, default=Path("training_speed.json"))
    parser.add_argument("--bare", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--inside", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("overrides", nargs="*", help="key=value for both")
    arguments = parser.parse_args()
    if arguments.bare:
        print(json.dumps(bare(arguments.bare, arguments.overrides, arguments.steps)))
        return
    if arguments.inside:
        print(json.dumps(inside(arguments.inside, arguments.overrides, arguments.steps, arguments.output)))
        return
    results: dict[str, dict[str, object]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        config = folder / "config.yaml"
        config.write_text(CONFIG, encoding="utf-8")
        synth = [
            sys.executable,
            "-m",
            "tracknet_core",
            "synth",
            str(folder / "clips"),
            "--games",
            "8",
            "--clips",
            "1",
        ]
        subprocess.run([*synth, "--frames", "24", "--no-video", "--quiet"], check=True)
        shared = [f"data.root={folder / 'clips'}", "training.batch_size=8", *arguments.overrides]
        for mode in arguments.modes:
            overrides, loop, whole = [*shared, *MODES[mode]], [], []
            for turn in range(arguments.rounds):
                for whose in ("bare", "run") if turn % 2 else ("run", "bare"):
                    if whose == "bare":
                        rates = apart("bare", config, overrides, arguments.steps, folder)
                        loop.append(statistics.median(rates))
                    else:
                        whole.append(run(config, overrides, arguments.steps, folder / f"{mode}-{turn}"))
            ratios = [mine / reference for mine, reference in zip(whole, loop, strict=True)]
            ratio = statistics.median(ratios)
            model = apart("inside", config, overrides, arguments.steps, folder / f"{mode}-inside")
            results[mode] = {
                "bare": loop,
                "run": whole,
                "ratios": ratios,
                "ratio": ratio,
                "forward and backward": model,
                "budget": BUDGET,
            }
            spread = f"({min(ratios):.3f}-{max(ratios):.3f})"
            print(
                f"{mode:6} bare loop {shown(loop)}  tracknet run {shown(whole)}  ratio {ratio:.3f} {spread}"
                f"  forward and backward are {model:.3f} of a step",
                flush=True,
            )
    arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
