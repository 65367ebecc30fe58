"""What depends on this machine: folders of data, an earlier run, a GPU."""

import textwrap
from collections.abc import Iterator
from pathlib import Path

from tracknet_core.config.hardware import no_gpu
from tracknet_core.config.problems import Problem
from tracknet_core.config.situation import Situation
from tracknet_core.descriptors import DatasetFormat


def check_data(situation: Situation) -> Iterator[Problem]:
    """Every root must be a folder with something in it, in a layout that is known."""
    data, formats = situation.plan.data, situation.plugins.datasets
    if not situation.sound("data.root", "data.format"):
        return
    wanted = [formats[data.format]] if data.format in formats else list(formats.values())
    shown = wanted
    for root in data.root:
        if reason := _unfit(Path(root).expanduser(), wanted, detect=data.format == "auto"):
            yield Problem(key="data.root", message=f"{root} {reason}", remedy=_how_to_get_data(root, shown))
            shown = []  # once is enough


def _unfit(root: Path, formats: list[DatasetFormat], *, detect: bool) -> str:
    if not root.exists():
        return "does not exist"
    if not root.is_dir():
        return "is not a folder"
    if not any(root.iterdir()):
        return "is empty"
    if detect and not any(known.detect(root) for known in formats):
        return f"holds no clips in the layout of {' or '.join(known.name for known in formats)}"
    return ""


def _how_to_get_data(root: str, formats: list[DatasetFormat]) -> str:
    make = f"Make synthetic data with `tracknet synth {root}`"
    layouts = [f"  {known.name}:\n{textwrap.indent(known.layout.rstrip(), '    ')}" for known in formats]
    return "\n".join([f"{make}, or arrange your own like this.", *layouts]) if formats else f"{make}."


def check_init_from(situation: Situation) -> Iterator[Problem]:
    """The run to start from must be there."""
    run = situation.plan.init_from
    if not run or not situation.sound("init_from") or Path(run).is_dir():
        return
    if situation.plugins.checkpoint(run) is None:
        shipped = sorted(name for b in situation.plugins.backbones.values() for name in b.checkpoints)
        yield Problem(
            key="init_from",
            message=f"{run} is no folder",
            remedy=f"Name the folder of a run{f', or {shipped[0]}' if shipped else ''}.",
        )


def check_device(situation: Situation) -> Iterator[Problem]:
    """fp16 and ``device: cuda`` need a GPU."""
    training = situation.plan.training
    if not situation.sound("training.device", "training.precision"):
        return
    missing = no_gpu()
    if training.device == "cuda" and missing:
        yield Problem(
            key="training.device",
            message=f"cuda cannot be used: {missing}",
            remedy="Write device: auto, or device: cpu.",
        )
    reason = "training.device is cpu" if training.device == "cpu" else missing
    if training.precision == "fp16" and reason:
        yield Problem(
            key="training.precision",
            message=f"fp16 needs a GPU: {reason}",
            remedy="Write precision: bf16.",
        )
