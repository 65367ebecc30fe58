"""The XML of "CVAT for video 1.1": tracks of shapes, read with the line that each stands in.

Coordinates in the file are continuous, the picture spanning 0 to its width; here they are pixel
indices, 0.5 less. Sums are decimal, so that a number comes back as exactly what was written.

Source: https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from pathlib import Path
from xml.parsers import expat
from xml.sax.saxutils import escape

from attrs import define, evolve, field, frozen

from tracknet_core.config.problems import UserError

VISIBILITY = "visibility"
"""The attribute of a shape that tells a ball that is hard to see from a clear one."""
_HALF = Decimal("0.5")


@frozen(kw_only=True)
class Shape:
    """A point, or the centre of a box, in one frame.

    Attributes:
        frame: Number of the frame.
        line: Line of the file, from 1.
        xy: Source pixel indices.
        outside: Whether the ball is not in the picture.
        occluded: Whether something hides it.
        visibility: The attribute of this name, 0 to 3; None if there is none.
    """

    frame: int
    line: int
    xy: tuple[float, float]
    outside: bool
    occluded: bool
    visibility: int | None = None


@define
class Track:
    """The shapes of one object, as they stand in the file.

    Attributes:
        name: The track's number in the file, for messages.
        label: What it is a track of.
        shapes: The points or boxes.
        unreadable: Name and line of the first shape that is neither; None if there is none.
    """

    name: str
    label: str
    shapes: list[Shape] = field(factory=list)
    unreadable: tuple[str, int] | None = None


@define
class Annotations:
    """One file.

    Attributes:
        file: Where it was read.
        tracks: Its tracks.
        task: What its head says of the task, by name, with the line: ``start_frame``, ``stop_frame``,
            ``frame_filter``, ``width`` and ``height`` (of the pictures, px).
    """

    file: Path
    tracks: list[Track] = field(factory=list)
    task: dict[str, tuple[str, int]] = field(factory=dict)

    def number(self, key: str) -> int | None:
        """A whole number of the task's head; None if it is not there.

        Raises:
            UserError: It is something else.
        """
        if key not in self.task:
            return None
        text, line = self.task[key]
        return _whole(text, key, f"{self.file}:{line}")


def read_annotations(file: Path) -> Annotations:
    """Read a file.

    Raises:
        UserError: It is no such file; the message names the line.
    """
    try:
        data = file.read_bytes()
    except OSError as error:
        raise UserError(f"{file}: cannot be read ({error.strerror}). Restore it.") from None
    return _Reader(file).read(data)


def write_annotations(
    file: Path, shapes: Iterable[Shape], *, name: str, first: int, last: int, size: tuple[int, int]
) -> None:
    """Write one track, labelled ``ball``.

    Args:
        file: Where to write.
        shapes: Its points; ``line`` does not count.
        name: What the task is called.
        first: Number of the first frame that is labelled.
        last: Number of the last.
        size: Width and height of the pictures, px.
    """
    head = _HEAD.format(
        name=escape(name), count=last + 1 - first, first=first, last=last, width=size[0], height=size[1]
    )
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(head)
        stream.writelines(map(_point, shapes))
        stream.write("  </track>\n</annotations>\n")


_HEAD = """\
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta>
    <task>
      <name>{name}</name>
      <size>{count}</size>
      <mode>interpolation</mode>
      <start_frame>{first}</start_frame>
      <stop_frame>{last}</stop_frame>
      <frame_filter></frame_filter>
      <labels>
        <label>
          <name>ball</name>
          <type>points</type>
          <attributes>
            <attribute>
              <name>visibility</name>
              <mutable>True</mutable>
              <input_type>select</input_type>
              <default_value>1</default_value>
              <values>1
2
3</values>
            </attribute>
          </attributes>
        </label>
      </labels>
      <original_size>
        <width>{width}</width>
        <height>{height}</height>
      </original_size>
    </task>
  </meta>
  <track id="0" label="ball" source="manual">
"""


def _point(shape: Shape) -> str:
    x, y = (format(Decimal(repr(value)) + _HALF, "f") for value in shape.xy)
    return (
        f'    <points frame="{shape.frame}" keyframe="1" outside="{shape.outside:d}" '
        f'occluded="{shape.occluded:d}" points="{x},{y}" z_order="0">\n'
        f'      <attribute name="{VISIBILITY}">{shape.visibility}</attribute>\n'
        "    </points>\n"
    )


class _Reader:
    """Follows expat through one file."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._found = Annotations(file)
        self._path: list[str] = []
        self._text = ""
        self._attribute = ""
        self._parser = expat.ParserCreate()
        self._parser.buffer_text = True
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._characters
        self._parser.StartDoctypeDeclHandler = self._doctype

    def read(self, data: bytes) -> Annotations:
        try:
            self._parser.Parse(data, True)
        except expat.ExpatError as error:
            reason = expat.ErrorString(error.code)
            raise UserError(f"{self._file}:{error.lineno}: is not XML ({reason}). Export it again.") from None
        except (LookupError, ValueError) as error:
            raise UserError(f"{self._file}:1: is not XML ({error}). Export it again.") from None
        return self._found

    @property
    def _place(self) -> str:
        return f"{self._file}:{self._parser.CurrentLineNumber}"

    def _doctype(self, *_: object) -> None:
        raise UserError(f"{self._place}: has a DOCTYPE, which CVAT does not write. Export it again.")

    def _start(self, tag: str, attributes: Mapping[str, str]) -> None:
        self._path.append(tag)
        self._text = ""
        match self._path:
            case [root] if root != "annotations":
                raise UserError(f'{self._place}: is no CVAT file. Export the task as "CVAT for video 1.1".')
            case ["annotations", "image"]:
                raise UserError(
                    f'{self._place}: is "CVAT for images". Export the task as "CVAT for video 1.1".'
                )
            case ["annotations", "meta", "project"]:
                raise UserError(
                    f"{self._place}: is the export of a whole project. Export each of its tasks alone."
                )
            case ["annotations", "track"]:
                name, label = (attributes.get(key, "") for key in ("id", "label"))
                self._found.tracks.append(Track(name=name, label=label))
            case ["annotations", "track", "points" | "box"]:
                self._found.tracks[-1].shapes.append(self._shape(tag, attributes))
            case ["annotations", "track", _]:
                track = self._found.tracks[-1]
                track.unreadable = track.unreadable or (tag, self._parser.CurrentLineNumber)
            case ["annotations", "track", _, "attribute"]:
                self._attribute = attributes.get("name", "")

    def _characters(self, text: str) -> None:
        self._text += text

    def _end(self, _: str) -> None:
        text = self._text.strip()
        match self._path:
            case ["annotations", "meta", _, ("start_frame" | "stop_frame" | "frame_filter") as key] if text:
                self._found.task[key] = (text, self._parser.CurrentLineNumber)
            case ["annotations", "meta", _, "original_size", ("width" | "height") as key] | [
                "annotations",
                "meta",
                "original_size",
                ("width" | "height") as key,
            ]:
                self._found.task[key] = (text, self._parser.CurrentLineNumber)
            case ["annotations", "track", "points" | "box", "attribute"] if self._attribute == VISIBILITY:
                self._see(text)
        self._path.pop()
        self._text = ""

    def _see(self, text: str) -> None:
        if text not in ("0", "1", "2", "3"):
            raise UserError(
                f"{self._place}: {VISIBILITY} is {text!r}. "
                "Write 0 (none), 1 (clear), 2 (hard to see) or 3 (hidden)."
            )
        shapes = self._found.tracks[-1].shapes
        shapes[-1] = evolve(shapes[-1], visibility=int(text))

    def _shape(self, tag: str, attributes: Mapping[str, str]) -> Shape:
        place = self._place
        if tag == "box":
            left, top, right, bottom = (
                _decimal(attributes.get(key, ""), key, place) for key in ("xtl", "ytl", "xbr", "ybr")
            )
            xy = (left + right) / 2, (top + bottom) / 2
        else:
            text = attributes.get("points", "")
            if text.count(",") != 1:
                raise UserError(f"{place}: points is {text!r}, not one point. Label the ball with one point.")
            x, y = (_decimal(part, "points", place) for part in text.split(","))
            xy = x, y
        return Shape(
            frame=_whole(attributes.get("frame", ""), "frame", place),
            line=self._parser.CurrentLineNumber,
            xy=(float(xy[0] - _HALF), float(xy[1] - _HALF)),
            outside=_flag(attributes, "outside", place),
            occluded=_flag(attributes, "occluded", place),
        )


def _whole(text: str, key: str, place: str) -> int:
    if not (text.isascii() and text.isdecimal()):
        raise UserError(f"{place}: {key} is {text!r}, not a whole number. Export it again.")
    return int(text)


def _decimal(text: str, key: str, place: str) -> Decimal:
    try:
        value = Decimal(text.strip())
    except InvalidOperation:
        value = Decimal("nan")
    if not value.is_finite():
        raise UserError(f"{place}: {key} is {text!r}, not a number. Correct it.")
    return value


def _flag(attributes: Mapping[str, str], key: str, place: str) -> bool:
    text = attributes.get(key, "0")
    if text not in ("0", "1"):
        raise UserError(f"{place}: {key} is {text!r}. Write 0 or 1.")
    return text == "1"
