"""What the detail path and the window of frames are worth, at the same budget.

Trains configs/scratch.yaml four times on the same synthetic clips, with and without the detail path
and for T = 1 and T = 3, each for the same number of optimizer steps over the same number of
windows, and measures F1 on games that none of them saw. Every figure is of synthetic clips.

    python benchmarks/detail_path.py --data data/tennis --output detail_path.json
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

VARIANTS = {
    "T=3, detail path": [],
    "T=3, tokens only": ["decoder.detail_channels=0"],
    "T=1, detail path": ["data.sequence.enabled=false", "data.sequence.length=1"],
    "T=1, tokens only": [
        "data.sequence.enabled=false",
        "data.sequence.length=1",
        "decoder.detail_channels=0",
    ],
}
FIGURES = ("f1", "precision", "recall", "ap", "rmse_px")


def measure(config: Path, overrides: list[str], folder: Path) -> dict[str, float | None]:
    """Train one variant through the command line and read its metrics."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "tracknet_core", "run", str(config), *overrides]
    subprocess.run([*command, "--output", str(folder), "--quiet"], check=True)
    metrics = json.loads((folder / "metrics.json").read_text())
    return {name: metrics[name] for name in FIGURES} | {"seconds": time.perf_counter() - started}


def _shown(value: float | None) -> str:
    return "    none" if value is None else f"{value:8.3f}"


def main() -> None:
    """Run all variants and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--config", type=Path, default=Path("configs/scratch.yaml"))
    parser.add_argument("--data", required=True, help="folder of synthetic clips")
    parser.add_argument("--output", type=Path, default=Path("detail_path.json"))
    parser.add_argument("overrides", nargs="*", help="key=value for all variants")
    arguments = parser.parse_args()
    rows = {}
    with tempfile.TemporaryDirectory() as temporary:
        for number, (name, overrides) in enumerate(VARIANTS.items()):
            everywhere = [f"data.root={arguments.data}", *arguments.overrides]
            rows[name] = measure(arguments.config, everywhere + overrides, Path(temporary) / str(number))
            row = "  ".join(f"{figure} {_shown(value)}" for figure, value in rows[name].items())
            print(f"{name:18} {row}", flush=True)
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n")


if __name__ == "__main__":
    main()
