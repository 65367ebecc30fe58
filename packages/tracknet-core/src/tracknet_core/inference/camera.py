"""Frames from a camera of this machine."""

import time
from collections.abc import Iterator

import cv2
import numpy as np
from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.inference.frames import Frame, SourceError, Span


def open_camera(number: int, *, span: Span) -> "CameraSource":
    """Take one picture, to see that the camera is there and how large its pictures are.

    Raises:
        UserError: There is no such camera, or it gives no picture.
    """
    log = cv2.utils.logging
    log.setLogLevel(log.LOG_LEVEL_SILENT)  # what it says of a camera that is not there, we say
    capture = cv2.VideoCapture(number)
    try:
        taken, image = capture.read()
        fps = capture.get(cv2.CAP_PROP_FPS)
    finally:
        capture.release()
    if not taken:
        raise UserError(
            f"{number}: no camera of that number gives a picture. Check that it is connected and free."
        )
    height, width = image.shape[:2]
    return CameraSource(
        number=number,
        name=f"camera{number}",
        address=f"camera {number}",
        size=(width, height),
        fps=fps if fps > 0 else None,
        span=span,
    )


@frozen(kw_only=True)
class CameraSource:
    """A camera, until the end of the span or until someone stops it; see ``FrameSource``.

    Cameras have no presentation timestamps: times are seconds since the first picture, by a
    steady clock.
    """

    number: int
    name: str
    address: str
    size: tuple[int, int]
    fps: float | None
    span: Span
    length: None = None
    live: bool = True

    def __iter__(self) -> Iterator[Frame]:
        capture = cv2.VideoCapture(self.number)
        try:
            began, index = time.monotonic(), 0
            while capture.grab():
                now = time.monotonic() - began
                if self.span.after(now):
                    return
                if not self.span.before(now):
                    taken, image = capture.retrieve()
                    if not taken:
                        break
                    rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
                    yield Frame(index=index, time=now, image=rgb)
                index += 1
        finally:
            capture.release()
        raise SourceError(f"{self.address}: gives no more pictures after {index}. Check its connection.")
