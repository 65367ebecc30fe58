"""The layout in which WASB reads volleyball: pictures and, apart from them, lines of positions.

Line n is about the n-th picture in the order of their numbers; ``0 0`` says that no ball is seen.
Pictures after the last line are not labelled and, as in WASB, left out; of a line, what follows the
second number is ignored. The layout knows a ball that is seen and one that is not, nothing between.
"""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.scanning import Reading, files, folders, open_pictures, pictures, read_each
from tracknet_core.data.formats.writing import claim, game_and_clip, new_root, write_pictures
from tracknet_core.data.numbers import finite, shortest
from tracknet_core.data.order import natural
from tracknet_core.descriptors import DatasetFormat

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tracknet_core.data.clips import Clip

PICTURES = "videos"
LABELS = "volleyball_ball_annotation"
SUFFIXES = (".jpg", ".jpeg")
LAYOUT = f"""\
ROOT/{PICTURES}/4/24855/24840.jpg, 24841.jpg, …
ROOT/{LABELS}/4/24855.txt   a line `x y` for each picture; `0 0` where no ball is seen
ROOT/{PICTURES}/5/…"""


def detect(root: Path) -> bool:
    """Tell whether there are pictures' folders and label files where they belong."""
    try:
        return (root / PICTURES).is_dir() and any(True for _ in root.glob(f"{LABELS}/[!.]*/*.txt"))
    except OSError:
        return False


def scan(root: Path, on_fault: Callable[[str, str], None]) -> "list[Clip]":
    """Read all clips; see ``DatasetFormat.scan``. No picture is decoded."""
    return read_each(_readings(root), on_fault)


def write(clips: "Iterable[Clip]", root: Path) -> None:
    """Write clips in this layout: all of them, or on an error nothing.

    JPEG pictures are copied, others are encoded as JPEG of quality 95; they are called 0.jpg, 1.jpg
    and so on. A ball that is hidden, or whose place is unknown, is written as unseen.

    Raises:
        UserError: ``root`` exists and is not empty, or two clips have one name.
    """
    with new_root(root) as new:
        for clip in clips:
            game, name = game_and_clip(clip)
            file = claim(new / LABELS / game / f"{name}.txt", clip)
            write_pictures(clip, new / PICTURES / game / name, stem=str, copied=SUFFIXES, encoded=".jpg")
            lines = map(_line, clip.visibility.tolist(), clip.xy.tolist())
            file.write_text("".join(lines), encoding="utf-8", newline="\n")


WASB_VOLLEYBALL = DatasetFormat(name="wasb-volleyball", layout=LAYOUT, detect=detect, scan=scan, write=write)


def _readings(root: Path) -> Iterator[Reading]:
    games = {folder.name for parent in (PICTURES, LABELS) for folder in folders(root / parent)}
    for game in sorted(games, key=natural):
        pictured = {folder.name for folder in folders(root / PICTURES / game)}
        labelled = {file.stem for file in files(root / LABELS / game, (".txt",))}
        for name in sorted(pictured | labelled, key=natural):
            yield f"{game}/{name}", partial(_read, root, game, name)


def _read(root: Path, game: str, name: str) -> "Clip":
    import numpy as np

    from tracknet_core.data.clips import Clip
    from tracknet_core.data.formats.rows import require_inside

    file, folder = root / LABELS / game / f"{name}.txt", root / PICTURES / game / name
    if not file.is_file():
        raise UserError(f"{file}: is missing. Add it, or move the folder {folder} away.")
    names = pictures(folder, SUFFIXES)
    if not names:
        raise UserError(f"{folder}: has no pictures (.jpg). Add them, or move {file} away.")
    xy = _positions(file)
    if len(xy) > len(names):
        raise UserError(
            f"{file}:{len(names) + 1}: is a position for picture {len(names) + 1}, but {folder} has "
            f"{len(names)}. Delete the line, or restore the picture."
        )
    frames = open_pictures(folder, names[: len(xy)])
    unseen = (xy == 0).all(axis=1)
    xy[unseen] = float("nan")
    require_inside(file, np.arange(1, len(xy) + 1), xy, frames.size)
    return Clip(game=game, name=f"{game}/{name}", frames=frames, visibility=(~unseen).astype("uint8"), xy=xy)


def _positions(file: Path) -> "NDArray[np.float64]":
    """The position in each line, ``[N, 2]``, as written."""
    import numpy as np

    try:
        lines = file.read_text(encoding="utf-8-sig").rstrip().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{file}: cannot be read as text ({error}). Restore it.") from None
    if not lines:
        raise UserError(f"{file}: is empty. Write a line `x y` for each picture.")
    return np.array([_position(text, f"{file}:{line}") for line, text in enumerate(lines, 1)])


def _position(text: str, place: str) -> tuple[float, float]:
    match [finite(part) for part in text.split()[:2]]:
        case [float(x), float(y)]:
            return x, y
    raise UserError(f"{place}: is {text!r}, not a position. Write `x y`, or `0 0` for no ball.")


def _line(visibility: int, xy: list[float]) -> str:
    from tracknet_core.data.clips import BALL_CLASSES

    x, y = xy if visibility in BALL_CLASSES else (0.0, 0.0)
    return f"{shortest(x)} {shortest(y)}\n"
