"""Videos with a ``_ball.csv`` beside each, as ``tracknet predict`` writes it: predictions to be corrected.

The frames from the CSV's first row to its last are the clip, so a prediction of a part is one too.
Videos without a CSV are passed over; so is what ``tracknet predict --overlay`` writes, since
``rally_ball.mp4`` would need a ``rally_ball_ball.csv``.
"""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.beside import LabelFile, label_files, place_of
from tracknet_core.data.formats.scanning import open_video, read_each, video_of
from tracknet_core.data.formats.writing import claim, new_root, write_video
from tracknet_core.descriptors import DatasetFormat

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip

ENDING = "_ball.csv"
LAYOUT = f"""\
ROOT/game1/rally1.mp4          (or .mov, .mkv, …)
ROOT/game1/rally1{ENDING}     Frame,Visibility,X,Y and any other columns
ROOT/game2/…
ROOT/final.mp4, final{ENDING} a video that is a game of its own"""


def detect(root: Path) -> bool:
    """Tell whether a ``_ball.csv`` has its video beside it, in the root or one folder down."""
    try:
        return any(video_of(found.file.parent, found.stem) for found in label_files(root, ENDING))
    except (OSError, UserError):
        return False


def scan(root: Path, on_fault: Callable[[str, str], None]) -> "list[Clip]":
    """Read all clips; see ``DatasetFormat.scan``. Of each video, one frame is decoded."""
    return read_each(((found.name, partial(_read, found)) for found in label_files(root, ENDING)), on_fault)


def write(clips: "Iterable[Clip]", root: Path) -> None:
    """Write clips in this layout: all of them, or on an error nothing.

    Videos are copied; pictures become H.264 at the clip's frame rate, or 30 per second.

    Raises:
        UserError: ``root`` exists and is not empty, or two clips have one name.
    """
    from tracknet_core.data.ball_csv import write_ball_csv

    with new_root(root) as new:
        for clip in clips:
            folder, stem = place_of(clip, new)
            file = claim(folder / f"{stem}{ENDING}", clip)
            start = write_video(clip, folder, stem)
            write_ball_csv(file, start=start, visibility=clip.visibility, xy=clip.xy, diameter=clip.diameter)


VIDEO_CSV = DatasetFormat(name="video-csv", layout=LAYOUT, detect=detect, scan=scan, write=write)


def _read(found: LabelFile) -> "Clip":
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.formats.rows import frames_of, read_rows, require_inside

    file = video_of(found.file.parent, found.stem)
    if file is None:
        raise UserError(
            f"{found.file}: has no video beside it, such as {found.stem}.mp4. Add it, or move the CSV away."
        )
    video, fps = open_video(file)
    rows = read_rows(found.file)
    frames = frames_of(rows, video)
    require_inside(rows.file, rows.line, rows.xy, frames.size)
    return Clip(
        game=found.game,
        name=found.name,
        frames=frames,
        visibility=rows.visibility,
        xy=rows.xy,
        diameter=rows.diameter,
        fps=fps,
    )
