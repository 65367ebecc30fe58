"""From ``data.root`` to labelled clips. Loads neither torch nor OpenCV: ``tracknet check`` does this."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path

from attrs import evolve, frozen

from tracknet_core.config.problems import ConfigError, Problem, UserError
from tracknet_core.config.schema import DataConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import PictureError
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.whole_pictures import damaged
from tracknet_core.descriptors import DatasetFormat
from tracknet_core.plugins import registry
from tracknet_core.progress import Progress, Silent
from tracknet_core.wording import counted

SHOWN_FAULTS = 20
"""How many faults are written out; the rest is counted, and `tracknet doctor` lists them all."""


@frozen(kw_only=True, eq=False)
class Scanned:
    """What was found in the roots.

    Attributes:
        clips: The clips without a fault, root by root, each in its format's order.
        faults: Name of the clip, and one line with place, what is wrong and remedy. Clips with
            faults are not in ``clips``.
        formats: Name of each root's format.
    """

    clips: list[Clip]
    faults: list[tuple[str, str]]
    formats: list[str]


def load_clips(
    data: DataConfig, progress: Progress | None = None, *, skip: str = "data.on_bad_data=skip"
) -> list[Clip]:
    """Find and check all labelled clips, or stop.

    Pictures are checked for being there, whole and of one size; they are not decoded.

    Args:
        data: The ``data`` section; ``format``, ``root`` and ``on_bad_data`` count here.
        progress: Where a bar over the roots goes, and what is said of clips left out.
        skip: What the user has to write to leave faulty clips out.

    Returns:
        The clips of :func:`scan_roots` whose pictures are whole; at least one.

    Raises:
        ConfigError: A root is absent, empty or of no known format; ``data.format`` is unknown.
        UserError: Clips are faulty: all faults at once, up to 20 written out. With
            ``on_bad_data: skip`` only if no clip is left.
    """
    progress = progress or Silent()
    scanned = scan_roots(data, progress)
    damages = [[(clip.name, str(fault)) for fault in _damages(clip)] for clip in scanned.clips]
    clips = [clip for clip, faults in zip(scanned.clips, damages, strict=True) if not faults]
    if faults := [*scanned.faults, *chain.from_iterable(damages)]:
        _report(faults, data, progress, left=len(clips), skip=skip)
    return clips


def scan_roots(data: DataConfig, progress: Progress | None = None) -> Scanned:
    """Find all labelled clips, and what is wrong with others.

    Games that bear one name in several roots are different games: each is then called by its
    root's folder too, ``tennis/game1`` and ``badminton/game1``, and that is said aloud. (By as
    many folders as tell the roots apart, if the last do not.)

    Args:
        data: The ``data`` section; ``format`` and ``root`` count here.
        progress: Where a bar over the roots goes, and what names were changed.

    Raises:
        ConfigError: A root is absent, empty or of no known format; ``data.format`` is unknown.
        UserError: Clips of one root have one name.
    """
    progress = progress or Silent()
    roots = _distinct(data.root)
    formats = registry().datasets if data.format == "auto" else {data.format: registry().dataset(data.format)}
    faults: list[tuple[str, str]] = []
    found: list[list[Clip]] = []
    names: list[str] = []
    with progress.task("reading labels", total=len(roots)) as bar:
        for root in roots:
            before = len(faults)
            layout = _format_of(root, data.format, formats)
            clips = layout.scan(root, lambda *fault: faults.append(fault))
            if not clips and len(faults) == before:
                raise _no_clips(root, "holds no labelled clips", formats)
            found.append(clips)
            names.append(layout.name)
            bar.advance()
    return Scanned(clips=_told_apart(roots, found, progress), faults=faults, formats=names)


def _damages(clip: Clip) -> Iterator[PictureError]:
    """What can be told of pictures without decoding them; of other frames nothing can."""
    return damaged(clip.frames) if isinstance(clip.frames, PictureFolder) else iter(())


def _distinct(names: Sequence[str]) -> list[Path]:
    roots = [Path(name).expanduser() for name in names]
    if not roots:
        raise _wrong_root("names no folder", "Name the folder of labelled clips.")
    for resolved, times in Counter(root.resolve() for root in roots).items():
        if times > 1:
            raise _wrong_root(f"names {resolved} {times} times", "Name it once.")
    return roots


def _format_of(root: Path, asked: str, formats: Mapping[str, DatasetFormat]) -> DatasetFormat:
    if not root.exists():
        raise _no_clips(root, "does not exist", formats)
    if not root.is_dir():
        raise _no_clips(root, "is not a folder", formats)
    if asked != "auto":
        return formats[asked]
    fitting = [layout for layout in formats.values() if layout.detect(root)]
    if not fitting:
        raise _no_clips(root, "holds no labelled clips" if any(root.iterdir()) else "is empty", formats)
    if len(fitting) > 1:
        names = ", ".join(sorted(layout.name for layout in fitting))
        problem = Problem(
            key="data.format", message=f"{root} looks like each of {names}", remedy="Name the right one."
        )
        raise ConfigError([problem])
    return fitting[0]


def _wrong_root(message: str, remedy: str) -> ConfigError:
    return ConfigError([Problem(key="data.root", message=message, remedy=remedy)])


def _no_clips(root: Path, what: str, formats: Mapping[str, DatasetFormat]) -> ConfigError:
    layouts = "\n".join(
        f"  {name}:\n" + "\n".join(f"    {line}" for line in descriptor.layout.splitlines())
        for name, descriptor in sorted(formats.items())
    )
    return _wrong_root(
        f"{root} {what}",
        f"Make synthetic data with `tracknet synth {root}`, or name a folder laid out so:\n{layouts}",
    )


def _report(
    faults: Sequence[tuple[str, str]], data: DataConfig, progress: Progress, *, left: int, skip: str
) -> None:
    """Say all faults aloud, or raise them."""
    clips = len({clip for clip, _ in faults})
    lines = [f"  {fault}" for _, fault in faults[:SHOWN_FAULTS]]
    if len(faults) > SHOWN_FAULTS:
        hidden = len(faults) - SHOWN_FAULTS
        lines.append(f"  … and {hidden} more; `tracknet doctor {' '.join(data.root)}` lists all")
    listed = "\n".join(lines)
    found = f"{counted(len(faults), 'fault')} in {counted(clips, 'clip')}"
    if data.on_bad_data == "error":
        raise UserError(f"data: {found}. Mend them, or leave these clips out with {skip}.\n{listed}")
    if not left:
        raise UserError(f"data: {found}, and no clip is left. Mend them.\n{listed}")
    progress.say(f"data: left out {counted(clips, 'clip')} of {clips + left}, because of {found}:\n{listed}")


def _told_apart(roots: Sequence[Path], found: Sequence[Sequence[Clip]], progress: Progress) -> list[Clip]:
    roots_with = Counter(game for clips in found for game in {clip.game for clip in clips})
    shared = {game for game, times in roots_with.items() if times > 1}
    clips = [
        evolve(clip, game=f"{prefix}/{clip.game}", name=f"{prefix}/{clip.name}")
        if clip.game in shared
        else clip
        for prefix, of_root in zip(_prefixes(roots), found, strict=True)
        for clip in of_root
    ]
    if shared:
        renamed = sorted({clip.game for clip in clips} - {clip.game for of_root in found for clip in of_root})
        progress.say(f"data.root: games of one name in several folders are called {', '.join(renamed)}")
    for name, times in Counter(clip.name for clip in clips).items():
        if times > 1:
            raise UserError(f"data: {times} clips are called {name}. Rename the folders of all but one.")
    return clips


def _prefixes(roots: Sequence[Path]) -> list[str]:
    """As many last folders of each root as tell all of them apart."""
    parts = [root.resolve().parts for root in roots]
    for depth in range(1, max(map(len, parts)) + 1):
        names = ["/".join(part[-depth:]) for part in parts]
        if len(set(names)) == len(names):
            break
    return names
