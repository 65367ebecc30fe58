"""What finds the ball: ablations of our default, and TrackNetV2's U-Net, at equal training compute.

Every variant is trained through `tracknet run` on the same synthetic clips, easy, broadcast and
adverse together, with as many steps as its model's forward, backward and update take in the same
time of one core, measured first. All are then measured on clips of venues that none of them saw:
synth-easy, synth-broadcast and synth-adverse. Every figure is of synthetic clips.

    python benchmarks/accuracy.py --budget 400 --output accuracy.json
    python benchmarks/accuracy.py --budget 1500 --only default --only "U-Net" --output final.json

Rows that the output already holds are not measured again, so that an interrupted call goes on. The
U-Net is the plugin in examples/: `pip install examples/tracknet-unet`.
"""

import argparse
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from attrs import evolve, frozen

DIFFICULTIES = ("easy", "broadcast", "adverse")
TRAINING = {"games": 56, "seed": 101}
TESTING = {"games": 24, "seed": 7001}
FRAMES = 24
VALIDATION_GAMES = range(49, 57)
EPOCHS = 4
"""Validations of a run; its threshold and checkpoint are chosen on them."""

TRACKERS = {
    "raw peaks": {"enabled": False},
    "tracked": {},
    "tracked, weighted": {"ensemble": "weighted"},
}
FIGURES = ("f1", "precision", "recall", "ap", "rmse_px")
UNET = "examples/tracknet-unet/unet.yaml"
SCRATCH = "configs/scratch.yaml"


@frozen(kw_only=True)
class Variant:
    """A configuration and what it changes."""

    config: str
    overrides: tuple[str, ...] = ()


def _of_ours(*overrides: str) -> Variant:
    return Variant(config=SCRATCH, overrides=overrides)


def _of_unet(*overrides: str) -> Variant:
    """TrackNetV2's network with the optimizer and augmentation that all others have."""
    alike = (
        "data.preprocess.flip_prob=0.5",
        "data.augment={zoom: 0.2, brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 10.0}",
        "training.batch_size=4",
        "training.precision=bf16",
        "training.scheduler.warmup_epochs=0.5",
        "training.optimizer.lr=1.0e-3",
    )
    return Variant(config=UNET, overrides=(*alike, *overrides))


HALF = ("data.preprocess.resize=[256,144]", "heatmap.size=[256,144]")
VARIANTS = {
    "default": _of_ours(),
    "loss mse": _of_ours("training.loss.name=mse"),
    "loss wbce": _of_ours("training.loss.name=wbce"),
    "3 detail levels": _of_ours("decoder.detail_levels=3"),
    "2 detail levels": _of_ours("decoder.detail_levels=2"),
    "no detail path": _of_ours("decoder.detail_channels=0"),
    "no motion in the detail path": _of_ours("decoder.detail_motion=false"),
    "T = 1": _of_ours("data.sequence.enabled=false", "data.sequence.length=1"),
    "T = 5": _of_ours("data.sequence.length=5"),
    "sigma 1.5": _of_ours("heatmap.sigma=1.5"),
    "sigma 3": _of_ours("heatmap.sigma=3.0"),
    "640 x 352": _of_ours("data.preprocess.resize=[640,352]", "heatmap.size=[320,176]"),
    "384 x 224": _of_ours("data.preprocess.resize=[384,224]", "heatmap.size=[192,112]"),
    "512 x 512, letterbox": _of_ours(
        "data.preprocess={resize: [512, 512], fit: letterbox, flip_prob: 0.5}", "heatmap.size=[256,256]"
    ),
    "512 x 512, stretch": _of_ours("data.preprocess.resize=[512,512]", "heatmap.size=[256,256]"),
    "no augmentation": _of_ours(
        "data.augment={zoom: 0, brightness: 0, contrast: 0, saturation: 0, hue: 0}",
        "data.preprocess.flip_prob=0",
    ),
    "more augmentation": _of_ours(
        "data.augment={zoom: 0.4, shift: 0.1, rotate: 5, brightness: 0.3, contrast: 0.3, saturation: 0.3, "
        "hue: 10, blur: 1.0, compression: 0.3}"
    ),
    "U-Net": _of_unet(),
    "U-Net, focal loss": _of_unet("training.loss.name=focal"),
    "U-Net, 256 x 144": _of_unet(*HALF),
    "U-Net, 256 x 144, focal loss": _of_unet(*HALF, "training.loss.name=focal"),
    "U-Net of the paper's width": _of_unet("backbone.width=64", "decoder.channels=[512,256,128,64]"),
}


def render(data: Path) -> None:
    """Make the clips that are not there yet."""
    for folder, shape in (("train", TRAINING), ("synth", TESTING)):
        for difficulty in DIFFICULTIES:
            options = {**shape, "clips": 1, "frames": FRAMES, "difficulty": difficulty}
            arguments = [part for key, value in options.items() for part in (f"--{key}", str(value))]
            _tracknet("synth", str(data / f"{folder}-{difficulty}"), *arguments, "--no-video", "--quiet")


def training_data(data: Path) -> list[str]:
    """Overrides that train on all difficulties; the last games of each choose checkpoint and threshold."""
    roots = ",".join(str(data / f"train-{difficulty}") for difficulty in DIFFICULTIES)
    games = ",".join(f"train-{difficulty}/game{n}" for difficulty in DIFFICULTIES for n in VALIDATION_GAMES)
    return [f"data.root=[{roots}]", f"data.split.val_games=[{games}]", "data.cache=disk"]


def cost(variant: Variant, data: list[str]) -> tuple[float, float]:
    """Seconds of one core for a training step, and for the forward of one frame; the least of some."""
    from tracknet_core.config.resolve import load_plan
    from tracknet_core.model.assembly import assemble
    from tracknet_core.model.losses import build_loss
    from tracknet_core.model.targets import render_heatmaps

    torch.set_num_threads(1)
    plan, _ = load_plan([variant.config], [*data, *variant.overrides])
    model = assemble(plan)
    optimizer, loss = torch.optim.AdamW(model.parameters()), build_loss(plan.training.loss)
    shape = (plan.training.batch_size, model.frames)
    width, height = model.input_size
    frames = torch.randint(0, 255, (*shape, 3, height, width), dtype=torch.uint8)
    ball = torch.ones(shape, dtype=torch.bool)
    xy = torch.rand(*shape, 2) * torch.tensor(model.heatmap_size)
    targets = render_heatmaps(xy, ball, model.heatmap_size, plan.heatmap.sigma)

    def forward() -> torch.Tensor:
        with torch.autocast("cpu", torch.bfloat16, enabled=plan.training.precision == "bf16"):
            logits: torch.Tensor = model(frames)
        return logits.float()

    def step() -> None:
        optimizer.zero_grad()
        (loss.total(forward(), targets) / loss.items(ball, model.heatmap_size)).backward()
        optimizer.step()

    model.train()
    seconds = _least(step)
    model.eval()
    with torch.inference_mode():
        return seconds, _least(forward) / math.prod(shape)


def _least(work: object, times: int = 4) -> float:
    assert callable(work)
    work()
    taken = []
    for _ in range(times):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def measure(
    variant: Variant, data: Path, run: Path, *, budget: float, seed: int, trackers: Sequence[str]
) -> dict[str, object]:
    """Train one variant within the budget and measure it on all sets."""
    training = training_data(data)
    step, frame = cost(variant, training)
    windows = len(DIFFICULTIES) * (TRAINING["games"] - len(VALIDATION_GAMES)) * (FRAMES - 4)
    steps = max(EPOCHS, int(budget / step))
    epochs = max(EPOCHS, math.ceil(steps / (windows // 4)))
    shape = [f"training.epochs={epochs}", f"training.limit_train_batches={steps // epochs}", f"seed={seed}"]
    before = _children_seconds()
    if not (run / "metrics.json").is_file():
        resume = ["--resume"] if run.is_dir() else []
        where = ["--output", str(run), *resume, "--quiet"]
        _tracknet("run", variant.config, *training, *variant.overrides, *shape, *where)
    row: dict[str, object] = {
        "step_seconds": step,
        "inference_seconds_a_frame": frame,
        "steps": steps // epochs * epochs,
        "training_process_seconds": _children_seconds() - before,
        "seed": seed,
    }
    return row | figures(run, data, trackers)


def figures(run: Path, data: Path, trackers: Sequence[str]) -> dict[str, object]:
    """Measure a run on all sets; trackers that need the same windows share one pass of the model."""
    from tracknet_core.data.load import load_clips
    from tracknet_core.data.reader import FrameReader
    from tracknet_core.evaluation.evaluate import evaluate
    from tracknet_core.evaluation.protocols import WASB
    from tracknet_core.model.checkpoint import load_checkpoint
    from tracknet_core.model.detection import Detector, detect_clips

    loaded = load_checkpoint(run)
    found: dict[str, object] = {}
    for difficulty in DIFFICULTIES:
        plan = evolve(loaded.plan, data=evolve(loaded.plan.data, root=(str(data / f"synth-{difficulty}"),)))
        clips = load_clips(plan.data)
        reader = FrameReader(clips, plan.data)
        detections = {}
        for tracker in trackers:
            plan = evolve(plan, tracking=evolve(loaded.plan.tracking, **TRACKERS[tracker]))
            ensemble = plan.tracking.ensemble
            if ensemble not in detections:
                detector = Detector.of(loaded.model, plan, device=torch.device("cpu"), batch_size=4)
                detections[ensemble] = detect_clips(detector, clips, reader)
            metrics = evaluate(
                detections[ensemble],
                clips,
                protocol=WASB,
                threshold=loaded.threshold,
                tracking=plan.tracking,
                split="all",
            ).metrics
            found[f"synth-{difficulty}, {tracker}"] = {name: getattr(metrics, name) for name in FIGURES}
    return found


def _tracknet(*arguments: str) -> str:
    command = [sys.executable, "-m", "tracknet_core", *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def show(name: str, row: dict[str, object]) -> None:
    """Print one row: F1 on the three sets, by tracker."""
    print(f"{name}: {row['steps']} steps of {row['step_seconds']:.3f} s", flush=True)
    for tracker in TRACKERS:
        if f"synth-{DIFFICULTIES[0]}, {tracker}" not in row:
            continue
        cells = []
        for difficulty in DIFFICULTIES:
            measured = row[f"synth-{difficulty}, {tracker}"]
            assert isinstance(measured, dict)
            cells.append(f"{difficulty} {measured['f1']:.3f}")
        print(f"    {tracker:18} {'  '.join(cells)}", flush=True)


def main() -> None:
    """Train and measure the variants."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, default=Path("data"), help="where the sets are, or are made")
    parser.add_argument("--budget", type=float, default=400.0, help="seconds of one core for training steps")
    parser.add_argument("--only", action="append", choices=VARIANTS, help="variants; default: all")
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--ensembles", action="store_true", help="measure overlapping windows too")
    parser.add_argument("--runs", type=Path, default=Path("build/accuracy"), help="folder of the runs")
    parser.add_argument("--output", type=Path, default=Path("accuracy.json"))
    arguments = parser.parse_args()
    render(arguments.data)
    rows = json.loads(arguments.output.read_text()) if arguments.output.is_file() else {}
    for name in arguments.only or VARIANTS:
        key = f"{name}, {arguments.budget:g} s, seed {arguments.seed}"
        if key not in rows:
            run = arguments.runs / key.replace(" ", "-").replace(",", "")
            rows[key] = measure(
                VARIANTS[name],
                arguments.data,
                run,
                budget=arguments.budget,
                seed=arguments.seed,
                trackers=list(TRACKERS) if arguments.ensembles else list(TRACKERS)[:2],
            )
            arguments.output.write_text(json.dumps(rows, indent=2) + "\n")
        show(key, rows[key])


if __name__ == "__main__":
    main()
