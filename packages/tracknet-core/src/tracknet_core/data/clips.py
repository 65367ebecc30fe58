"""Labelled clips: what every dataset format yields and everything after it works with."""

from typing import TYPE_CHECKING, Protocol

from attrs import frozen

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
        ValueError: The arrays do not have one entry a frame.
    """

    game: str
    name: str
    frames: FrameStore
    visibility: "NDArray[np.uint8]"
    xy: "NDArray[np.float64]"
    diameter: "NDArray[np.float64] | None" = None
    fps: float | None = None
    split: str | None = None

    def __attrs_post_init__(self) -> None:
        frames = len(self.frames)
        if self.visibility.shape != (frames,) or self.xy.shape != (frames, 2):
            raise ValueError(
                f"{self.name}: {frames} frames, but visibility {self.visibility.shape} and xy {self.xy.shape}"
            )
        if self.diameter is not None and self.diameter.shape != (frames,):
            raise ValueError(f"{self.name}: {frames} frames, but diameter {self.diameter.shape}")

    def __len__(self) -> int:
        return len(self.frames)

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
