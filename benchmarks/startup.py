"""How long commands that load no torch take, beside an interpreter that does nothing.

Each command runs 21 times, the first of which does not count: it leaves compiled modules behind, as
an installation does. Processor time tells the work itself; the time on the wall also tells how busy
the machine is. The check is of configs/demo.yaml with 768 pictures, which are made first (about a
minute) if `make demo` has not made them.

    python benchmarks/startup.py --output startup.json
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 20
BUDGETS = {"tracknet --help": 0.25, "tracknet check": 0.5}
"""Seconds on the wall, of the design."""

DEMO = Path("data/demo")
SYNTH = ("--sport", "badminton", "--games", "64", "--clips", "1", "--frames", "12", "--no-video", "--quiet")
TRACKNET = (sys.executable, "-m", "tracknet_core")


def commands(data: Path) -> dict[str, list[str]]:
    """The commands, by what they are called."""
    return {
        "python -c pass": [sys.executable, "-c", "pass"],
        "tracknet --help": [*TRACKNET, "--help"],
        "tracknet check --help": [*TRACKNET, "check", "--help"],
        "tracknet plugins": [*TRACKNET, "plugins"],
        "tracknet schema": [*TRACKNET, "schema"],
        "tracknet check": [*TRACKNET, "check", "configs/demo.yaml", f"data.root={data}"],
    }


def measure(command: list[str], environment: dict[str, str]) -> dict[str, float]:
    """Run a command again and again, once more than counts; median and least seconds of both kinds."""
    wall, processor = [], []
    for _ in range(RUNS + 1):
        before, started = _processor_seconds(), time.perf_counter()
        subprocess.run(command, capture_output=True, check=True, env=environment)
        wall.append(time.perf_counter() - started)
        processor.append(_processor_seconds() - before)
    return {
        "median": statistics.median(wall[1:]),
        "least": min(wall[1:]),
        "processor_median": statistics.median(processor[1:]),
        "processor_least": min(processor[1:]),
    }


def _processor_seconds() -> float:
    """What all children so far have used, in user and in system mode."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    """Time all commands and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--output", type=Path, default=Path("startup.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        # Some images forbid Python to keep compiled modules, which an installed package always has.
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = f"{made}/compiled"
        data = DEMO if DEMO.is_dir() else Path(made) / "clips"
        if data != DEMO:
            subprocess.run([*TRACKNET, "synth", str(data), *SYNTH], check=True)
        rows = {name: measure(command, environment) for name, command in commands(data).items()}
    print(f"{'':22} wall: median  least   processor: median  least")
    for name, row in rows.items():
        limit = f"budget {BUDGETS[name]:.2f} s" if name in BUDGETS else ""
        figures = "{median:13.3f} {least:6.3f} {processor_median:19.3f} {processor_least:6.3f}".format(**row)
        print(f"{name:22}{figures}   {limit}".rstrip())
    arguments.output.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
