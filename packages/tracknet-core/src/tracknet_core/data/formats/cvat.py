"""Labels from CVAT, as it exports them: "CVAT for video 1.1", one XML beside its video or pictures."""

from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.beside import LabelFile, label_files, place_of
from tracknet_core.data.formats.scanning import open_pictures, open_video, pictures, read_each, video_of
from tracknet_core.data.formats.writing import claim, new_root, write_pictures, write_video
from tracknet_core.data.picture_header import PICTURE_SUFFIXES
from tracknet_core.descriptors import DatasetFormat

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.formats.cvat_xml import Annotations
    from tracknet_core.data.frames import PictureFolder
    from tracknet_core.data.video.frames import VideoFrames

ENDING = ".xml"
HEAD = 4096
"""Bytes at the start of a file in which a CVAT file calls itself one."""
LAYOUT = """\
ROOT/game1/rally1.xml          exported by CVAT as "CVAT for video 1.1"
ROOT/game1/rally1.mp4          its video (or .mov, .mkv, …),
ROOT/game1/rally1/0000.jpg, …  or its pictures (or .png)
ROOT/game2/…
ROOT/final.xml, final.mp4      a video that is a game of its own"""


def detect(root: Path) -> bool:
    """Tell whether an XML in the root or one folder down begins as CVAT's do."""
    try:
        return any(_is_cvat(found.file) for found in label_files(root, ENDING))
    except OSError:
        return False


def scan(root: Path, on_fault: Callable[[str, str], None]) -> "list[Clip]":
    """Read all clips; see ``DatasetFormat.scan``. Of a video one frame is decoded, of pictures none."""
    return read_each(((found.name, partial(_read, found)) for found in label_files(root, ENDING)), on_fault)


def write(clips: "Iterable[Clip]", root: Path) -> None:
    """Write clips in this layout: all of them, or on an error nothing.

    Videos and pictures are copied; frames that are neither are encoded as JPEG of quality 95.

    Raises:
        UserError: ``root`` exists and is not empty, or two clips have one name.
    """
    from tracknet_core.data.formats.cvat_ball import ball_shapes
    from tracknet_core.data.formats.cvat_xml import write_annotations
    from tracknet_core.data.video.frames import VideoFrames

    with new_root(root) as new:
        for clip in clips:
            folder, stem = place_of(clip, new)
            file = claim(folder / f"{stem}{ENDING}", clip)
            first = 0
            if isinstance(clip.frames, VideoFrames):
                first = write_video(clip, folder, stem)
            else:
                write_pictures(
                    clip, folder / stem, stem="{:06d}".format, copied=PICTURE_SUFFIXES, encoded=".jpg"
                )
            write_annotations(
                file,
                ball_shapes(clip.visibility, clip.xy, first),
                name=clip.name,
                first=first,
                last=first + len(clip) - 1,
                size=clip.frames.size,
            )


CVAT = DatasetFormat(name="cvat", layout=LAYOUT, detect=detect, scan=scan, write=write)


def _is_cvat(file: Path) -> bool:
    with file.open("rb") as stream:
        return b"<annotations" in stream.read(HEAD)


def _read(found: LabelFile) -> "Clip":
    from tracknet_core.data.clips import Clip
    from tracknet_core.data.formats.cvat_ball import ball_frames
    from tracknet_core.data.formats.cvat_xml import read_annotations
    from tracknet_core.data.formats.rows import require_inside

    annotations = read_annotations(found.file)
    media, fps = _media(found)
    _check_size(annotations, media.size)
    frames, first = _labelled(annotations, media)
    ball = ball_frames(annotations, first, len(frames))
    require_inside(found.file, ball.line, ball.xy, frames.size)
    return Clip(
        game=found.game, name=found.name, frames=frames, visibility=ball.visibility, xy=ball.xy, fps=fps
    )


def _media(found: LabelFile) -> "tuple[VideoFrames | PictureFolder, float | None]":
    parent, stem = found.file.parent, found.stem
    video = video_of(parent, stem)
    names = pictures(parent / stem)
    if video and names:
        raise UserError(f"{found.file}: has a video and a folder of pictures. Move one of them away.")
    if video:
        return open_video(video)
    if names != sorted(names):
        raise UserError(
            f"{parent / stem}: its pictures are in one order by number and in another by letter, and CVAT "
            "may have numbered them by either. Give their numbers leading zeros, in the order of CVAT."
        )
    if names:
        return open_pictures(parent / stem, names), None
    raise UserError(
        f"{found.file}: has neither a video, {stem}.mp4, nor pictures, {stem}/, beside it. "
        "Add one of them, or move the XML away."
    )


def _check_size(annotations: "Annotations", size: tuple[int, int]) -> None:
    labelled = annotations.number("width"), annotations.number("height")
    if None not in labelled and labelled != size:
        line = annotations.task["width"][1]
        raise UserError(
            f"{annotations.file}:{line}: is about pictures of {labelled[0]}×{labelled[1]} px, but these "
            f"have {size[0]}×{size[1]}. Give the pictures that were labelled."
        )


def _labelled(
    annotations: "Annotations", media: "VideoFrames | PictureFolder"
) -> "tuple[VideoFrames | PictureFolder, int]":
    """The frames that the task was about, and the number of the first."""
    from tracknet_core.data.video.frames import VideoFrames

    if "frame_filter" in annotations.task:
        text, line = annotations.task["frame_filter"]
        raise UserError(
            f"{annotations.file}:{line}: is about some frames only (frame filter {text}). "
            "Label a task of all frames."
        )
    first = annotations.number("start_frame") or 0
    last = annotations.number("stop_frame")
    last = len(media) - 1 if last is None else last
    if not first <= last < len(media):
        line = annotations.task["stop_frame" if "stop_frame" in annotations.task else "start_frame"][1]
        raise UserError(
            f"{annotations.file}:{line}: is about frames {first} to {last}, but there are {len(media)}. "
            "Restore the frames that were labelled."
        )
    if isinstance(media, VideoFrames):
        return evolve(media, start=first, count=last + 1 - first), first
    return evolve(media, names=media.names[first : last + 1]), first
