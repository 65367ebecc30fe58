"""Labelled clips: what every dataset format yields and everything after it works with."""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol

from attrs import field, frozen

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

BALL_CLASSES = (1, 2)
"""Visibility classes that are drawn as a target: clear, and hard to see."""


class FrameStore(Protocol):
    """The pictures of one clip, read one at a time. It must pickle, for worker processes."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of every picture, in source px."""

    def __len__(self) -> int: ...

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> "NDArray[np.uint8]":
        """Decode a picture.

        Args:
            index: Number of the frame, from 0.
            at_least: Width and height that are enough. The picture may then come at exactly 1/2,
                1/4 or 1/8 of its size, as long as it is not smaller than this.

        Returns:
            RGB ``[H, W, 3]``.

        Raises:
            UserError: The picture cannot be decoded or has another size than ``size``.
        """

    def name(self, index: int) -> str:
        """Name a frame for a person: a file name or a frame number."""

    def fingerprint(self) -> str:
        """Tell the content without reading it: another text as soon as a file has changed.

        The disk cache goes by it, so two stores must never share one.
        """


@frozen(kw_only=True, eq=False)
class Clip:
    """Consecutive frames of one camera shot, with the ball's position in each.

    Labels may be given as lists too. They become arrays when they are first asked for, so that a
    layout whose labels are texts can be read and checked before numpy is imported.

    Attributes:
        game: What belongs together when a data set is split, such as one match.
        name: Unique in the data set, such as ``game1/Clip1``.
        frames: The N pictures.
        visibility: ``[N]`` classes: 0 no ball in the picture, 1 clear, 2 hard to see, 3 occluded.
        xy: ``[N, 2]`` ball centres in source pixel indices (the first pixel's centre is 0); nan
            where there is no label.
        diameter: ``[N]`` diameters of the ball in source px, nan where unknown; None where the layout
            does not know them at all.
        fps: Frames in a second, where the layout knows.
        split: ``train``, ``val`` or ``test`` where the layout itself says so.

    Raises:
        ValueError: The labels do not have one entry a frame.
    """

    game: str
    name: str
    frames: FrameStore
    _visibility: "NDArray[np.uint8] | Sequence[int]" = field(alias="visibility")
    _xy: "NDArray[np.float64] | Sequence[tuple[float, float]]" = field(alias="xy")
    _diameter: "NDArray[np.float64] | Sequence[float] | None" = field(default=None, alias="diameter")
    fps: float | None = None
    split: str | None = None

    def __attrs_post_init__(self) -> None:
        frames = len(self.frames)
        visibility, xy = _shape(self._visibility), _shape(self._xy, 2)
        if visibility != (frames,) or xy != (frames, 2):
            raise ValueError(f"{self.name}: {frames} frames, but visibility {visibility} and xy {xy}")
        if self._diameter is not None and _shape(self._diameter) != (frames,):
            raise ValueError(f"{self.name}: {frames} frames, but diameter {_shape(self._diameter)}")

    def __len__(self) -> int:
        return len(self.frames)

    @cached_property
    def visibility(self) -> "NDArray[np.uint8]":
        """``[N]`` classes."""
        import numpy as np

        return np.asarray(self._visibility, dtype=np.uint8)

    @cached_property
    def xy(self) -> "NDArray[np.float64]":
        """``[N, 2]`` ball centres."""
        import numpy as np

        return np.asarray(self._xy, dtype=np.float64)

    @cached_property
    def diameter(self) -> "NDArray[np.float64] | None":
        """``[N]`` diameters of the ball."""
        import numpy as np

        return None if self._diameter is None else np.asarray(self._diameter, dtype=np.float64)

    @property
    def ball(self) -> "NDArray[np.bool_]":
        """``[N]`` whether there is a ball to be found: its class is one of ``BALL_CLASSES``."""
        import numpy as np

        return np.isin(self.visibility, BALL_CLASSES)

    @property
    def ball_xy(self) -> "NDArray[np.float64]":
        """``[N, 2]`` as ``xy``, but nan too wherever no ball is to be found."""
        import numpy as np

        return np.where(self.ball[:, None], self.xy, np.nan)


def _shape(labels: "NDArray[Any] | Sequence[object]", *inner: int) -> tuple[int, ...]:
    """The shape of an array; that of a list is its length and what its elements are known to have."""
    return labels.shape if hasattr(labels, "shape") else (len(labels), *inner)
