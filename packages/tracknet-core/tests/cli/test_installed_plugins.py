"""Plugins as pip leaves them behind, found by a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BACKBONE = """
from attrs import frozen
from tracknet_core import hookimpl
from tracknet_core.config.options import option
from tracknet_core.descriptors import Backbone, BackboneOutline

@frozen(kw_only=True)
class Config:
    freeze: bool = option(True, "Leave the weights as they are.")

@hookimpl
def tracknet_register_backbones():
    outline = BackboneOutline(channels=(384,), strides=(16,))
    yield Backbone(name="tiny", config=Config, build=print, outline=lambda request: outline)
"""


@pytest.fixture
def tracknet(site: Any, tmp_path: Path) -> Any:
    """Runs a command where the plugins of the site, and what is really installed, are found."""
    (tmp_path / "tiny.yaml").write_text("model_name: tiny\ndata: {root: nowhere}\n")

    def run(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tracknet_core", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(site.folder), **environ},
        )

    return run


def test_an_installed_backbone_can_be_named(site: Any, tracknet: Any) -> None:
    site.install("tracknet-tiny", BACKBONE)

    result = tracknet("check", "tiny.yaml")

    assert result.returncode == 2
    assert result.stderr.startswith("tiny.yaml:2:8: data.root: nowhere does not exist.")
    assert result.stdout == "1 error\n"


def test_a_broken_plugin_costs_nothing_until_it_is_needed(site: Any, tracknet: Any) -> None:
    site.install("tracknet-tiny", BACKBONE)
    site.install("tracknet-lora", "import absent_module_xyz")

    assert tracknet("check", "tiny.yaml").stdout == "1 error\n"

    needed = tracknet("check", "tiny.yaml", "lora.enabled=true")
    assert needed.stdout == "2 errors\n"
    assert (
        "lora: no installed plugin owns this section, since tracknet-lora 1.0 failed to load" in needed.stderr
    )
    assert "Traceback" not in needed.stderr


def test_a_plugin_for_another_core_says_both_versions(site: Any, tracknet: Any) -> None:
    site.install("tracknet-tiny", BACKBONE, version="7.2", requires="tracknet-core>=7,<8")

    result = tracknet("check", "tiny.yaml")

    assert "tracknet-tiny 7.2 needs tracknet-core<8,>=7, and 0." in result.stderr
    assert result.returncode == 2


def test_two_plugins_of_one_name_stop_the_run_and_are_both_named(site: Any, tracknet: Any) -> None:
    site.install("tracknet-tiny", BACKBONE)
    site.install("tracknet-other", BACKBONE)

    result = tracknet("check", "tiny.yaml")

    assert result.returncode == 2
    assert "the backbone 'tiny' is registered by tracknet-other 1.0" in result.stderr
    assert "and by tracknet-tiny 1.0" in result.stderr


def test_a_plugin_can_be_disabled(site: Any, tracknet: Any) -> None:
    site.install("tracknet-tiny", BACKBONE)

    result = tracknet("plugins", "--json", TRACKNET_DISABLE_PLUGINS="tiny")

    states = {plugin["name"]: plugin["disabled"] for plugin in json.loads(result.stdout)["plugins"]}
    assert states["tiny"] is True
    assert states["core"] is False


def test_hook_calls_are_traced_on_standard_error(site: Any, tracknet: Any) -> None:
    site.install("tracknet-tiny", BACKBONE)

    result = tracknet("plugins", "--json", TRACKNET_TRACE_PLUGINS="1")

    assert "tracknet: tracknet_register_backbones() of tiny (tracknet-tiny 1.0) -> tiny" in result.stderr
    json.loads(result.stdout)
