"""``<stem>_ball.csv.resume``: what the model saw so far, so that an interrupted prediction can go on.

The file begins with a line of JSON, the facts that the prediction depends on. A record for each
frame follows: a checksum of its rest, flags, the number of candidates, the frame's number and
time, and x, y and score of each candidate, all in full precision, little-endian. It only ever
grows at its end, so that whenever the process dies, what lies before the last record is whole.
"""

import json
import struct
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

import numpy as np

from tracknet_core.config.problems import UserError
from tracknet_core.inference.sighting import Sighting
from tracknet_core.inference.writing import writing

HEAD = struct.Struct("<IBHqd")
"""Checksum of what follows it, flags, candidates, number of the frame, time."""

CHECKSUM = 4
"""Bytes of the checksum."""

LOST, CUT = 1, 2
"""Flags of a frame that did not decode, and of one that begins another shot."""

FLUSH_EVERY = 1.0
"""Seconds after which records are handed to the operating system, which keeps them if we are killed."""


class Record:
    """Keeps what the model saw, frame by frame.

    Args:
        file: Where.
        facts: What the prediction depends on, by the name that a person gives it; as JSON has it.

    Attributes:
        frames: Frames recorded.
        lost: Those of them that did not decode.
        earlier: Those before the shot that the last of them belongs to, lost ones left out.
    """

    def __init__(self, file: Path, facts: Mapping[str, object]) -> None:
        self.file = file
        self.frames = 0
        self.lost = 0
        self.earlier = 0
        self._header = json.dumps(dict(facts), sort_keys=True).encode() + b"\n"
        self._stream: BinaryIO | None = None
        self._flushed = 0.0

    def recover(self) -> None:
        """Take over what an interrupted prediction recorded, if it did; a torn end is cut off.

        Raises:
            UserError: It depended on something else, such as another source.
        """
        if not self.file.exists():
            return
        with self.file.open("r+b") as stream:
            self._require_same(stream.readline())
            end = stream.tell()
            for sighting in _sightings(stream):
                if sighting.cut:
                    self.earlier = self.frames - self.lost
                self.frames += 1
                self.lost += sighting.lost
                end = stream.tell()
            stream.truncate(end)

    def replay(self) -> Iterator[Sighting]:
        """Read what was recovered, from the first frame on."""
        if self.frames:
            with self.file.open("rb") as stream:
                stream.readline()
                yield from _sightings(stream)

    def add(self, sighting: Sighting) -> None:
        """Record the next frame; the first makes the file."""
        with writing(self.file):
            stream = self._stream or self._begin()
            stream.write(_packed(sighting))
            if time.monotonic() - self._flushed > FLUSH_EVERY:
                stream.flush()
                self._flushed = time.monotonic()
        self.frames += 1

    def close(self) -> None:
        """Write out what was recorded; on a full disk, as much of it as there is room for."""
        if self._stream is not None:
            with suppress(OSError):
                self._stream.close()
            self._stream = None

    def remove(self) -> None:
        """Delete the file: the prediction is complete."""
        self.close()
        self.file.unlink(missing_ok=True)

    def _begin(self) -> BinaryIO:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        self._stream = self.file.open("ab" if self.frames else "wb")
        if not self.frames:
            self._stream.write(self._header)
        return self._stream

    def _require_same(self, header: bytes) -> None:
        try:
            before, now = json.loads(header), json.loads(self._header)
            other = sorted(key for key in before.keys() | now.keys() if before.get(key) != now.get(key))
        except (ValueError, AttributeError):
            raise UserError(
                f"{self.file}: is not a record of a prediction. Begin anew with --force."
            ) from None
        if other:
            raise UserError(
                f"{self.file}: the interrupted prediction had another {', '.join(other)}. "
                "Give what it was begun with, or begin anew with --force."
            )


def _packed(sighting: Sighting) -> bytes:
    rows = np.column_stack([sighting.xy, sighting.score]).astype("<f8").tobytes()
    flags = LOST * sighting.lost | CUT * sighting.cut
    head = HEAD.pack(0, flags, len(sighting.score), sighting.index, sighting.time)
    body = head[CHECKSUM:] + rows
    return zlib.crc32(body).to_bytes(CHECKSUM, "little") + body


def _sightings(stream: BinaryIO) -> Iterator[Sighting]:
    """Read records up to the end, or up to one that is not whole."""
    while len(head := stream.read(HEAD.size)) == HEAD.size:
        checksum, flags, count, index, at = HEAD.unpack(head)
        rows = stream.read(24 * count)
        if len(rows) < 24 * count or zlib.crc32(head[CHECKSUM:] + rows) != checksum:
            return
        table = np.frombuffer(rows, "<f8").reshape(count, 3).astype(np.float64)
        yield Sighting(
            index=index,
            time=at,
            xy=table[:, :2],
            score=table[:, 2],
            cut=bool(flags & CUT),
            lost=bool(flags & LOST),
        )
