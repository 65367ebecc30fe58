"""The layout of the Shuttlecock Trajectory data set (badminton), of TrackNetV2 and TrackNetV3.

As in the tools published with it, a rally's clip is the frames that its CSV names, from the first
to the last: what the video shows after that is not labelled. Pictures go before the video, frame
12 being ``12.png`` (or ``00012.png``). A match is called by its folder, and by the folder above it
too where two matches bear one name: ``Professional-match1`` and ``Test-match1``.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.scanning import (
    VIDEO_SUFFIXES,
    Reading,
    files,
    folders,
    open_pictures,
    open_video,
    pictures,
    read_each,
    video_of,
)
from tracknet_core.data.formats.writing import claim, game_and_clip, new_root, write_pictures, write_video
from tracknet_core.data.order import natural
from tracknet_core.descriptors import DatasetFormat

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.formats.rows import Rows
    from tracknet_core.data.frames import PictureFolder
    from tracknet_core.data.video.frames import VideoFrames

SIDE_OF = {
    "Professional": "train",
    "Amateur": "train",
    "Test": "test",
    "train": "train",
    "val": "val",
    "test": "test",
}
"""The side that a folder's matches are on; the published set has no validation."""
ENDING = "_ball.csv"
LAYOUT = f"""\
ROOT/Professional/match1/csv/1_01_00{ENDING}   Frame,Visibility,X,Y
ROOT/Professional/match1/video/1_01_00.mp4
ROOT/Professional/match1/frame/1_01_00/0.png, 1.png, …   (optional; else frames come from the video)
ROOT/Amateur/…, ROOT/Test/…   or ROOT/train/…, ROOT/val/…, ROOT/test/…"""


def detect(root: Path) -> bool:
    """Tell whether a match in one of the known folders has a ``csv/<rally>_ball.csv``."""
    try:
        return any(True for side in SIDE_OF for _ in root.glob(f"{side}/[!.]*/csv/*{ENDING}"))
    except OSError:
        return False


def scan(root: Path, on_fault: Callable[[str, str], None]) -> "list[Clip]":
    """Read all clips; see ``DatasetFormat.scan``. Of a video one frame is decoded, of pictures none."""
    return read_each(_readings(root), on_fault)


def write(clips: "Iterable[Clip]", root: Path) -> None:
    """Write clips in this layout: all of them, or on an error nothing.

    Clips go to ``train``, ``val`` and ``test``, those that are on no side to ``train``. Videos and
    PNG pictures are copied; other pictures are encoded as PNG, without loss.

    Raises:
        UserError: ``root`` exists and is not empty, or two clips have one name.
    """
    from tracknet_core.data.ball_csv import write_ball_csv
    from tracknet_core.data.video.frames import VideoFrames

    with new_root(root) as new:
        for clip in clips:
            game, rally = game_and_clip(clip)
            match = new / (clip.split or "train") / game
            file = claim(match / "csv" / f"{rally}{ENDING}", clip)
            start = 0
            if isinstance(clip.frames, VideoFrames):
                (match / "video").mkdir(exist_ok=True)
                start = write_video(clip, match / "video", rally)
            else:
                folder = match / "frame" / rally
                write_pictures(clip, folder, stem=str, copied=(".png",), encoded=".png")
            write_ball_csv(file, start=start, visibility=clip.visibility, xy=clip.xy, absent="0")


SHUTTLECOCK = DatasetFormat(name="shuttlecock", layout=LAYOUT, detect=detect, scan=scan, write=write)


@frozen(kw_only=True)
class _Match:
    """A match: its folder, its name as a game, and its side."""

    folder: Path
    game: str
    side: str


def _readings(root: Path) -> Iterator[Reading]:
    for match in _matches(root):
        for rally in _rallies(match.folder):
            yield f"{match.game}/{rally}", partial(_read, match, rally)


def _matches(root: Path) -> list[_Match]:
    found = [(side, match) for side in folders(root) if side.name in SIDE_OF for match in folders(side)]
    times = Counter(match.name for _, match in found)
    return [
        _Match(
            folder=match,
            game=match.name if times[match.name] == 1 else f"{side.name}-{match.name}",
            side=SIDE_OF[side.name],
        )
        for side, match in found
    ]


def _rallies(match: Path) -> list[str]:
    """Names of everything that is, or ought to be, a rally."""
    labelled = {file.name[: -len(ENDING)] for file in files(match / "csv", (ENDING,))}
    filmed = {file.stem for file in files(match / "video", VIDEO_SUFFIXES)}
    pictured = {folder.name for folder in folders(match / "frame")}
    return sorted(labelled | filmed | pictured, key=natural)


def _read(match: _Match, rally: str) -> "Clip":
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.formats.rows import frames_of, read_rows, require_inside

    file = match.folder / "csv" / f"{rally}{ENDING}"
    if not file.is_file():
        raise UserError(f"{file}: is missing. Add it, or move the video and the pictures of {rally} away.")
    rows = read_rows(file)
    frames: PictureFolder | VideoFrames
    if names := pictures(match.folder / "frame" / rally):
        frames, fps = _numbered(rows, match.folder / "frame" / rally, names), None
    elif video := video_of(match.folder / "video", rally):
        whole, fps = open_video(video)
        frames = frames_of(rows, whole)
    else:
        raise UserError(
            f"{file}: has neither a video, video/{rally}.mp4, nor pictures, frame/{rally}/. "
            "Add one of them, or move the CSV away."
        )
    require_inside(file, rows.line, rows.xy, frames.size)
    return Clip(
        game=match.game,
        name=f"{match.game}/{rally}",
        frames=frames,
        visibility=rows.visibility,
        xy=rows.xy,
        diameter=rows.diameter,
        fps=fps,
        split=match.side,
    )


def _numbered(rows: "Rows", folder: Path, names: Iterable[str]) -> "PictureFolder":
    """The pictures that the rows are about, by the numbers that they are called."""
    number_of = {int(stem): name for name in names if (stem := Path(name).stem).isdecimal()}
    wanted = range(rows.start, rows.start + len(rows))
    for frame, line in zip(wanted, rows.line.tolist(), strict=True):
        if frame not in number_of:
            raise UserError(
                f"{rows.file}:{line}: is about frame {frame}, but {folder} has no {frame}.png. "
                "Restore the picture, or delete the row."
            )
    return open_pictures(folder, (number_of[frame] for frame in wanted))
