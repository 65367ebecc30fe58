"""The layout of the TrackNet tennis data set: a folder of pictures and a ``Label.csv`` a clip.

Every folder in a game's folder is a clip; what is wrong with one is a fault, also a picture that
no row names: whether it shows a ball is unknown, and leaving it out would tear a hole in time.
Folders whose names start with a dot are passed over, so are files beside the clips, such as videos.
"""

import math
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.scanning import folders, open_pictures, pictures
from tracknet_core.data.formats.writing import claim, game_and_clip, new_root, write_pictures
from tracknet_core.data.picture_header import PICTURE_SUFFIXES
from tracknet_core.descriptors import DatasetFormat

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.label_csv import Label

LABELS = "Label.csv"
LAYOUT = f"""\
ROOT/game1/Clip1/0000.jpg, 0001.jpg, …   (or .png)
ROOT/game1/Clip1/{LABELS}   file name,visibility,x-coordinate,y-coordinate,status
ROOT/game1/Clip2/…
ROOT/game2/…"""


def detect(root: Path) -> bool:
    """Tell whether any folder two levels down has a ``Label.csv``."""
    try:
        return any(True for _ in root.glob(f"[!.]*/[!.]*/{LABELS}"))
    except OSError:
        return False


def scan(root: Path, on_fault: Callable[[str, str], None]) -> "list[Clip]":
    """Read all clips, in the natural order of their names; see ``DatasetFormat.scan``.

    No picture is decoded: the size comes from the header of each clip's first.
    """
    clips = []
    for game in folders(root):
        inner = folders(game)
        if not any(pictures(folder) or (folder / LABELS).exists() for folder in inner):
            continue  # nothing that could be a game
        for folder in inner:
            clip, faults = _read_clip(game.name, folder)
            for fault in faults:
                on_fault(f"{game.name}/{folder.name}", fault)
            if clip:
                clips.append(clip)
    return clips


def write(clips: "Iterable[Clip]", root: Path) -> None:
    """Write clips in this layout: all of them, or on an error nothing.

    Pictures that are files already are copied, others are encoded as JPEG of quality 95; they are
    numbered from 0000. ``status``, which clips do not carry, stays empty.

    Raises:
        UserError: ``root`` exists and is not empty, or two clips have one name.
    """
    from tracknet_core.data.label_csv import write_labels

    with new_root(root) as new:
        for clip in clips:
            game, name = game_and_clip(clip)
            folder = claim(new / game / name, clip)
            names = write_pictures(
                clip, folder, stem="{:04d}".format, copied=PICTURE_SUFFIXES, encoded=".jpg"
            )
            diameters = [math.nan] * len(clip) if clip.diameter is None else clip.diameter.tolist()
            labels = map(_label, names, clip.visibility.tolist(), clip.xy.tolist(), diameters)
            write_labels(folder / LABELS, labels)


TRACKNET = DatasetFormat(name="tracknet", layout=LAYOUT, detect=detect, scan=scan, write=write)


def _read_clip(game: str, folder: Path) -> "tuple[Clip | None, list[str]]":
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.label_csv import read_labels

    names = pictures(folder)
    if not (folder / LABELS).is_file():
        return None, [f"{folder}: has no {LABELS}. Add it, or move the folder away."]
    if not names:
        return None, [f"{folder}: has no pictures (.jpg or .png). Add them, or move the folder away."]
    try:
        frames = open_pictures(folder, names)
    except UserError as fault:
        return None, [str(fault)]
    labels, faults = read_labels(folder / LABELS, names, frames.size)
    if faults:
        return None, faults
    by_name = {label.name: label for label in labels}
    in_time = [by_name[name] for name in names]
    return (
        Clip(
            game=game,
            name=f"{game}/{folder.name}",
            frames=frames,
            visibility=[label.visibility for label in in_time],
            xy=[label.xy or (math.nan, math.nan) for label in in_time],
            diameter=_diameters(in_time),
        ),
        [],
    )


def _diameters(labels: "Sequence[Label]") -> list[float] | None:
    known = [math.nan if label.diameter is None else label.diameter for label in labels]
    return None if all(math.isnan(each) for each in known) else known


def _label(name: str, visibility: int, xy: list[float], diameter: float) -> "Label":
    from tracknet_core.data.label_csv import Label

    if visibility == 0 or math.isnan(xy[0]):
        return Label(name=name, visibility=visibility, xy=None)
    known = None if math.isnan(diameter) else diameter
    return Label(name=name, visibility=visibility, xy=(xy[0], xy[1]), diameter=known)
