"""How long `tracknet --help` and `tracknet check` take, beside an interpreter that does nothing.

Each command runs 11 times, the first of which does not count; the others give a median. The check is of
configs/demo.yaml with its clips, if `make demo` has made them, and of the config alone otherwise.

    python benchmarks/startup.py --output startup.json
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

RUNS = 10
BUDGETS = {"tracknet --help": 0.25, "tracknet check": 0.5}
"""Seconds, of the design."""

COMMANDS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "tracknet --help": [sys.executable, "-m", "tracknet_core", "--help"],
    "tracknet check": [sys.executable, "-m", "tracknet_core", "check", "configs/demo.yaml"],
}


def seconds(command: list[str]) -> list[float]:
    """Time a command again and again, once more than counts."""
    taken = []
    for _ in range(RUNS + 1):
        started = time.perf_counter()
        subprocess.run(command, capture_output=True, check=False)
        taken.append(time.perf_counter() - started)
    return taken[1:]


def main() -> None:
    """Time all commands and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=Path("startup.json"))
    arguments = parser.parse_args()
    rows = {}
    for name, command in COMMANDS.items():
        taken = seconds(command)
        rows[name] = {"median": statistics.median(taken), "least": min(taken), "most": max(taken)}
        limit = f"budget {BUDGETS[name]:.2f} s" if name in BUDGETS else "reference"
        row = "  ".join(f"{figure} {value:.3f} s" for figure, value in rows[name].items())
        print(f"{name:16} {row}  {limit}")
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
