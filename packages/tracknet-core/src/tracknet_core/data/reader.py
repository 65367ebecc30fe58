"""Frames at the size of the model's input."""

from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.schema import DataConfig
from tracknet_core.data.cache.frame_cache import read_only
from tracknet_core.data.cache.open import open_cache
from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import PictureError
from tracknet_core.data.geometry import PictureMap
from tracknet_core.data.video.frames import VideoFrames
from tracknet_core.progress import Progress


class FrameReader:
    """Reads frames of clips, decoding as rarely as ``data.cache`` allows. It pickles.

    Args:
        clips: Whose frames.
        data: ``preprocess`` and ``cache`` count here.
        progress: Told what a cache on disk removes to make room.

    Raises:
        ConfigError: The cache does not fit into memory or onto the disk.
        PictureError: A picture is missing.
        UserError: The cache's folder cannot be used.

    Attributes:
        maps: The way from each clip's source pictures to the input.
    """

    def __init__(self, clips: Sequence[Clip], data: DataConfig, progress: Progress | None = None) -> None:
        self._stores = tuple(clip.frames for clip in clips)
        self._cache = open_cache(clips, data, progress)
        self._keeps_all = data.cache != "none"
        self.maps = tuple(
            PictureMap(store.size, data.preprocess.resize, data.preprocess.fit) for store in self._stores
        )

    def read(self, clip: int, frame: int) -> NDArray[np.uint8]:
        """Return a frame, RGB ``[input height, input width, 3]``, not to be written to.

        Args:
            clip: Number of the clip in the list.
            frame: Number of the frame in the clip.

        Raises:
            PictureError: It cannot be read.
            CacheError: It cannot be kept.
        """
        kept = self._cache.get(clip, frame)
        if kept is not None:
            return kept
        if self._keeps_all:
            self._keep_neighbours(clip, frame)
            kept = self._cache.get(clip, frame)
        return self._read(clip, frame) if kept is None else kept

    def _read(self, clip: int, frame: int) -> NDArray[np.uint8]:
        picture = self.maps[clip].warp(self._stores[clip].read(frame, at_least=self.maps[clip].content))
        self._cache.put(clip, frame, picture)
        return read_only(picture)

    def _keep_neighbours(self, clip: int, frame: int) -> None:
        """Of a video, keep all frames that are decoded on the way, so that none is decoded twice."""
        store = self._stores[clip]
        if not isinstance(store, VideoFrames):
            return
        for other in store.together(frame):
            if self._cache.get(clip, other) is None:
                with suppress(PictureError):  # told when it is asked for itself
                    self._read(clip, other)
