"""A clip as pictures and labels, without a disk."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tracknet_core.data.synthetic.render import Label, render_frame
from tracknet_core.data.synthetic.scene import stage
from tracknet_core.data.synthetic.spec import SynthSpec


def render_clip(spec: SynthSpec, game: int, clip: int) -> Iterator[tuple[NDArray[np.uint8], Label]]:
    """Render a clip frame by frame.

    Args:
        spec: The data set; ``games`` and ``clips`` do not matter here.
        game: Number of the game, from 1.
        clip: Number of the clip in its game, from 1.

    Yields:
        Picture [H, W, 3], RGB, before compression, and its label.
    """
    scene = stage(spec, game, clip)
    for frame in range(spec.frames):
        yield render_frame(scene, frame)
