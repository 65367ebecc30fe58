"""A registry with one of each kind, and configurations written to a temporary file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import pytest
from attrs import frozen

from tracknet_core.config.options import option
from tracknet_core.config.problems import Problem
from tracknet_core.config.resolve import Resolution, resolve
from tracknet_core.config.sources import Sources
from tracknet_core.descriptors import (
    Adapter,
    Backbone,
    BackboneOutline,
    BackboneRequest,
    DatasetFormat,
    Quantizer,
)
from tracknet_core.registry import PluginRecord, Registry


@frozen(kw_only=True)
class ViT:
    """The section of a backbone with 384 channels at stride 16."""

    freeze: bool = option(True, "Leave the weights as they are.")
    device_map: str = option("auto", "Where to load.")
    local_files_only: bool = option(True, "Never download.")
    patch_size: int = option(16, "Stride of the map.", at_least=1)
    config: dict[str, Any] = option(dict, "Overrides.")


@frozen(kw_only=True)
class Pyramid:
    """A backbone's class one key of which stands at the top of the file."""

    freeze: bool = option(True, "Leave the weights as they are.")
    fpn: dict[str, Any] = option(dict, "The pyramid.")


@frozen(kw_only=True)
class Lora:
    """The guide's table."""

    enabled: bool = option(False, "Whether to train adapters.")
    r: int = option(16, "Rank.", at_least=1)
    lora_alpha: int = option(32, "Scale.")
    lora_dropout: float = option(0.05, "Dropout.", at_least=0.0, at_most=1.0)
    target_modules: tuple[str, ...] | None = option(None, "Layers.")
    bias: Literal["none", "all", "lora_only"] = option("none", "Which biases train.")
    task_type: str = option("FEATURE_EXTRACTION", "Recorded.")


@frozen(kw_only=True)
class Bits:
    """The guide's table."""

    enabled: bool = option(False, "Whether to quantize.")
    mode: Literal["manual", "hf"] = option("manual", "How.")
    quant_type: Literal["nf4", "fp4"] = option("nf4", "Type.")
    compute_dtype: Literal["bfloat16", "float16", "float32"] = option("bfloat16", "Arithmetic.")
    skip_modules: tuple[str, ...] = option((), "Layers to skip.")
    compress_statistics: bool = option(True, "In manual mode.")
    use_double_quant: bool = option(True, "In hf mode.")


@frozen(kw_only=True)
class Half:
    """A quantizer of a third party, which has no key for the mode."""

    enabled: bool = option(False, "Whether to halve.")


def _outline(request: BackboneRequest[ViT]) -> BackboneOutline:
    return BackboneOutline(channels=(384,), strides=(request.config.patch_size,))


def _check(request: BackboneRequest[ViT]) -> list[Problem]:
    if request.pretrained_model_name:
        return []
    return [Problem(key="pretrained_model_name", message="no weights are named", remedy="Name some.")]


def _targets(config: Lora, request: BackboneRequest[Any], outline: BackboneOutline | None) -> list[Problem]:
    strange = [name for name in config.target_modules or () if not name.endswith("proj")]
    return [
        Problem(key="lora.target_modules", message=f"{name} matches no layer", remedy="Use q_proj.")
        for name in strange
    ]


@pytest.fixture
def plugins() -> Registry:
    """One plugin that registers everything a configuration of the guide needs."""
    do = dict.fromkeys(("adapt", "save", "load", "merge"), print)
    record = PluginRecord(name="stub", distribution="tracknet-stub", version="1.0", file=None)
    return Registry.of(
        [
            (
                record,
                [
                    Backbone(name="vit_heatmap", config=ViT, build=print, check=_check, outline=_outline),
                    Backbone(
                        name="pyramid",
                        config=Pyramid,
                        build=print,
                        outline=lambda _: BackboneOutline(channels=(), strides=(16,), recomputes=False),
                        sections=("fpn",),
                        checkpoints={"stub/pyramid": Path("somewhere")},
                    ),
                    Adapter(name="peft-lora", section="lora", config=Lora, check=_targets, **do),
                    Quantizer(name="bnb-manual", section="quantization", config=Bits),
                    Quantizer(name="bnb-hf", section="quantization", config=Bits),
                    Quantizer(name="half", section="quantization", config=Half),
                    DatasetFormat(
                        name="tracknet",
                        layout="ROOT/game1/Clip1/Label.csv",
                        detect=lambda root: (root / "game1").is_dir(),
                        scan=lambda root, on_fault: [],
                    ),
                ],
            )
        ]
    )


Reads = Callable[..., Resolution]


@pytest.fixture
def reads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, plugins: Registry) -> Reads:
    """Resolves texts, each written to a file (model.yaml, then 2.yaml …), with overrides."""
    monkeypatch.chdir(tmp_path)

    def read(
        *texts: str,
        overrides: tuple[str, ...] = (),
        data: str | None = None,
        training: str | None = None,
        machine: bool = False,
        registry: Registry = plugins,
    ) -> Resolution:
        paths = [
            Path("model.yaml" if number == 1 else f"{number}.yaml") for number in range(1, len(texts) + 1)
        ]
        for path, text in zip(paths, texts, strict=True):
            path.write_text(text, encoding="utf-8")
        extra = {"data": data, "training": training}
        files = {name: Path(f"{name}.yaml") for name, text in extra.items() if text is not None}
        for name, file in files.items():
            file.write_text(extra[name] or "", encoding="utf-8")
        sources = Sources(paths=paths, overrides=overrides, **files)
        return resolve(sources, registry, machine=machine)

    return read
