"""What holds the packages together."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import tracknet_core
import tracknet_lora
import tracknet_quant
import tracknet_vit

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = sorted(path.parent for path in (ROOT / "packages").glob("*/pyproject.toml"))
PLUGINS = [package for package in PACKAGES if package.name != "tracknet-core"]


def _read(pyproject: Path) -> dict[str, Any]:
    return tomllib.loads(pyproject.read_text(encoding="utf-8"))


def _constraints() -> dict[str, str]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = (Requirement(line) for line in lines if line and not line.startswith("#"))
    return {canonicalize_name(pin.name): str(pin.specifier).removeprefix("==") for pin in pins}


def _requirements() -> list[Requirement]:
    groups = _read(ROOT / "pyproject.toml")["dependency-groups"].values()
    development = [entry for group in groups for entry in group if isinstance(entry, str)]
    projects = [_read(package / "pyproject.toml")["project"] for package in PACKAGES]
    extras = [one for p in projects for extra in p.get("optional-dependencies", {}).values() for one in extra]
    runtime = [one for p in projects for one in p["dependencies"]]
    return [Requirement(one) for one in (*development, *runtime, *extras) if not one.startswith("tracknet")]


def test_constraints_pin_every_requirement_to_a_version_it_allows() -> None:
    pins = _constraints()
    wrong = [str(r) for r in _requirements() if pins.get(canonicalize_name(r.name), "0") not in r.specifier]
    assert wrong == []


def test_constraints_name_no_local_build() -> None:
    assert [version for version in _constraints().values() if "+" in version] == []


def test_all_packages_have_one_version() -> None:
    plugins = tracknet_vit, tracknet_lora, tracknet_quant
    assert len(plugins) == len(PLUGINS)
    assert {plugin.__version__ for plugin in plugins} == {tracknet_core.__version__}


@pytest.mark.parametrize("package", PLUGINS, ids=lambda path: path.name)
def test_a_plugin_asks_for_the_core_of_its_own_minor_version(package: Path) -> None:
    major, minor = map(int, tracknet_core.__version__.split(".")[:2])
    assert (
        f"tracknet-core>={major}.{minor},<{major}.{minor + 1}"
        in _read(package / "pyproject.toml")["project"]["dependencies"]
    )


def test_ci_runs_what_people_run_and_nothing_of_its_own() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make .*$", script, re.MULTILINE) == ["make check", "make test", "make test-slow"]


def test_the_readme_has_two_set_up_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    section = readme[readme.index("## Try it") : readme.index("## Use it")]
    assert re.findall(r"^\$ (.*)$", section, re.MULTILINE) == ["make demo", "make test"]


def test_the_readme_links_to_what_exists() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#:]+)\)", readme)
    assert targets
    assert [target for target in targets if not (ROOT / target).exists()] == []
