"""The sound of a video, copied packet by packet beside the pictures of another."""

from collections.abc import Iterator
from fractions import Fraction
from typing import Any

from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.error import FFmpegError
from av.packet import Packet

from tracknet_core.data.video.container import open_container


class AudioCopy:
    """Copies sound without decoding it, never ahead of the pictures.

    Args:
        address: Video to take the sound from.
        target: Container to put it into, before anything is written there.
        begin: Time in the source that becomes zero, seconds; earlier sound is left out.

    Attributes:
        missing: Why there is no sound in the copy: what is said of it; None if there is.
    """

    def __init__(self, address: str, target: OutputContainer, begin: float) -> None:
        self.missing: str | None = None
        self._target = target
        self._begin = begin
        self._source = open_container(address)
        container = self._source.__enter__()
        stream = container.streams.best("audio")
        self._packets: Iterator[Packet[Any]] = iter(())
        self._next: Packet[Any] | None = None
        if not isinstance(stream, AudioStream):
            return
        codec = stream.codec_context.name
        try:
            self._copy = target.add_stream_from_template(stream)
        except (ValueError, FFmpegError):
            self.missing = f"its sound ({codec}) cannot stand in an MP4 and was left out"
            return
        if begin > 0:
            container.seek(round(begin / Fraction(stream.time_base or 1)), stream=stream)
        self._packets = container.demux(stream)
        self._advance()

    def until(self, time: float) -> None:
        """Copy the sound up to ``time`` in the source, seconds."""
        while self._next is not None and self._time(self._next) < time:
            packet = self._next
            self._advance()
            self._mux(packet)

    def close(self) -> None:
        """Let go of the source."""
        self._source.__exit__(None, None, None)

    def _mux(self, packet: "Packet[Any]") -> None:
        offset = round(self._begin / Fraction(packet.time_base))
        if packet.pts is None or packet.dts is None or packet.pts < offset:
            return
        packet.pts, packet.dts = packet.pts - offset, packet.dts - offset
        packet.stream = self._copy
        self._target.mux(packet)

    def _advance(self) -> None:
        try:
            self._next = next((packet for packet in self._packets if packet.dts is not None), None)
        except FFmpegError:  # the sound ends where the file is cut off
            self._next = None

    @staticmethod
    def _time(packet: "Packet[Any]") -> float:
        return float((packet.pts if packet.pts is not None else packet.dts or 0) * packet.time_base)
