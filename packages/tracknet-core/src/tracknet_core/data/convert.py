"""From one dataset layout to another."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Literal

from attrs import evolve, frozen

from tracknet_core.config.problems import ConfigError, RunError, UserError
from tracknet_core.config.schema import DataConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.formats.writing import require_new
from tracknet_core.data.load import load_clips
from tracknet_core.data.losses import losses
from tracknet_core.descriptors import DatasetFormat
from tracknet_core.plugins import registry
from tracknet_core.progress import Progress
from tracknet_core.writable import require_writable


@frozen(kw_only=True)
class Converted:
    """What :func:`convert` did.

    Attributes:
        clips: How many clips went over.
        frames: How many frames they have.
        balls: In how many of these a ball is to be seen.
        losses: What could not go over as it was, a sentence for each kind.
    """

    clips: int
    frames: int
    balls: int
    losses: tuple[str, ...]


def convert(
    source: Path,
    directory: Path,
    *,
    to: str,
    from_: str,
    on_bad_data: Literal["error", "skip"],
    progress: Progress,
) -> Converted:
    """Read a data set in one layout, write it in another and compare the two.

    Args:
        source: The data set.
        directory: Where to write; new or empty. It appears whole or not at all.
        to: Name of the layout to write.
        from_: Name of the layout to read, or ``auto``.
        on_bad_data: What to do about faulty clips: stop before anything is written, or leave them out.
        progress: Where a bar of frames goes, and what is said of clips left out.

    Raises:
        ConfigError: A layout does not exist, or the source is of none.
        UserError: Clips are faulty, a frame cannot be read, the layout cannot be written, or the
            folder is not empty, lies in the source or cannot be made.
        RunError: There is no room, or what was written does not read back.
    """
    layout = _layout(to, "--to")
    if from_ != "auto":
        _layout(from_, "--from")
    if layout.write is None:
        raise UserError(f"--to {to}: can be read, but not written. Written are {', '.join(_written())}.")
    require_new(directory)
    if directory.resolve().is_relative_to(source.resolve()):
        raise UserError(f"{directory}: lies in {source}, and would be read as a part of it. Write elsewhere.")
    require_writable(directory, "DIR")
    clips = _read(source, from_, on_bad_data, progress)
    try:
        layout.write(_counted(clips, progress), directory)
    except OSError as error:
        raise RunError(
            f"{directory}: cannot be written ({error.strerror or error}). Make room, or write elsewhere."
        ) from None
    return Converted(
        clips=len(clips),
        frames=sum(map(len, clips)),
        balls=sum(int(clip.ball.sum()) for clip in clips),
        losses=tuple(losses(clips, _read_back(layout, directory))),
    )


def _layout(name: str, option: str) -> DatasetFormat:
    known = registry().datasets
    if name not in known:
        raise ConfigError([registry().missing("dataset format", name, known, key=option)])
    return known[name]


def _written() -> list[str]:
    return sorted(name for name, layout in registry().datasets.items() if layout.write)


def _read(
    source: Path, format: str, on_bad_data: Literal["error", "skip"], progress: Progress
) -> Sequence[Clip]:
    data = DataConfig(root=(str(source),), format=format, on_bad_data=on_bad_data)
    try:
        return load_clips(data, progress, skip="--on-bad-data skip")
    except ConfigError as error:
        argument = {"data.root": "SRC", "data.format": "--from"}
        raise ConfigError(
            [evolve(problem, key=argument.get(problem.key, problem.key)) for problem in error.problems]
        ) from None


def _counted(clips: Sequence[Clip], progress: Progress) -> Iterator[Clip]:
    with progress.task("converting", total=sum(map(len, clips))) as bar:
        for clip in clips:
            yield clip
            bar.advance(len(clip))


def _read_back(layout: DatasetFormat, directory: Path) -> Sequence[Clip]:
    faults: list[str] = []
    clips = layout.scan(directory, lambda _, fault: faults.append(fault))
    if faults:
        raise RunError(f"{faults[0]} It was written so; please report this.")
    return clips
