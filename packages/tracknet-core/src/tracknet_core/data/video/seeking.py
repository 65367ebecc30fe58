"""Where in a video to begin decoding, and which number the frames have there."""

from attrs import frozen
from av.container import InputContainer
from av.error import FFmpegError
from av.video.stream import VideoStream

from tracknet_core.data.video.container import Reading, beginning, decode, open_container, video_stream


@frozen(kw_only=True)
class Entry:
    """A place to begin decoding.

    Attributes:
        offset: What to seek to, in units of the video stream.
        number: Number in the whole video of the first frame decoded from there.
    """

    offset: int
    number: int


def entry_before(address: str, time: float) -> Entry | None:
    """Find the last place from which the frame shown at ``time`` can be decoded.

    Args:
        address: Path or URL of the video.
        time: Seconds from the beginning of the container.

    Returns:
        None where only decoding from the beginning is exact: the container cannot seek, or has no
        timestamps.
    """
    offset = place_before(address, time)
    if offset is None:
        return None
    with open_container(address) as container:
        first = _first_timestamp(container, video_stream(container, address), offset)
    number = None if first is None else _count_before(address, first)
    return None if number is None else Entry(offset=offset, number=number)


def place_before(address: str, time: float) -> int | None:
    """Find what to seek to, in units of the video stream, so that the frame shown at ``time`` decodes.

    Arguments and None are those of :func:`entry_before`; no frame is counted.
    """
    with open_container(address) as container:
        stream = video_stream(container, address)
        if not stream.time_base:
            return None
        unit = float(stream.time_base)
        wanted, floor = int((beginning(container) + time) / unit), int(beginning(container) / unit)
        offset, back = wanted, int(1 / unit)
        while offset > floor:
            first = _first_timestamp(container, stream, offset)
            if first is None:
                return None
            if first <= wanted:
                return offset
            offset, back = wanted - back, 2 * back  # indices by decoding time may lead past `wanted`
    return None


def _first_timestamp(container: InputContainer, stream: VideoStream, offset: int) -> int | None:
    try:
        container.seek(offset, stream=stream)
    except FFmpegError:
        return None
    frame = next(decode(container, stream, Reading()), None)
    return None if frame is None else frame.pts


def _count_before(address: str, timestamp: int) -> int | None:
    """Count the frames shown before ``timestamp`` (units of the stream), without decoding them."""
    count = 0
    with open_container(address) as container:
        stream = video_stream(container, address)
        for packet in container.demux(stream):
            if packet.size == 0:
                continue
            if packet.pts is None:
                return None
            if packet.dts is not None and packet.dts >= timestamp:
                break  # shown no earlier than decoded
            count += packet.pts < timestamp and not packet.is_discard
    return count
