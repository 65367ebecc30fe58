"""The layout of the TrackNet tennis data set: a folder of pictures and a ``Label.csv`` a clip.

Every folder in a game's folder is a clip; what is wrong with one is a fault, also a picture that
no row names: whether it shows a ball is unknown, and leaving it out would tear a hole in time.
Folders whose names start with a dot are passed over, so are files beside the clips, such as videos.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.descriptors import DatasetFormat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

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
    for game in _folders(root):
        folders = _folders(game)
        if not any(_pictures(folder) or (folder / LABELS).exists() for folder in folders):
            continue  # nothing that could be a game
        for folder in folders:
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
    from tracknet_core.atomic import replace_directory
    from tracknet_core.config.problems import UserError
    from tracknet_core.data.label_csv import write_labels

    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise UserError(f"{root}: exists and is not empty. Name a new folder, or delete it first.")
    with replace_directory(root) as new:
        for clip in clips:
            folder = new / _flat(clip.game) / _flat(clip.name.removeprefix(f"{clip.game}/"))
            if folder.exists():
                raise UserError(f"{clip.name}: two clips have this name. Rename one of them.")
            folder.mkdir(parents=True)
            names = _write_pictures(clip, folder)
            diameters = [math.nan] * len(clip) if clip.diameter is None else clip.diameter.tolist()
            labels = map(_label, names, clip.visibility.tolist(), clip.xy.tolist(), diameters)
            write_labels(folder / LABELS, labels)


TRACKNET = DatasetFormat(name="tracknet", layout=LAYOUT, detect=detect, scan=scan, write=write)


def _read_clip(game: str, folder: Path) -> "tuple[Clip | None, list[str]]":
    import numpy as np

    from tracknet_core.data.clips import Clip
    from tracknet_core.data.frames import PictureFolder
    from tracknet_core.data.label_csv import read_labels
    from tracknet_core.data.picture_header import picture_size

    pictures = _pictures(folder)
    if not (folder / LABELS).is_file():
        return None, [f"{folder}: has no {LABELS}. Add it, or move the folder away."]
    if not pictures:
        return None, [f"{folder}: has no pictures (.jpg or .png). Add them, or move the folder away."]
    try:
        size = picture_size(folder / pictures[0])
    except (OSError, ValueError) as error:
        return None, [f"{folder / pictures[0]}: cannot be read ({error}). Restore it."]
    labels, faults = read_labels(folder / LABELS, pictures, size)
    if faults:
        return None, faults
    by_name = {label.name: label for label in labels}
    in_time = [by_name[name] for name in pictures]
    return (
        Clip(
            game=game,
            name=f"{game}/{folder.name}",
            frames=PictureFolder(directory=folder, names=tuple(pictures), size=size),
            visibility=np.array([label.visibility for label in in_time], dtype=np.uint8),
            xy=np.array([label.xy or (np.nan, np.nan) for label in in_time], dtype=np.float64),
            diameter=_diameters(in_time),
        ),
        [],
    )


def _folders(parent: Path) -> list[Path]:
    from tracknet_core.data.order import natural

    folders = (entry for entry in parent.iterdir() if entry.is_dir() and not entry.name.startswith("."))
    return sorted(folders, key=lambda folder: natural(folder.name))


def _pictures(folder: Path) -> list[str]:
    """Names of the pictures of a folder, in the order of time."""
    from tracknet_core.data.order import natural
    from tracknet_core.data.picture_header import PICTURE_SUFFIXES

    names = (entry.name for entry in folder.iterdir())
    pictures = (
        name for name in names if name.lower().endswith(PICTURE_SUFFIXES) and not name.startswith(".")
    )
    return sorted(pictures, key=natural)


def _diameters(labels: "Sequence[Label]") -> "NDArray[np.float64] | None":
    import numpy as np

    known = [label.diameter for label in labels]
    return None if all(each is None for each in known) else np.array(known, dtype=np.float64)


def _label(name: str, visibility: int, xy: list[float], diameter: float) -> "Label":
    from tracknet_core.data.label_csv import Label

    if visibility == 0 or math.isnan(xy[0]):
        return Label(name=name, visibility=visibility, xy=None)
    known = None if math.isnan(diameter) else diameter
    return Label(name=name, visibility=visibility, xy=(xy[0], xy[1]), diameter=known)


def _flat(name: str) -> str:
    """A name as one folder."""
    return name.replace("/", "-").replace("\\", "-")


def _write_pictures(clip: "Clip", folder: Path) -> Iterator[str]:
    """Write the frames and yield their file names."""
    import shutil

    import cv2

    from tracknet_core.data.frames import PictureFolder

    frames = clip.frames
    for index in range(len(clip)):
        if isinstance(frames, PictureFolder):
            name = f"{index:04d}{frames.path(index).suffix.lower()}"
            shutil.copyfile(frames.path(index), folder / name)
        else:
            name = f"{index:04d}.jpg"
            picture = cv2.cvtColor(frames.read(index), cv2.COLOR_RGB2BGR)
            _, encoded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 95])
            (folder / name).write_bytes(encoded.tobytes())
        yield name
