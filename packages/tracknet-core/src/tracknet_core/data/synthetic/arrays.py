"""Names for the arrays that the renderer passes around."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
"""World coordinates in m or picture coordinates in px."""

Image = NDArray[np.uint8]
"""A picture [H, W, 3] in RGB, or a mask [H, W] with 255 for all."""

Shares = NDArray[np.float32]
"""A share from 0 to 1 for each pixel, or colours from 0 to 255 in the midst of a computation."""

Colour = tuple[int, int, int]
"""RGB, 0 to 255."""
