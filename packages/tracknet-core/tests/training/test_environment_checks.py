"""The environment's report says what is missing instead of failing on it."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tracknet_core.training import environment_checks
from tracknet_core.training.environment_checks import Check, check_environment

HIDE = """
import sys

class Hidden:
    def find_spec(self, name, path=None, target=None):
        if name in {modules!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}")

sys.meta_path.insert(0, Hidden())
from tracknet_core.cli.main import main
sys.exit(main(["doctor", "--json"]))
"""


def named(name: str) -> list[Check]:
    return [check for check in check_environment() if check.name == name]


def test_this_environment_is_fit() -> None:
    checks = list(check_environment())
    assert [check for check in checks if check.status == "error"] == []
    assert {"python", "tracknet-core", "plugin", "torch", "device", "opencv", "pyav", "cpu", "disk"} <= {
        check.name for check in checks
    }
    assert all(check.remedy for check in checks if check.status != "ok")


def test_what_is_missing_is_said_with_its_remedy_and_exit_code_2() -> None:
    done = subprocess.run(
        [sys.executable, "-c", HIDE.format(modules={"torch", "av"})],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    report = json.loads(done.stdout)
    errors = {check["name"]: check for check in report["checks"] if check["status"] == "error"}
    assert not report["ok"]
    assert set(errors) == {"torch", "pyav"}
    assert errors["torch"]["message"] == "cannot be imported (ModuleNotFoundError: No module named 'torch')"
    assert errors["torch"]["remedy"] == "Run: pip install --force-reinstall torch"


def test_a_package_that_is_too_old_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        environment_checks, "requires", lambda _: ["torch>=99", "numpy", "nowhere>=1; extra == 'x'"]
    )
    (check,) = named("tracknet-core")
    assert check.status == "error"
    assert check.message.endswith(" lacks torch>=99")
    assert check.remedy == "Run: pip install 'torch>=99'"


def test_two_builds_of_opencv_overwrite_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    both = {"opencv-python": "4", "opencv-python-headless": "4"}
    monkeypatch.setattr(environment_checks, "version_of", both.get)
    assert "opencv-python and opencv-python-headless are installed over one another" in [
        check.message for check in named("opencv")
    ]


def test_little_of_anything_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment_checks, "memory_bytes", lambda: 2**30)
    monkeypatch.setattr(environment_checks, "SHARED_MEMORY", tmp_path)
    monkeypatch.setattr(environment_checks, "LEAST_SHARED", 2**62)
    monkeypatch.setattr(environment_checks, "LEAST_DISK", 2**62)
    monkeypatch.setenv("OMP_NUM_THREADS", "1000")
    monkeypatch.setenv("TRACKNET_DISABLE_PLUGINS", "nothing-of-this-name")
    warnings = {check.name for check in check_environment() if check.status == "warning"}
    assert {"memory", "shared memory", "disk", "cache disk", "threads"} <= warnings
