"""Plugins are found one by one; a broken one is recorded and costs nothing until it is needed."""

import textwrap
from pathlib import Path
from typing import Any

import pytest

from tracknet_core import __version__
from tracknet_core.config.problems import ConfigError, Severity
from tracknet_core.registry import Registration, Registry

GOOD = """
from attrs import frozen
from tracknet_core import hookimpl
from tracknet_core.descriptors import Backbone

@frozen
class Config:
    freeze: bool = True

@hookimpl
def tracknet_register_backbones():
    yield Backbone(name="{name}", config=Config, build=print)
"""

EXPORTER = """
from tracknet_core import hookimpl
from tracknet_core.descriptors import Exporter

@hookimpl
def tracknet_register_exporters():
    return {answer}
"""


def adapter(name: str, section: str, fields: str = "enabled: bool = False") -> str:
    return textwrap.dedent(f"""
        from attrs import frozen
        from tracknet_core import hookimpl
        from tracknet_core.descriptors import Adapter

        @frozen
        class Config:
            {fields}

        @hookimpl
        def tracknet_register_adapters():
            do = dict.fromkeys(["adapt", "save", "load", "merge"], print)
            yield Adapter(name="{name}", section="{section}", config=Config, **do)
    """)


def only(registry: Registry) -> Any:
    (plugin,) = registry.plugins
    return plugin


def test_a_plugin_is_recorded_with_its_origin_and_what_it_registers(site: Any) -> None:
    site.install("tracknet-tiny", GOOD.format(name="tiny"), version="2.3")

    registry = site.registry()

    plugin = only(registry)
    assert (plugin.name, plugin.distribution, plugin.version) == ("tiny", "tracknet-tiny", "2.3")
    assert Path(plugin.file) == site.folder / "tracknet_tiny_plugin.py"
    assert plugin.registers == (Registration("backbone", "tiny"),)
    assert plugin.failure is None
    assert registry.backbone("tiny") is registry.backbones["tiny"]


def test_a_plugin_that_cannot_be_imported_is_recorded_and_the_others_work(site: Any) -> None:
    site.install("tracknet-broken", "import absent_module_xyz")
    site.install("tracknet-tiny", GOOD.format(name="tiny"))

    registry = site.registry()

    broken = registry.plugins[0]
    assert broken.failure.cause == "ModuleNotFoundError: No module named 'absent_module_xyz'"
    assert "import absent_module_xyz" in broken.failure.traceback
    assert Path(broken.file).name == "tracknet_broken_plugin.py"
    assert list(registry.backbones) == ["tiny"]


@pytest.mark.parametrize(
    ("source", "cause"),
    [
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError('two\\nlines')", "ValueError: two lines"),
        (EXPORTER.format(answer="None"), "returned None, not an iterable of Exporter"),
        (EXPORTER.format(answer="[3]"), "gave 3, which is not a Exporter"),
        (EXPORTER.format(answer="[Exporter(name='', export=print)]"), "must be a text that is not empty"),
        (EXPORTER.format(answer="1 / 0"), "ZeroDivisionError: division by zero"),
        (EXPORTER.format(answer="[]").replace("@hookimpl", ""), "is not marked with @hookimpl"),
        (
            EXPORTER.format(answer="[]").replace("_exporters", "_exporter"),
            "which is no hook. Did you mean 'tracknet_register_exporters'?",
        ),
        (GOOD.format(name="x").replace("@frozen\n", ""), "its config must be an attrs class"),
        (adapter("a", "s", "r: int = 3"), "its config must have the key 'enabled'"),
    ],
)
def test_a_plugin_that_answers_wrongly_is_recorded_with_the_cause(site: Any, source: str, cause: str) -> None:
    site.install("tracknet-wrong", source)

    registry = site.registry()

    assert cause in only(registry).failure.cause
    assert not registry.exporters
    assert not registry.backbones


def test_a_failure_in_one_hook_takes_back_what_the_others_registered(site: Any) -> None:
    site.install("tracknet-half", GOOD.format(name="half") + EXPORTER.format(answer="1 / 0"))

    assert not site.registry().backbones


def test_a_name_that_two_distributions_register_is_an_error_that_names_both(site: Any) -> None:
    site.install("tracknet-one", GOOD.format(name="tiny"), version="1.0")
    site.install("tracknet-two", GOOD.format(name="tiny"), version="2.0")

    registry = site.registry()

    (problem,) = registry.problems
    assert problem.severity is Severity.ERROR
    assert "'tiny' is registered by tracknet-one 1.0" in problem.message
    assert "and by tracknet-two 2.0" in problem.message
    with pytest.raises(ConfigError, match="two plugins register the backbone 'tiny'"):
        registry.backbone("tiny")


def test_a_section_that_two_adapters_claim_is_an_error(site: Any) -> None:
    site.install("tracknet-one", adapter("one", "lora"))
    site.install("tracknet-two", adapter("two", "lora"))

    (problem,) = site.registry().problems

    assert "the section 'lora' is claimed by tracknet-one 1.0" in problem.message
    assert "tracknet-two 1.0" in problem.message


@pytest.mark.parametrize("requires", ["tracknet-core>=0.3,<0.4", "TrackNet_Core<0.1"])
def test_a_plugin_for_another_version_of_core_is_not_loaded_and_says_both_versions(
    site: Any, requires: str
) -> None:
    site.install("tracknet-old", GOOD.format(name="old"), version="0.3.2", requires=requires)

    registry = site.registry()

    failure = only(registry).failure
    assert "tracknet-old 0.3.2 needs tracknet-core" in failure.cause
    assert f"{__version__} is installed" in failure.cause
    assert failure.remedy == "Run: pip install --upgrade tracknet-core tracknet-old"
    assert not registry.backbones


@pytest.mark.parametrize(
    "requires",
    ["tracknet-core>=0.1,<0.2", "tracknet-core>9; extra == 'dev'", "tracknet-core>9; python_version < '3'"],
)
def test_a_plugin_whose_requirement_admits_core_is_loaded(site: Any, requires: str) -> None:
    site.install("tracknet-fit", GOOD.format(name="fit"), requires=requires)

    assert "fit" in site.registry().backbones


@pytest.mark.parametrize("named", ["tiny", "tracknet-tiny", " Tracknet_Tiny ,other-one"])
def test_a_disabled_plugin_is_not_even_imported(site: Any, named: str) -> None:
    site.install("tracknet-tiny", "raise RuntimeError('imported')")
    site.install("tracknet-other-one", GOOD.format(name="other"))

    plugins = site.registry(TRACKNET_DISABLE_PLUGINS=named).plugins

    tiny = next(plugin for plugin in plugins if plugin.name == "tiny")
    assert tiny.disabled
    assert tiny.failure is None


def test_a_disabled_name_that_is_not_installed_is_said_aloud(site: Any) -> None:
    site.install("tracknet-tiny", GOOD.format(name="tiny"))

    (problem,) = site.registry(TRACKNET_DISABLE_PLUGINS="tinny").problems

    assert problem.severity is Severity.WARNING
    assert problem.remedy == "Did you mean 'tiny'?"


def test_tracing_prints_each_hook_call_on_stderr(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    site.install("tracknet-tiny", GOOD.format(name="tiny") + EXPORTER.format(answer="[]"))

    site.registry(TRACKNET_TRACE_PLUGINS="1")

    out, err = capsys.readouterr()
    assert out == ""
    assert "tracknet_register_backbones() of tiny (tracknet-tiny 1.0) -> tiny" in err
    assert "tracknet_register_exporters() of tiny (tracknet-tiny 1.0) -> nothing" in err


def test_without_tracing_nothing_is_printed(site: Any, capsys: pytest.CaptureFixture[str]) -> None:
    site.install("tracknet-tiny", GOOD.format(name="tiny"))

    site.registry(TRACKNET_TRACE_PLUGINS="0")

    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("kind", "name", "says"),
    [
        ("backbone", "vit_heatmap", "Run: pip install tracknet-vit"),
        ("backbone", "convnext_fpn_heatmap", "Run: pip install ./examples/tracknet-convnext"),
        ("backbone", "vit_heatmpa", "Did you mean 'vit_heatmap'?"),
        ("backbone", "hrnet_w32", "no longer offered. Use vit_heatmap"),
        ("backbone", "vit_deformable_heatmap", "no longer offered. Use vit_heatmap"),
        ("adapter", "peft-lora", "Run: pip install tracknet-lora"),
        ("quantizer", "bnb-hf", "Run: pip install tracknet-quant"),
        ("backbone", "tinny", "Did you mean 'tiny'?"),
        ("exporter", "onnx", "no installed plugin registers the exporter 'onnx'. Installed: none."),
    ],
)
def test_a_name_that_nothing_registers_says_what_to_do(site: Any, kind: str, name: str, says: str) -> None:
    site.install("tracknet-tiny", GOOD.format(name="tiny"))

    with pytest.raises(ConfigError) as caught:
        getattr(site.registry(), kind)(name)

    assert says in str(caught.value)


def test_a_needed_plugin_that_failed_is_named_with_its_cause(site: Any) -> None:
    site.install("tracknet-vit", "import absent_module_xyz", version="0.1.4")

    with pytest.raises(ConfigError, match=r"since tracknet-vit 0.1.4 failed to load: ModuleNotFound"):
        site.registry().backbone("vit_heatmap")


def test_a_needed_plugin_that_is_disabled_says_so(site: Any) -> None:
    site.install("tracknet-vit", GOOD.format(name="vit_heatmap"))

    with pytest.raises(ConfigError, match="Take it out of TRACKNET_DISABLE_PLUGINS"):
        site.registry(TRACKNET_DISABLE_PLUGINS="vit").backbone("vit_heatmap")


def test_an_unknown_name_mentions_plugins_that_failed_since_one_of_them_may_own_it(site: Any) -> None:
    site.install("tracknet-mystery", "raise ValueError('boom')")

    with pytest.raises(ConfigError, match=r"tracknet-mystery 1.0 failed: ValueError: boom"):
        site.registry().backbone("mystery")
