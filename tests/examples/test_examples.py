"""Each example is installed as its author's users would install it, and does what it promises."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SYNTH = shlex.split("synth data/tracknet --games 3 --clips 1 --frames 2 --size 64x36 --no-video --quiet")
EXAMPLES = sorted(path.parent for path in (ROOT / "examples").glob("*/pyproject.toml"))


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda path: path.name)
def installed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Install an example beside the environment, not into it; gives its folder and the site folder."""
    site = tmp_path_factory.mktemp("site")
    _python(
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--no-build-isolation",
        "--target",
        site,
        request.param,
    )
    return request.param, site


def test_its_own_tests_pass(installed: tuple[Path, Path]) -> None:
    example, site = installed
    done = _python("-m", "pytest", "-q", "-p", "no:cacheprovider", example / "tests", site=site)
    assert " passed" in done
    assert "skipped" not in done


def test_its_configs_are_valid(installed: tuple[Path, Path], tmp_path: Path) -> None:
    example, site = installed
    configs = sorted(example.glob("*.yaml"))
    assert configs
    _python("-m", "tracknet_core", *SYNTH, cwd=tmp_path)
    for config in configs:
        resolved = _python("-m", "tracknet_core", "run", config, "--dry-run", site=site, cwd=tmp_path)
        assert "model_name:" in resolved


def test_it_is_listed_with_what_it_registers(installed: tuple[Path, Path]) -> None:
    example, site = installed
    listed = _python("-m", "tracknet_core", "plugins", "--json", site=site)
    assert f'"{example.name}"' in listed


def _python(*arguments: str | Path, site: Path | None = None, cwd: Path | None = None) -> str:
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | ({"PYTHONPATH": str(site)} if site else {})
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=cwd,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
