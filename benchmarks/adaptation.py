"""What adapting the embedded base to a sport it has never seen is worth, and by which means.

Measures the embedded checkpoint as it is, then continues it on badminton in four ways: the decoder
alone over the frozen backbone, LoRA, LoRA over 4-bit weights (QLoRA), and everything (full
fine-tuning, at the learning rate of a pretrained backbone). Each takes the same steps over the same
windows, with three seeds; F1 is measured on games that none of them saw. Every figure is of
synthetic clips.

    tracknet synth data/demo --sport badminton --games 64 --clips 1 --frames 12 --no-video
    python benchmarks/adaptation.py --data data/demo --output adaptation.json
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BASE = "tracknet/vit-tiny-synthetic"
PLAIN = ["lora.enabled=false", "quantization.enabled=false"]
VARIANTS = {
    "decoder alone": [*PLAIN, "backbone.freeze=true"],
    "LoRA": ["quantization.enabled=false"],
    "QLoRA": [],
    "full fine-tuning": [*PLAIN, "backbone.freeze=false"],
}
FIGURES = ("f1", "precision", "recall", "ap", "trainable_parameters")
SHOWN = ("f1", "precision", "recall", "ap")

Row = dict[str, float]


def measure_before(data: str) -> Row:
    """Measure the embedded checkpoint on the games that the runs are tested on."""
    command = [sys.executable, "-m", "tracknet_core", "eval", BASE, f"data.root={data}", "--split", "test"]
    max_gap = "tracking.max_gap=3"  # that of the config, so that only the weights differ
    done = subprocess.run(
        [*command, max_gap, "--json", "--quiet"], check=True, capture_output=True, text=True
    )
    metrics = json.loads(done.stdout)
    return {name: metrics[name] or 0.0 for name in SHOWN}


def train(config: Path, overrides: list[str], folder: Path) -> Row:
    """Train one variant through the command line and read its metrics."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "tracknet_core", "run", str(config), *overrides]
    subprocess.run([*command, "--output", str(folder), "--quiet"], check=True, stdout=subprocess.DEVNULL)
    metrics = json.loads((folder / "metrics.json").read_text(encoding="utf-8"))
    return {name: metrics[name] or 0.0 for name in FIGURES} | {"seconds": time.perf_counter() - started}


def summary(rows: list[Row]) -> str:
    """Mean and range of each figure over the seeds."""
    cells = []
    for name in SHOWN:
        values = [row[name] for row in rows]
        cells.append(f"{name} {statistics.mean(values):.3f} ({min(values):.3f}-{max(values):.3f})")
    return "  ".join(cells)


def main() -> None:
    """Run all variants with all seeds and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=Path("configs/demo.yaml"))
    parser.add_argument("--data", required=True, help="folder of synthetic badminton clips")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2, 3])
    parser.add_argument("--only", nargs="+", choices=VARIANTS, default=list(VARIANTS), help="of the variants")
    parser.add_argument("--output", type=Path, default=Path("adaptation.json"))
    parser.add_argument("overrides", nargs="*", help="key=value for all variants")
    arguments = parser.parse_args()
    results: dict[str, list[Row]] = {"before": [measure_before(arguments.data)]}
    print(f"{'before':18} {summary(results['before'])}", flush=True)
    with tempfile.TemporaryDirectory() as temporary:
        for name in arguments.only:
            everywhere = [f"data.root={arguments.data}", *VARIANTS[name], *arguments.overrides]
            results[name] = [
                train(
                    arguments.config,
                    [*everywhere, f"seed={seed}"],
                    Path(temporary) / f"{name.replace(' ', '-')}-{seed}",
                )
                for seed in arguments.seeds
            ]
            seconds = statistics.mean(row["seconds"] for row in results[name])
            print(f"{name:18} {summary(results[name])}  {seconds:.0f} s a run", flush=True)
    arguments.output.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
