"""How near `tracknet predict` comes to what the machine could do at best, engine by engine, stage by stage.

A ViT-S/16 (T = 3, 512×288, windows side by side) with random weights follows the ball through a synthetic
clip of 720p H.264, from the file to the finished CSV. The floor is the time that the model's FLOPs would
take at the rate of a large bfloat16 matrix product, measured on the same machine just before each
prediction: what neither an engine nor a pipeline can go below. Loading the model is not part of it.

The breakdown does each stage alone, one after the other; where stages overlap, the whole takes less wall
time than their sum. A second table holds LoRA, merged when it is loaded, against the base without it.

    python benchmarks/predict.py --output predict.json
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import asdict, evolve, frozen
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.utils.flop_counter import FlopCounterMode

from tracknet_core.cli.main import main as tracknet
from tracknet_core.config.resolve import load_plan
from tracknet_core.data.synthetic.spec import SynthSpec
from tracknet_core.data.synthetic.write import generate
from tracknet_core.inference.files import plan_files
from tracknet_core.inference.focus import Focus
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.predictor import Predictor, load
from tracknet_core.inference.results import predict
from tracknet_core.inference.sources import open_source
from tracknet_core.inference.table import BallTable
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import load_checkpoint, write_checkpoint
from tracknet_core.model.cuts import mark_cuts
from tracknet_core.model.engines.engine import Windows
from tracknet_core.model.engines.names import ENGINES
from tracknet_core.model.engines.ready import ReadyRun
from tracknet_core.progress import Silent
from tracknet_core.tracking.track import OnlineTracker

BUDGETS = {"ratio to the floor": 2.5, "LoRA merged / base": 1.05}
LENGTH = 3
SIDE = 4096
"""Of the square matrices whose product gives the machine's rate."""

CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: false
  config: {hidden_size: 384, num_hidden_layers: 12, num_attention_heads: 6, intermediate_size: 1536}
data:
  root: DATA
  preprocess: {resize: [512, 288]}
  sequence: {enabled: true, length: 3}
training: {precision: bf16}
"""


@frozen(kw_only=True)
class Spent:
    """Time spent on something.

    Attributes:
        wall: Seconds.
        cpu: Seconds of all threads of this process.
    """

    wall: float
    cpu: float


def timed(work: Callable[[], object]) -> Spent:
    """Do something once."""
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Spent(wall=time.perf_counter() - wall, cpu=time.process_time() - cpu)


def median(each: Sequence[Spent], share: float = 1.0) -> Spent:
    """Take the median of repeats, and of it a share."""
    return Spent(
        wall=statistics.median(one.wall for one in each) * share,
        cpu=statistics.median(one.cpu for one in each) * share,
    )


def write_run(folder: Path, config: Path, *words: str) -> Path:
    """Write a checkpoint of the model as it is before training; what an adapter adds is not zero."""
    plan, _ = load_plan([config], words, machine=False)
    model = assemble(plan, base=folder / "base")
    torch.manual_seed(0)
    for name, parameter in model.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(parameter, std=0.02)
    best = folder / "checkpoints" / "best"
    best.mkdir(parents=True)
    write_checkpoint(best, model, plan, base=folder / "base", threshold=0.2, metrics={}, step=0)
    return folder


@frozen(kw_only=True)
class Rate:
    """Of large bfloat16 matrix products, FLOP/s.

    Attributes:
        wall: In a second.
        cpu: In a second of one thread.
    """

    wall: float
    cpu: float


def product_rate() -> Rate:
    """Measure it; the best of three."""
    one, other = (torch.randn(SIDE, SIDE).bfloat16() for _ in range(2))
    torch.mm(one, other)
    each = [timed(lambda: torch.mm(one, other)) for _ in range(3)]
    flops = 2 * SIDE**3
    return Rate(wall=flops / min(one.wall for one in each), cpu=flops / min(one.cpu for one in each))


def flops_of_window(predictor: Predictor) -> float:
    """Count the FLOPs of the model for one window; attention is counted as its two matrix products."""
    windows = blank(predictor, 1)
    with sdpa_kernel(SDPBackend.MATH), FlopCounterMode(display=False) as counter:
        predictor.run.engine.heatmaps(windows)
    return float(counter.get_total_flops())


def blank(predictor: Predictor, count: int) -> Windows:
    """Make windows of noise."""
    width, height = predictor.run.engine.input_size
    shape = (count, LENGTH, 3, height, width)
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def whole(predictor: Predictor, video: Path, folder: Path) -> Spent:
    """Predict from the file to the finished CSV."""
    source = open_source(video)
    (files,) = plan_files([source], folder, overlay=False, force=True)
    return timed(lambda: predict(predictor, source, files, Silent()))


def stages(predictors: dict[str, Predictor], video: Path, folder: Path) -> Iterator[tuple[str, Spent]]:
    """Do each stage alone, each with what the one before gave, kept in memory."""
    some = next(iter(predictors.values()))
    plan, source = some.run.plan, open_source(video)
    (view,) = Focus().views(source.size, plan.data.preprocess)
    frames: list[Any] = []
    yield "decode", timed(lambda: frames.extend(source))
    small: list[Any] = []
    yield "resize", timed(lambda: small.extend((view.warp(frame.image),) for frame in frames))
    yield "cuts", timed(lambda: all(True for _ in mark_cuts(small)))
    batches: list[Windows] = []
    yield "batch", timed(lambda: batches.extend(stacked(small, some.batch_size)))
    answers: dict[str, list[Any]] = {name: [] for name in predictors}
    for name, predictor in predictors.items():
        engine = predictor.run.engine
        ask, found = engine.candidates, answers[name]
        yield f"{name}: model and peaks", timed(lambda ask=ask, found=found: found.extend(map(ask, batches)))  # type: ignore[misc]
    rows = torch.cat(next(iter(answers.values()))).flatten(0, 1).double().numpy()
    tracker = OnlineTracker(
        config=plan.tracking, threshold=some.run.threshold, size=source.size, fps=source.fps
    )
    points: list[Any] = []

    def track() -> None:
        for number, row in enumerate(rows):
            xy = view.to_source(row[:, :2] * 2)
            points.extend(tracker.push(number, xy, row[:, 2], time=number / 30))
        points.extend(tracker.flush())

    yield "track", timed(track)

    def write() -> None:
        with BallTable(folder / "alone_ball.csv") as table:
            for number, point in enumerate(points):
                table.add(
                    BallPoint(
                        frame=number, time=number / 30, xy=point.xy, score=point.score, source=point.source
                    )
                )
            table.finish()

    yield "write", timed(write)


def stacked(frames: Sequence[Any], batch_size: int) -> Iterator[Windows]:
    """Stack frames to batches of windows side by side; a last frame or two that fill none are dropped."""
    whole = len(frames) // LENGTH * LENGTH
    for first in range(0, whole, LENGTH * batch_size):
        pictures = np.stack([frame for (frame,) in frames[first : min(whole, first + LENGTH * batch_size)]])
        yield pictures.reshape(-1, LENGTH, *pictures.shape[1:]).transpose(0, 1, 4, 2, 3)


@frozen(kw_only=True)
class AdapterCost:
    """What the model alone costs in some form.

    Attributes:
        window: Time for a window.
        to_base: Wall time against that of the base in the same turn, median.
    """

    window: Spent
    to_base: float


def adapter_cost(base: Path, lora: Path, turns: int) -> dict[str, AdapterCost]:
    """Run the model alone, without adapter, with it merged, and with it beside the base, in turns."""
    forms = {
        "base": load(base),
        "LoRA merged": load(lora),
        "LoRA unmerged": evolve(load(lora), run=ReadyRun.of(load_checkpoint(lora), torch.device("cpu"))),
    }
    found: dict[str, list[Spent]] = {name: [] for name in forms}
    for turn in range(turns + 1):
        for name, form in forms.items():
            windows, engine = blank(form, form.batch_size), form.run.engine
            spent = timed(lambda engine=engine, windows=windows: engine.candidates(windows))  # type: ignore[misc]
            if turn:
                found[name].append(spent)
    return {
        name: AdapterCost(
            window=median(each, 1 / forms[name].batch_size),
            to_base=statistics.median(
                one.wall / of_base.wall for one, of_base in zip(each, found["base"], strict=True)
            ),
        )
        for name, each in found.items()
    }


def main() -> None:
    """Make the clip and the runs, measure in turns, print tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--data", type=Path, default=Path("data/predict"), help="where the clip is rendered to"
    )
    parser.add_argument("--frames", type=int, default=180, help="frames of the clip")
    parser.add_argument("--repeats", type=int, default=5, help="of which the median counts")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=list(ENGINES))
    parser.add_argument("--output", type=Path, default=Path("predict.json"))
    arguments = parser.parse_args()
    generate(arguments.data, SynthSpec(games=1, clips=1, frames=arguments.frames))
    (video,) = arguments.data.glob("*/*.mp4")
    with tempfile.TemporaryDirectory() as name:
        report = measure(Path(name), video.resolve(), arguments)
    arguments.output.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


def measure(folder: Path, video: Path, arguments: argparse.Namespace) -> dict[str, object]:
    """Measure everything and print it."""
    config = folder / "config.yaml"
    config.write_text(CONFIG.replace("DATA", str(folder / "none")), encoding="utf-8")
    base, lora = write_run(folder / "base", config), write_run(folder / "lora", config, "lora.enabled=true")
    for engine in set(arguments.engines) - {"torch"}:
        if tracknet(["export", str(base), "--format", engine, "--quiet"]) != 0:
            raise SystemExit(1)
    predictors = {engine: load(base, engine=engine) for engine in arguments.engines}
    flops, count = flops_of_window(load(base)), arguments.frames / LENGTH
    rates: list[Rate] = []
    ratios: dict[str, list[Spent]] = {engine: [] for engine in predictors}
    wholes: dict[str, list[Spent]] = {engine: [] for engine in predictors}
    parts: dict[str, list[Spent]] = {}
    for _ in range(arguments.repeats):
        for engine, predictor in predictors.items():
            rates.append(product_rate())
            spent = whole(predictor, video, folder)
            wholes[engine].append(spent)
            ratios[engine].append(
                Spent(
                    wall=spent.wall / count / (flops / rates[-1].wall),
                    cpu=spent.cpu / count / (flops / rates[-1].cpu),
                )
            )
        for stage, spent in stages(predictors, video, folder):
            parts.setdefault(stage, []).append(spent)
    adapter = adapter_cost(base, lora, 2 * arguments.repeats)
    rate = statistics.median(each.wall for each in rates)
    low, high = (1e-9 * choose(each.wall for each in rates) for choose in (min, max))
    print(
        f"{video.name}: {arguments.frames} frames of 1280×720, {count:.0f} windows; "
        f"{torch.get_num_threads()} threads, load average {os.getloadavg()[0]:.1f}\n"
        f"bfloat16 matrix products: {1e-9 * rate:.0f} GFLOP/s ({low:.0f} to {high:.0f}); "
        f"the model: {1e-9 * flops:.1f} GFLOP a window; floor: {1e3 * flops / rate:.0f} ms a window\n"
    )
    engines: dict[str, dict[str, object]] = {}
    print(
        f"{'whole predict':14}{'':>6}{'ms a window':>13}{'CPU ms':>9}"
        f"{'frames/s':>10}{'to the floor':>14}{'in CPU':>8}"
    )
    for engine, each in wholes.items():
        spent, ratio = median(each, 1 / count), median(ratios[engine])
        precision = predictors[engine].run.engine.precision
        engines[engine] = {
            "precision": precision,
            "seconds_a_window": asdict(spent),
            "to_the_floor": asdict(ratio),
            "each": [asdict(one) for one in ratios[engine]],
        }
        print(
            f"{engine:14}{precision:>6}{1e3 * spent.wall:13.0f}{1e3 * spent.cpu:9.0f}"
            f"{LENGTH / spent.wall:10.1f}{ratio.wall:14.2f}{ratio.cpu:8.2f}"
        )
    fastest = min(median(each).wall for each in ratios.values())
    print(f"fastest engine {fastest:.2f}, budget {BUDGETS['ratio to the floor']:.2f}\n")
    print(f"{'each stage alone':36}{'ms a window':>13}{'CPU ms':>9}")
    breakdown = {stage: median(each, 1 / count) for stage, each in parts.items()}
    for stage, spent in breakdown.items():
        print(f"{stage:36}{1e3 * spent.wall:13.2f}{1e3 * spent.cpu:9.2f}")
    print(f"\n{'torch, the model alone':26}{'ms a window':>13}{'CPU ms':>9}{'to base':>9}")
    for form, cost in adapter.items():
        window = cost.window
        print(f"{form:26}{1e3 * window.wall:13.0f}{1e3 * window.cpu:9.0f}{cost.to_base:9.3f}")
    print(f"budget of LoRA merged {BUDGETS['LoRA merged / base']:.2f}")
    return {
        "frames": arguments.frames,
        "repeats": arguments.repeats,
        "threads": torch.get_num_threads(),
        "load": os.getloadavg(),
        "products": [asdict(each) for each in rates],
        "flops_a_window": flops,
        "floor_seconds_a_window": flops / rate,
        "engines": engines,
        "stages": {stage: asdict(spent) for stage, spent in breakdown.items()},
        "adapter": {form: asdict(cost) for form, cost in adapter.items()},
        "budgets": BUDGETS,
    }


if __name__ == "__main__":
    main()
