"""``data.cache: none``: the last frames that were read."""

from collections import OrderedDict

from tracknet_core.data.cache.frame_cache import Picture, read_only


class RecentFrames:
    """The most recently used frames, in this process.

    Args:
        limit: Bytes to keep.
    """

    def __init__(self, limit: int) -> None:
        self._left = self._limit = limit
        self._kept: OrderedDict[tuple[int, int], Picture] = OrderedDict()

    def __reduce__(self) -> tuple[type["RecentFrames"], tuple[int]]:
        return type(self), (self._limit,)

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if it was used recently."""
        if (clip, frame) not in self._kept:
            return None
        self._kept.move_to_end((clip, frame))
        return self._kept[clip, frame]

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame, and drop what was used least recently."""
        if (replaced := self._kept.pop((clip, frame), None)) is not None:
            self._left += replaced.nbytes
        self._kept[clip, frame] = read_only(picture)
        self._left -= picture.nbytes
        while self._left < 0:
            self._left += self._kept.popitem(last=False)[1].nbytes
