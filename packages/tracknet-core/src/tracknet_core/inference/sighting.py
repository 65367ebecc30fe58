"""What the model saw in one frame: all that the tracker is told of it."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray


@frozen(kw_only=True, eq=False)
class Sighting:
    """The candidates of one frame of a source.

    Attributes:
        index: Number of the frame in the source.
        time: When it is shown, seconds.
        xy: float64 ``[K, 2]``, source pixel indices, best first.
        score: float64 ``[K]`` in [0, 1].
        cut: Whether another shot begins with it.
        lost: Whether the frame did not decode, so that the model never saw it.
        image: RGB ``[H, W, 3]``, where somebody draws on it; else None.
    """

    index: int
    time: float
    xy: NDArray[np.float64]
    score: NDArray[np.float64]
    cut: bool = False
    lost: bool = False
    image: NDArray[np.uint8] | None = None
