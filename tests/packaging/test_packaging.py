"""What is published: wheels and sdists that hold what they should and install on their own."""

import json
import os
import shlex
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("tracknet-core", "tracknet-vit", "tracknet-lora", "tracknet-quant")
VIT_CONFIG = "model_name: vit_heatmap\nbackbone: {pretrained: false, freeze: false}\n"
QLORA = ["lora.enabled=true", "quantization.enabled=true"]
SYNTH = shlex.split("synth data/tracknet --games 3 --clips 1 --frames 2 --size 64x36 --no-video --quiet")

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of each package."""
    folder = tmp_path_factory.mktemp("dist")
    for package in PACKAGES:
        _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", folder, ROOT / "packages" / package)
    return folder


@pytest.mark.parametrize("package", PACKAGES)
def test_a_wheel_holds_all_code_types_licence_and_entry_point(dist: Path, package: str) -> None:
    module = package.replace("-", "_")
    with zipfile.ZipFile(_only(dist, f"{module}-*.whl")) as wheel:
        names = wheel.namelist()
        entry_points = wheel.read(next(n for n in names if n.endswith("entry_points.txt"))).decode()
    source = ROOT / "packages" / package / "src"
    files = (path for path in source.rglob("*") if path.is_file() and path.suffix != ".pyc")
    assert {name for name in names if name.startswith(module + "/")} == {
        str(f.relative_to(source)) for f in files
    }
    assert f"{module}/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    assert {name.partition("/")[0] for name in names} == {module, f"{_stem(dist, module)}.dist-info"}
    assert "[tracknet]" in entry_points


@pytest.mark.parametrize("package", PACKAGES)
def test_an_sdist_holds_the_tests_too(dist: Path, package: str) -> None:
    module = package.replace("-", "_")
    with tarfile.open(_only(dist, f"{module}-*.tar.gz")) as sdist:
        names = sdist.getnames()
    assert any(name.endswith("pyproject.toml") for name in names)
    assert any("/tests/" in name for name in names)
    assert not any("__pycache__" in name for name in names)


@pytest.mark.timeout(1800)
def test_core_installs_alone_and_says_what_a_config_needs(dist: Path, tmp_path: Path) -> None:
    python = _environment(tmp_path / "venv")
    config = tmp_path / "vit.yaml"
    config.write_text(VIT_CONFIG, encoding="utf-8")

    _install(python, _only(dist, "tracknet_core-*.whl"))
    _run(python.parent / "tracknet", *SYNTH, cwd=tmp_path)
    alone = subprocess.run(
        [python.parent / "tracknet", "check", config],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert alone.returncode == 2
    assert "pip install tracknet-vit" in alone.stderr + alone.stdout
    assert "Traceback" not in alone.stderr

    _install(python, _only(dist, "tracknet_vit-*.whl"))
    _run(python, "-m", "pip", "check")
    plugins = _run(python, "-m", "tracknet_core", "plugins", "--json", cwd=tmp_path)
    assert "vit_heatmap" in plugins
    json.loads(plugins)
    resolved = _run(python, "-m", "tracknet_core", "run", config, "--dry-run", cwd=tmp_path)
    assert "model_name: vit_heatmap" in resolved

    lacking = [python, "-m", "tracknet_core", "check", config, *QLORA]
    done = subprocess.run(lacking, capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 2
    for package in ("tracknet-lora", "tracknet-quant"):
        assert f"Run: pip install {package}" in done.stderr + done.stdout
        _install(python, _only(dist, f"{package.replace('-', '_')}-*.whl"))
    _run(python, "-m", "pip", "check")
    _run(*lacking, cwd=tmp_path)


def _environment(folder: Path) -> Path:
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    _install(python, "pip")
    _install(python, "torch")
    return python


def _install(python: Path, *what: str | Path) -> None:
    _run(python, "-m", "pip", "install", "--quiet", "--constraint", ROOT / "constraints.txt", *what)


def _only(folder: Path, pattern: str) -> Path:
    found = list(folder.glob(pattern))
    assert len(found) == 1, found
    return found[0]


def _stem(dist: Path, module: str) -> str:
    return "-".join(_only(dist, f"{module}-*.whl").name.split("-")[:2])


def _run(*command: str | Path, cwd: Path | None = None) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, cwd=cwd, env=environment, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
