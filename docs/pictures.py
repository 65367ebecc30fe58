"""Draw the documentation's pictures after `make demo`: python docs/pictures.py.

Three venues with their labels, and a frame of the demo's overlay video. Each says that it is synthetic.
"""

import sys
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.schema import DataConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.load import load_clips
from tracknet_core.data.synthetic import SynthSpec, generate
from tracknet_core.progress import Silent

ROOT = Path(__file__).resolve().parents[1]
CLIPS = ROOT / "data" / "pictures"
VENUES = SynthSpec(games=3, clips=1, frames=40, video=False)
TRACKED = ROOT / "runs" / "demo" / "tracked"
TARGET = ROOT / "docs" / "_static"

WIDTH = 960
CAPTION = "synthetic"
REACH = 8
"""Frames before and after the one shown whose labels are drawn."""
COLOURS = {1: (80, 255, 80), 2: (80, 220, 255), 3: (80, 80, 255)}
"""BGR by visibility: clear, hard to see, hidden."""

Picture = NDArray[np.uint8]


def main() -> None:
    """Write the pictures."""
    videos = sorted(TRACKED.glob("*_ball.mp4"))
    if not videos:
        sys.exit("One picture is of the demo's overlay. Run: make demo")
    generate(CLIPS, VENUES, Silent())
    for number, clip in enumerate(load_clips(DataConfig(root=(str(CLIPS),))), start=1):
        _save(f"venue-{number}.jpg", _labelled(clip))
    _save("overlay.jpg", _late_frame(videos[0]))


def _labelled(clip: Clip) -> Picture:
    """The frame around which the ball travels farthest, with the labels of its neighbours."""
    reach = REACH
    middles = [m for m in range(reach, len(clip) - reach) if clip.visibility[m - reach : m + reach + 1].all()]
    middle = max(middles, key=lambda m: float(np.linalg.norm(clip.xy[m + reach] - clip.xy[m - reach])))
    picture: Picture = cv2.cvtColor(clip.frames.read(middle), cv2.COLOR_RGB2BGR)  # type: ignore[assignment]
    for index in range(middle - reach, middle + reach + 1):
        x, y = (round(float(value)) for value in clip.xy[index])
        colour = COLOURS[int(clip.visibility[index])]
        cv2.circle(picture, (x, y), *((14, colour, 2) if index == middle else (3, colour, -1)), cv2.LINE_AA)
    return picture


def _late_frame(video: Path) -> Picture:
    """The overlay's frame two thirds through, where a trail has formed."""
    with av.open(str(video)) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    chosen: Picture = frames[2 * len(frames) // 3]
    return chosen


def _save(name: str, picture: Picture) -> None:
    height = round(picture.shape[0] * WIDTH / picture.shape[1])
    small = cv2.resize(picture, (WIDTH, height), interpolation=cv2.INTER_AREA)
    cv2.putText(
        small, CAPTION, (12, height - 12), cv2.FONT_HERSHEY_SIMPLEX, 0.6, (255, 255, 255), 1, cv2.LINE_AA
    )
    file = TARGET / name
    for quality in range(90, 40, -5):
        cv2.imwrite(str(file), small, [cv2.IMWRITE_JPEG_QUALITY, quality])
        if file.stat().st_size <= 150_000:
            return
    sys.exit(f"{file}: larger than 150 kB at any quality.")


if __name__ == "__main__":
    main()
