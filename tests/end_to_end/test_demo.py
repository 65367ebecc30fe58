"""``make demo`` after installation: the main job, from nothing to a tracked clip."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUDGET_SECONDS = 360


@pytest.mark.slow
@pytest.mark.timeout(3 * BUDGET_SECONDS)
def test_the_demo_finds_the_ball_on_games_it_has_never_seen(tmp_path: Path) -> None:
    for part in ("configs", "scripts"):
        shutil.copytree(ROOT / part, tmp_path / part)
    started = time.monotonic()
    done = subprocess.run(
        [tmp_path / "scripts" / "demo.sh"],
        env=os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    seconds = time.monotonic() - started
    assert done.returncode == 0, done.stdout + done.stderr

    files = dict(line.replace(",", "").split()[:2] for line in done.stdout.splitlines()[-5:])
    assert set(files) == {"metrics", "report", "adapter", "track", "overlay"}
    assert [path for path in files.values() if not (tmp_path / path).stat().st_size] == []

    metrics = json.loads((tmp_path / files["metrics"]).read_text(encoding="utf-8"))
    assert metrics["protocol"]["name"] == "wasb"
    assert metrics["split"] == "test"
    assert metrics["f1"] >= 0.85
    shown = dict(re.findall(r"^(\w+) +([0-9.]+) ", done.stdout, re.MULTILINE))
    assert metrics["f1"] > float(shown["f1"])
    assert 0 < metrics["trainable_parameters"] < metrics["total_parameters"]

    rows = list(csv.DictReader((tmp_path / files["track"]).open(encoding="utf-8")))
    assert [int(row["Frame"]) for row in rows] == list(range(len(rows)))
    assert any(row["Visibility"] == "1" for row in rows)

    print(f"the demo took {seconds:.0f} s; its budget on two cores is {BUDGET_SECONDS} s")  # noqa: T201
