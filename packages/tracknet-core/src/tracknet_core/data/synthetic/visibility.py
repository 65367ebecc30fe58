"""Which visibility class a ball has, from what was rendered of it.

The classes are those of the tennis data set (Huang et al., TrackNet, 2019): 0 not in the picture,
1 easily identified, 2 in the picture but not easily identified, 3 hidden by something else.
"""

import numpy as np

from tracknet_core.data.synthetic.arrays import Image, Shares

ABSENT, CLEAR, HARD, HIDDEN = 0, 1, 2, 3

HIDDEN_BELOW = 0.3
"""Share of the ball left uncovered below which it counts as hidden."""
PARTLY_BELOW = 0.65
"""Share below which it is hard to see."""
FAINT = 15.0
"""Grey levels by which a clear ball at least differs from what is behind it, on a quiet picture."""
NOISE_FACTOR = 2.5
TEXTURE_FACTOR = 0.35


def classify(
    cover: Shares,
    uncovered: Shares,
    background: Image,
    picture: Image,
    noise: float,
) -> int:
    """Judge a ball whose centre is in the picture.

    The ball differs from its background by the largest of the luma and the two chroma
    differences, averaged over the brightest tenth of what it covers. It must stand out from the
    noise and from the texture around.

    Args:
        cover: Share of the exposure for which each pixel saw the ball, nothing hiding it, [h, w].
        uncovered: The same with all that hides it, [h, w].
        background: The patch without the ball, [h, w, 3], RGB 0 to 255.
        picture: The patch as rendered, [h, w, 3].
        noise: Standard deviation of the sensor's noise.

    Returns:
        CLEAR, HARD or HIDDEN.
    """
    total = float(cover.sum())
    left = float(uncovered.sum()) / total if total > 0 else 0.0
    if left < HIDDEN_BELOW:
        return HIDDEN
    if left < PARTLY_BELOW:
        return HARD
    weights = np.sort(uncovered.ravel())[::-1]
    core = uncovered >= weights[max(2, int(0.5 * np.count_nonzero(weights > 0.5 * weights[0])))]
    difference = (_opponent(picture) - _opponent(background))[core]
    contrast = float(np.abs(difference.mean(axis=0)).max())
    texture = float(_opponent(background)[..., 0].std())
    needed = FAINT + NOISE_FACTOR * noise + TEXTURE_FACTOR * texture
    return CLEAR if contrast >= needed else HARD


def _opponent(rgb: Image) -> Shares:
    """Luma and two chroma differences (ITU-R BT.601) of RGB [..., 3]; chroma weighs half."""
    luma = rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    blue, red = 0.5 * (rgb[..., 2] - luma), 0.5 * (rgb[..., 0] - luma)
    return np.asarray(np.stack([luma, blue, red], axis=-1), np.float32)
