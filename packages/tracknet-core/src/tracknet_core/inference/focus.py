"""Which part of the picture the model looks at: all of it, a region, or overlapping tiles.

A picture is shrunk to the size of the model's input. Where that makes the ball too small to be
found, a region of it shrinks less, and tiles less still, at the price of one forward for each.
"""

from collections.abc import Sequence
from itertools import product

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import PreprocessConfig
from tracknet_core.data.geometry import PictureMap, Size

MOST_TILES = 64
"""Tiles that are looked at at most: 8 by 8 of a 4K picture are smaller than what models see at once."""

OVERLAP = 0.125
"""Share of a tile's side that it has in common with the tile next to it."""

NEAR = 3.0
"""How near two candidates of different tiles lie that are the same ball, in heatmap px."""

Region = tuple[int, int, int, int]
"""Left, upper, width and height of a part of the source picture, px."""


@frozen(kw_only=True)
class Focus:
    """The part of the picture to look at.

    Attributes:
        region: What is looked at; None for all.
        tiles: Columns and rows of tiles that the region is cut into.
    """

    region: Region | None = None
    tiles: tuple[int, int] = (1, 1)

    def views(self, size: Size, preprocess: PreprocessConfig) -> "tuple[View, ...]":
        """Return the parts of a picture that go through the model one by one.

        Neighbouring tiles have an eighth of their side in common, so that a ball on the border of
        one lies well inside another; together they cover the region exactly.

        Args:
            size: Width and height of the source, px.
            preprocess: The ``data.preprocess`` section.

        Raises:
            UserError: The region does not lie in the picture, or tiles are less than a pixel.
        """
        self.require_within(size)
        left, upper, width, height = self.region or (0, 0, *size)
        columns, rows = self.tiles
        return tuple(
            View(
                left=left + x,
                upper=upper + y,
                picture=PictureMap((wide, high), preprocess.resize, preprocess.fit),
            )
            for (y, high), (x, wide) in product(_cut(height, rows), _cut(width, columns))
        )

    def require_within(self, size: Size, name: str = "the source") -> None:
        """Make sure that all of this lies in pictures of a size.

        Args:
            size: Width and height of the source, px.
            name: What the source is called.

        Raises:
            UserError: It does not, or there are more tiles than memory would hold.
        """
        left, upper, width, height = self.region or (0, 0, *size)
        inside = left + width <= size[0] and upper + height <= size[1]
        if min(left, upper) < 0 or min(width, height) < 1 or not inside:
            raise UserError(
                f"--region {left},{upper},{width},{height}: does not lie in {name}, which is "
                f"{size[0]}×{size[1]}. Give left, upper, width and height in its pixels."
            )
        columns, rows = self.tiles
        if not (1 <= columns <= width and 1 <= rows <= height):
            raise UserError(
                f"--tiles {columns}x{rows}: cannot be cut from {width}×{height} px. "
                "Give columns and rows, as in 2x2."
            )
        if columns * rows > MOST_TILES:
            raise UserError(
                f"--tiles {columns}x{rows}: are {columns * rows} tiles, too many to look at. "
                f"Give at most {MOST_TILES}."
            )


@frozen(kw_only=True)
class View:
    """A part of the source picture and its way into the model.

    Attributes:
        left: Its first column in the source.
        upper: Its first row in the source.
        picture: How it is brought to the size of the model's input.
    """

    left: int
    upper: int
    picture: PictureMap

    @property
    def middle(self) -> tuple[float, float]:
        """Its middle, in source pixel indices."""
        width, height = self.picture.source
        return self.left + (width - 1) / 2, self.upper + (height - 1) / 2

    def warp(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Cut the part out of a source picture ``[H, W, 3]`` and resize it to the model's input."""
        width, height = self.picture.source
        part = image[self.upper : self.upper + height, self.left : self.left + width]
        return self.picture.warp(np.ascontiguousarray(part))  # a mere view would keep the whole alive

    def to_source(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Map continuous input coordinates ``[..., 2]`` to pixel indices of the whole source picture."""
        return self.picture.to_source(xy) + np.array([self.left, self.upper], np.float64)

    def near(self, heatmap: Size) -> float:
        """Return ``NEAR`` in source px, for heatmaps of this size."""
        content, target = self.picture.content, self.picture.target
        scale = max(
            self.picture.source[axis] / content[axis] * target[axis] / heatmap[axis] for axis in range(2)
        )
        return NEAR * scale


def merge(
    views: Sequence[View],
    xy: Sequence[NDArray[np.float64]],
    score: Sequence[NDArray[np.float64]],
    near: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Put the candidates of several views into one list, each ball once.

    Of candidates of different views that lie near each other, the one nearest to the middle of its
    view stays, since a ball on the border is seen in part only; it gets the highest of their scores.

    Args:
        views: The V views.
        xy: For each view, source pixel indices ``[K, 2]``; nan where there are fewer than K.
        score: For each view ``[K]``.
        near: How near two candidates lie that are the same ball, source px.

    Returns:
        ``[M, 2]`` and ``[M]``, best first, without nan.
    """
    owner = np.repeat(np.arange(len(views)), [len(each) for each in xy])
    places, scores = np.concatenate(xy), np.concatenate(score)
    off_middle = np.hypot(*(places - np.array([view.middle for view in views])[owner]).T)
    given = np.flatnonzero(np.isfinite(places).all(axis=1))
    kept: list[int] = []
    for one in given[np.argsort(off_middle[given], kind="stable")].tolist():
        distances = np.hypot(*(places[kept] - places[one]).T)
        same = np.flatnonzero((distances <= near) & (owner[kept] != owner[one]))
        if len(same):
            closest = kept[int(same[distances[same].argmin()])]
            scores[closest] = max(scores[closest], scores[one])
        else:
            kept.append(one)
    order = sorted(kept, key=lambda one: (-scores[one], one))
    return places[order], scores[order]


def parse_region(text: str) -> Region:
    """Read ``X,Y,W,H``.

    Raises:
        UserError: It is something else.
    """
    try:
        left, upper, width, height = (int(number) for number in text.split(","))
    except ValueError:
        raise UserError(
            f"--region {text}: is not a region. Give left, upper, width and height in pixels, as in "
            "320,180,640,360."
        ) from None
    return left, upper, width, height


def parse_tiles(text: str) -> tuple[int, int]:
    """Read ``CxR``.

    Raises:
        UserError: It is something else.
    """
    try:
        columns, rows = (int(number) for number in text.split("x"))
    except ValueError:
        raise UserError(f"--tiles {text}: are no tiles. Give columns and rows, as in 2x2.") from None
    return columns, rows


def _cut(length: int, parts: int) -> list[tuple[int, int]]:
    """Begin and length of overlapping parts of equal length that cover ``length``."""
    side = min(length, int(np.ceil(length / (parts - (parts - 1) * OVERLAP))))
    gaps = max(1, parts - 1)
    return [(round(part * (length - side) / gaps), side) for part in range(parts)]
