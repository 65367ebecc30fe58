"""What every cache can do."""

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
"""RGB ``[H, W, 3]``; not to be written to."""


class FrameCache(Protocol):
    """Keeps the resized frames of a list of clips."""

    def get(self, clip: int, frame: int) -> Picture | None:
        """Return a frame if it is kept, as a view that cannot be written to."""

    def put(self, clip: int, frame: int, picture: Picture) -> None:
        """Keep a frame."""


def read_only(picture: Picture) -> Picture:
    """View a picture so that nobody writes to it."""
    view = picture.view()
    view.flags.writeable = False
    return view
