"""Windows of frames for torch."""

import logging
from collections.abc import Callable, Sequence
from typing import TypedDict

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from tracknet_core.config.schema import DataConfig
from tracknet_core.data.augment import Augmentation, Change
from tracknet_core.data.clips import Clip
from tracknet_core.data.errors import PictureError
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.windows import Windows, window_shape

SPARES = 32
"""How many windows may stand in for one with an unreadable frame. More than share a frame with it; but
when a disk goes away nothing can be read, and a run must stop."""

_log = logging.getLogger(__name__)

WindowsOf = Callable[[int, int, int], Windows]
"""``sliding`` or ``covering``: from frames n, length T and stride to windows."""


class Batch(TypedDict):
    """B windows of T frames; one window of the data set has the same entries without B.

    Attributes:
        frames: uint8 ``[B, T, 3, H, W]``, RGB, at the size of the model's input.
        xy: float32 ``[B, T, 2]``, ball centres in continuous input px; nan where there are none.
        ball: bool ``[B, T]``, whether a ball is to be found: visibility clear or hard to see.
        clip: int64 ``[B]``, number of the clip in the data set.
        index: int64 ``[B, T]``, number of each frame in its clip.
        scored: bool ``[B, T]``, whether the answer for this frame counts; see ``Windows``.
    """

    frames: Tensor
    xy: Tensor
    ball: Tensor
    clip: Tensor
    index: Tensor
    scored: Tensor


class WindowDataset(Dataset[Batch]):
    """All windows of a list of clips, clip by clip in the order of time.

    It pickles, and works with DataLoader workers of any kind; torch's own collation makes a
    :class:`Batch` of its items.

    Args:
        clips: Where windows are taken from.
        windows_of: Which windows a clip has.
        data: ``preprocess``, ``sequence``, ``augment``, ``cache`` and ``on_bad_data`` count here.
        seed: The run's seed, for the augmentation.
        training: Whether windows are augmented, and may be replaced where a frame turns out unreadable.

    Raises:
        ConfigError: The cache does not fit into memory.
    """

    def __init__(
        self, clips: Sequence[Clip], windows_of: WindowsOf, data: DataConfig, seed: int, training: bool
    ) -> None:
        windows = [windows_of(len(clip), *window_shape(data.sequence, clip.fps)) for clip in clips]
        length, _ = window_shape(data.sequence, None)
        self._clip = np.repeat(np.arange(len(clips)), [len(of_clip.indices) for of_clip in windows])
        self._indices = _stacked([of_clip.indices for of_clip in windows], np.int64, length)
        self._scored = _stacked([of_clip.scored for of_clip in windows], np.bool_, length)
        self._reader = FrameReader(clips, data)
        self._xy = [
            picture.to_target(clip.xy).astype(np.float32)
            for picture, clip in zip(self._reader.maps, clips, strict=True)
        ]
        self._ball = [clip.ball for clip in clips]
        self._size = data.preprocess.resize
        self._augmentation = (
            Augmentation(config=data.augment, flip_prob=data.preprocess.flip_prob, size=self._size, seed=seed)
            if training
            else None
        )
        self._epoch = 0
        self._spares = SPARES if training and data.on_bad_data == "skip" else 0
        self._told: set[str] = set()

    @property
    def clip(self) -> NDArray[np.int64]:
        """Number of each window's clip, ``[N]``."""
        return self._clip

    def has_ball(self) -> NDArray[np.bool_]:
        """Tell whether a ball is to be found in any frame of each window, unless augmented: ``[N]``."""
        first = np.cumsum([0, *map(len, self._ball)])
        ball = np.concatenate([*self._ball, np.empty(0, dtype=np.bool_)])
        return np.asarray(ball[first[self._clip][:, None] + self._indices].any(1))

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, from 0, whose augmentation is drawn."""
        self._epoch = epoch

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, index: int) -> Batch:
        """Read a window; in training with ``on_bad_data: skip``, the next one that can be read.

        Raises:
            PictureError: A frame cannot be read, or none of the windows that may stand in.
            CacheError: A frame cannot be kept.
        """
        _leave_threads_to_workers()
        tried = [index, *((index + ahead) % len(self) for ahead in range(1, self._spares + 1))]
        for candidate in tried[:-1]:
            try:
                return self._window(candidate)
            except PictureError as error:
                self._tell(str(error))
        return self._window(tried[-1])

    def _tell(self, error: str) -> None:
        """Say once in each process what cannot be read."""
        if error not in self._told:
            self._told.add(error)
            _log.warning("%s Until then other windows stand in for those with it.", error)

    def _window(self, index: int) -> Batch:
        clip, members = int(self._clip[index]), self._indices[index]
        change = self._augmentation.change(self._epoch, index) if self._augmentation else None
        xy, ball = self._xy[clip][members], self._ball[clip][members]
        if change:
            xy = change.points(xy)
            ball = ball & ~np.isnan(xy[:, 0])
        return Batch(
            frames=torch.from_numpy(self._read(clip, members, change)),
            xy=torch.from_numpy(xy),
            ball=torch.from_numpy(ball),
            clip=torch.tensor(clip),
            index=torch.from_numpy(members.copy()),
            scored=torch.from_numpy(self._scored[index].copy()),
        )

    def _read(self, clip: int, members: NDArray[np.int64], change: Change | None) -> NDArray[np.uint8]:
        frames = np.empty((len(members), 3, self._size[1], self._size[0]), dtype=np.uint8)
        for place, member in enumerate(members.tolist()):
            picture = self._reader.read(clip, member)
            frames[place] = (change.picture(picture) if change else picture).transpose(2, 0, 1)
        return frames


def _stacked(parts: Sequence[NDArray[np.generic]], dtype: type, length: int) -> NDArray[np.generic]:
    return np.concatenate([np.empty((0, length), dtype=dtype), *parts])


def _leave_threads_to_workers() -> None:
    """Workers are the parallelism; OpenCV's pool would fight with them, and hang in a forked one."""
    if get_worker_info() is not None and cv2.getNumThreads() > 1:
        cv2.setNumThreads(0)
