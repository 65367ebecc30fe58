"""The visibility classes mean what they mean in the tennis data set."""

import numpy as np
import pytest

from tracknet_core.data.synthetic.ball_image import Paint, sweep
from tracknet_core.data.synthetic.patches import over
from tracknet_core.data.synthetic.visibility import CLEAR, HARD, HIDDEN, classify

SWEPT = sweep(np.array([[[10.0, 10.0]]]), np.array([[4.0]]), Paint(first=(1, 1, 1), second=(1, 1, 1)), 0.5)


def judge(ball: int, ground: int, *, left: float = 1.0, noise: float = 1.0, texture: float = 0.0) -> int:
    shape = (*SWEPT.cover.shape, 3)
    behind = np.random.default_rng(0).normal(ground, texture, shape).clip(0, 255).astype(np.uint8)
    remains = SWEPT.cover * np.float32(left)
    picture = over(behind, np.full(shape, ball, np.float32), remains)
    return classify(SWEPT.cover, remains, behind, picture, noise)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        (judge(230, 90), CLEAR),
        (judge(100, 90), HARD),
        (judge(40, 90), CLEAR),
        (judge(230, 90, left=0.5), HARD),
        (judge(230, 90, left=0.1), HIDDEN),
        (judge(120, 90, noise=6.0), HARD),
        (judge(120, 90, noise=1.0), CLEAR),
        (judge(125, 90, texture=90.0), HARD),
    ],
)
def test_contrast_cover_noise_and_texture_decide(seen: int, expected: int) -> None:
    assert seen == expected
