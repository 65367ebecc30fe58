"""How far estimates of memory are from what training takes.

Every configuration of a grid is trained for a few steps on random pictures, twice: in a process whose
peak of resident memory is read, and in another that counts the bytes of all tensors alive. Both peaks
stand beside those that `tracknet estimate` tells for the same configuration, as ratios estimated over
measured. Base weights are random, and read from a file as pretrained ones are.

    python benchmarks/memory_estimate.py --output memory_estimate.json
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

from tracknet_core.config.document import dump
from tracknet_core.config.resolve import load_plan
from tracknet_core.training.compare.processes import do

SIZES = {
    "S": {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 6, "intermediate_size": 1536},
    "B": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 3072},
}
MODES = {
    "full": ["backbone.freeze=false"],
    "frozen": ["backbone.freeze=true"],
    "LoRA": ["backbone.freeze=false", "lora.enabled=true"],
    "QLoRA": ["backbone.freeze=false", "lora.enabled=true", "quantization.enabled=true"],
}
WHOLE, DEFAULT = "training.micro_batch_size={batch}", ""
RECOMPUTE = "training.gradient_checkpointing=true"

GRID: list[tuple[str, str, int, int, str, str]] = [
    ("S", "full", 1, 4, "bf16", DEFAULT),
    ("S", "full", 1, 4, "bf16", RECOMPUTE),
    ("S", "full", 1, 4, "fp32", DEFAULT),
    ("S", "full", 1, 8, "bf16", DEFAULT),
    ("S", "full", 3, 2, "bf16", DEFAULT),
    ("S", "full", 3, 4, "fp32", RECOMPUTE),
    ("S", "frozen", 1, 4, "bf16", DEFAULT),
    ("S", "LoRA", 1, 8, "bf16", DEFAULT),
    ("S", "LoRA", 1, 4, "bf16", WHOLE),
    ("S", "LoRA", 1, 4, "fp32", WHOLE),
    ("S", "LoRA", 1, 4, "bf16", f"{RECOMPUTE} {WHOLE}"),
    ("S", "LoRA", 3, 4, "bf16", WHOLE),
    ("S", "QLoRA", 1, 8, "bf16", DEFAULT),
    ("S", "QLoRA", 1, 4, "bf16", WHOLE),
    ("S", "QLoRA", 1, 4, "fp32", WHOLE),
    ("S", "QLoRA", 1, 8, "bf16", f"{RECOMPUTE} {WHOLE}"),
    ("S", "QLoRA", 3, 4, "bf16", "training.micro_batch_size=2"),
    ("S", "QLoRA", 3, 4, "fp32", DEFAULT),
    ("B", "full", 1, 2, "bf16", DEFAULT),
    ("B", "full", 1, 4, "bf16", RECOMPUTE),
    ("B", "full", 3, 2, "fp32", DEFAULT),
    ("B", "frozen", 3, 4, "bf16", DEFAULT),
    ("B", "LoRA", 1, 4, "bf16", DEFAULT),
    ("B", "LoRA", 1, 2, "bf16", WHOLE),
    ("B", "LoRA", 3, 2, "bf16", f"{RECOMPUTE} {WHOLE}"),
    ("B", "LoRA", 1, 2, "fp32", DEFAULT),
    ("B", "QLoRA", 1, 4, "bf16", DEFAULT),
    ("B", "QLoRA", 1, 2, "bf16", WHOLE),
    ("B", "QLoRA", 3, 2, "bf16", WHOLE),
    ("B", "QLoRA", 1, 4, "fp32", f"{RECOMPUTE} {WHOLE}"),
]
"""Size of the ViT, what trains, frames in a window, batch, precision, and how memory is saved."""

QUICK = (0, 7, 12, 25)
"""Of the grid, one of each kind that is done soon."""

Case = tuple[str, str, int, int, str, str]
Row = dict[str, Any]


def overrides(case: Case) -> list[str]:
    """Write a configuration down for the command line."""
    size, mode, frames, batch, precision, savings = case
    shape = ", ".join(f"{name}: {value}" for name, value in SIZES[size].items())
    return [
        "model_name=vit_heatmap",
        "backbone.pretrained=false",
        f"backbone.config={{{shape}}}",
        f"decoder.channels=[{SIZES[size]['hidden_size']}, 256, 128, 64]",
        *MODES[mode],
        *([f"data.sequence={{enabled: true, length: {frames}}}"] if frames > 1 else []),
        f"training.batch_size={batch}",
        f"training.precision={precision}",
        *savings.format(batch=batch).split(),
    ]


def resolved(settings: list[str], folder: Path) -> Path:
    """Write a configuration to a file, with all its defaults."""
    plan, _ = load_plan([], settings, machine=False)
    (folder / "config.yaml").write_text(dump(plan), encoding="utf-8")
    return folder / "config.yaml"


def estimate(config: Path) -> Row:
    """Ask for an estimate through the command line; it may say that the configuration does not fit."""
    command = [sys.executable, "-m", "tracknet_core", "estimate", str(config), "--json"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    result: Row = json.loads(done.stdout)
    return result


def measure(case: Case, folder: Path, base: Path, steps: int) -> Row:
    """Estimate and measure one configuration."""
    config = resolved(overrides(case), folder)
    trial = partial(do, config=config, folder=folder, base=base)
    if not base.is_dir():
        trial("base", steps=1)
    told = estimate(config)
    resident = trial("train", steps=steps)["peak_memory_bytes"]
    (folder / "checkpoint").rename(folder / "checkpoint-train")
    tensors = trial("tensors", steps=steps)["peak_tensor_bytes"]
    return {
        **dict(zip(("size", "mode", "frames", "batch", "precision"), case, strict=False)),
        "savings": case[-1].format(batch=case[3]),
        "resident_bytes": resident,
        "estimated_resident_bytes": told["peak_bytes"],
        "resident_ratio": told["peak_bytes"] / resident,
        "tensor_bytes": tensors,
        "estimated_tensor_bytes": told["peak_tensor_bytes"],
        "tensor_ratio": told["peak_tensor_bytes"] / tensors,
    }


def line(row: Row) -> str:
    """Write a row of the table."""
    name = f"ViT-{row['size']} {row['mode']:6} T={row['frames']} batch {row['batch']} {row['precision']}"
    savings = row["savings"].replace("training.", "")
    parts = [
        f"{row[f'{kind}_bytes'] / 2**20:8.0f} {row[f'estimated_{kind}_bytes'] / 2**20:8.0f}"
        f" {row[f'{kind}_ratio']:6.3f}"
        for kind in ("resident", "tensor")
    ]
    return f"{name:34} {'  '.join(parts)}  {savings}"


def main() -> None:
    """Measure the grid, print a table and write JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="four configurations of the grid")
    parser.add_argument("--steps", type=int, default=3, help="optimizer steps of each training")
    parser.add_argument("--output", type=Path, default=Path("memory_estimate.json"))
    arguments = parser.parse_args()
    cases = [GRID[index] for index in QUICK] if arguments.quick else GRID
    cases = random.Random(0).sample(cases, len(cases))
    rows: list[Row] = []
    print(f"{'MiB: measured, estimated, ratio':34} {'resident':^24}  {'tensors':^24}")
    with tempfile.TemporaryDirectory() as temporary:
        for number, case in enumerate(cases):
            folder = Path(temporary) / str(number)
            folder.mkdir()
            base = Path(temporary) / f"base-{case[0]}"
            rows.append(measure(case, folder, base, arguments.steps))
            print(line(rows[-1]), flush=True)
            arguments.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    for kind in ("resident", "tensor"):
        errors = [abs(row[f"{kind}_ratio"] - 1) for row in rows]
        within = sum(error <= 0.1 for error in errors)
        print(f"{kind}: {within} of {len(rows)} within 10 %, largest error {max(errors):.1%}")


if __name__ == "__main__":
    main()
