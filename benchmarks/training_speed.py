"""What stands between the bare model loop and `tracknet run`: frames trained a second, as a ratio.

The reference is a plain loop over one batch that lies in memory: forward under autocast, loss,
backward, clipping, AdamW, in the same micro-batches. `tracknet run` does the same and besides reads
720p pictures, augments them, logs and keeps the model. Both train a DINOv3 ViT-S/16 of random
weights at 512 x 288, each in its own process, and are read once they run steadily. They take turns, and
each first in every other round; the ratio is the median over rounds. Clips are synthetic.

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
from pathlib import Path

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


def bare_apart(config: Path, overrides: list[str], steps: int) -> float:
    """The plain loop in a process of its own: median of its steps."""
    command = [sys.executable, __file__, "--bare", str(config), "--steps", str(steps), *overrides]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return statistics.median(json.loads(done.stdout.splitlines()[-1]))


def run(config: Path, overrides: list[str], steps: int, folder: Path) -> float:
    """`tracknet run`: median of the rows of history.csv after the first."""
    command = [sys.executable, "-m", "tracknet_core", "run", str(config), *overrides]
    command += [
        f"training.limit_train_batches={steps}",
        "training.log_every=2",
        "training.limit_val_batches=1",
    ]
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
    parser.add_argument("overrides", nargs="*", help="key=value for both")
    arguments = parser.parse_args()
    if arguments.bare:
        print(json.dumps(bare(arguments.bare, arguments.overrides, arguments.steps)))
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
                        loop.append(bare_apart(config, overrides, arguments.steps))
                    else:
                        whole.append(run(config, overrides, arguments.steps, folder / f"{mode}-{turn}"))
            ratios = [mine / reference for mine, reference in zip(whole, loop, strict=True)]
            ratio = statistics.median(ratios)
            results[mode] = {"bare": loop, "run": whole, "ratios": ratios, "ratio": ratio, "budget": BUDGET}
            spread = f"({min(ratios):.3f}-{max(ratios):.3f})"
            print(
                f"{mode:6} bare loop {shown(loop)}  tracknet run {shown(whole)}  ratio {ratio:.3f} {spread}",
                flush=True,
            )
    arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
