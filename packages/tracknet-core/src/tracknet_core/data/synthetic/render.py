"""One frame: the still venue turned into the camera's pose, and what moves painted over it."""

from attrs import frozen

from tracknet_core.data.synthetic.arrays import Image
from tracknet_core.data.synthetic.painter import Painter
from tracknet_core.data.synthetic.scene import Scene


@frozen(kw_only=True)
class Label:
    """What is true of a frame.

    Attributes:
        visibility: 0 not in the picture, 1 clear, 2 hard to see, 3 hidden.
        xy: Ball's place in the middle of the exposure in px, the first pixel's centre being 0; it
            is given whenever the ball is in the picture, and None otherwise.
        status: 0 flying, 1 hit, 2 bouncing.
        diameter: Of the ball in px, without the blur of its motion; None where it is not in the picture.
    """

    visibility: int
    xy: tuple[float, float] | None
    status: int
    diameter: float | None


def render_frame(scene: Scene, frame: int, *, with_ball: bool = True) -> tuple[Image, Label]:
    """Render a frame of a scene.

    Args:
        scene: The clip.
        frame: Number of the frame from 0.
        with_ball: False leaves out the ball in play; its shadow and its place in the label stay.

    Returns:
        The picture [H, W, 3], RGB, and its label.
    """
    painter = Painter(scene, frame)
    figures = painter.figures()
    painter.cast_shadows()
    painter.paint_balls_at_rest()
    for figure in figures:
        if figure.drawing.depth >= painter.ball_depth:
            painter.paint_figure(figure)
    if with_ball:
        painter.paint_ball()
    for figure in figures:
        if figure.drawing.depth < painter.ball_depth:
            painter.paint_figure(figure)
    painter.paint_specks()
    painter.lay_overlays()
    visibility, xy = painter.judge()
    picture = scene.venue.sensor.add_noise(painter.image, scene.noise(frame))
    diameter = painter.ball_diameter if xy else None
    return picture, Label(visibility=visibility, xy=xy, status=scene.status(frame), diameter=diameter)
