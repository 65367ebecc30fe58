"""What the doctor finds."""

import re
from collections.abc import Iterable
from enum import StrEnum

from attrs import frozen

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.order import natural


class Kind(StrEnum):
    """The kinds of findings, in the order in which they are listed."""

    LABEL_FILE = "label-file"
    MISSING_FRAME = "missing-frame"
    UNLABELLED = "unlabelled-picture"
    UNREADABLE = "unreadable-picture"
    PICTURE_SIZE = "picture-size"
    OUTSIDE = "label-outside"
    NO_POSITION = "missing-position"
    SHIFTED = "shifted-labels"
    MISPLACED = "misplaced-labels"
    LEAK = "split-leak"
    DUPLICATE = "duplicate-clip"
    REPEATED = "repeated-frame"
    FROZEN = "frozen-labels"
    JUMP = "jumping-label"


MEANINGS = {
    Kind.LABEL_FILE: "a label file, or a row of it, that cannot be read",
    Kind.MISSING_FRAME: "a hole in a clip: a number, or a row, without a picture",
    Kind.UNLABELLED: "pictures without a row in the labels",
    Kind.UNREADABLE: "pictures that are truncated, damaged or gone",
    Kind.PICTURE_SIZE: "pictures of another size than the first of their clip",
    Kind.OUTSIDE: "labels outside the picture",
    Kind.NO_POSITION: "balls called visible without a position",
    Kind.SHIFTED: "labels that fit a neighbouring frame better",
    Kind.MISPLACED: "labels that fit another place of the picture better",
    Kind.LEAK: "the same game, or the same pictures, on two sides of the split",
    Kind.DUPLICATE: "the same pictures in two clips of one side",
    Kind.REPEATED: "frames that show the same picture as the frame before",
    Kind.FROZEN: "labels that stand still while the ball leaves",
    Kind.JUMP: "labels that leave the ball's track and come back",
}
"""Each kind in a few words."""


_LINE = re.compile(r"(?:(?P<place>.+?(?::\d+)?): )?(?P<message>.+?)\. (?P<remedy>.+)", re.DOTALL)


@frozen(kw_only=True)
class Finding:
    """One thing that is, or seems to be, wrong.

    Attributes:
        kind: Its kind.
        severity: An error falsifies or stops a run; a warning deserves a look.
        clip: Name of the clip.
        frames: Numbers of the frames concerned, from 0; empty if it is the whole clip.
        place: File, and line where it is known, as ``file:line``; empty if neither is.
        message: What is wrong, without a full stop at its end.
        remedy: What to do, in full sentences.
    """

    kind: Kind
    severity: Severity
    clip: str
    frames: tuple[int, ...] = ()
    place: str = ""
    message: str
    remedy: str

    @classmethod
    def of_line(cls, kind: Kind, clip: str, line: str, frames: tuple[int, ...] = ()) -> "Finding":
        """Make an error of the line that a reader says of a clip: place, what is wrong and remedy."""
        parts = _LINE.fullmatch(line)
        return cls(
            kind=kind,
            severity=Severity.ERROR,
            clip=clip,
            frames=frames,
            place=(parts["place"] or "") if parts else "",
            message=parts["message"] if parts else line.rstrip("."),
            remedy=parts["remedy"] if parts else "",
        )

    def __str__(self) -> str:
        kind = "" if self.severity is Severity.ERROR else "warning: "
        return f"{self.place or self.clip}: {kind}{self.message}. {self.remedy}"


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort findings by kind, clip and frame."""
    kinds = list(Kind)
    return tuple(
        sorted(findings, key=lambda found: (kinds.index(found.kind), natural(found.clip), found.frames))
    )


def frame_names(clip: Clip, frames: Iterable[int]) -> str:
    """Call frames by number and name, such as ``frame 3 (0003.jpg)`` or ``frames 3–5 (0003.jpg–0005.jpg)``.

    Args:
        clip: Whose frames.
        frames: Numbers, rising; only the first and the last are named.
    """
    numbers = list(frames)
    first, last = numbers[0], numbers[-1]
    names = clip.frames.name
    if first == last:
        return f"frame {first} ({names(first)})"
    return f"frames {first}–{last} ({names(first)}–{names(last)})"
