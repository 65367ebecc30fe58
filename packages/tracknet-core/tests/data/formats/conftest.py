"""Tiny data sets, written by hand: what each layout looks like, independently of what writes it here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from tracknet_core.data.clips import Clip
from tracknet_core.data.formats.cvat import CVAT
from tracknet_core.data.formats.shuttlecock import SHUTTLECOCK
from tracknet_core.data.formats.tracknet import TRACKNET
from tracknet_core.data.formats.video_csv import VIDEO_CSV
from tracknet_core.data.formats.wasb_volleyball import WASB_VOLLEYBALL
from tracknet_core.descriptors import DatasetFormat

FORMATS = {each.name: each for each in (TRACKNET, SHUTTLECOCK, WASB_VOLLEYBALL, CVAT, VIDEO_CSV)}
SIZE = (64, 48)


def image(number: int) -> np.ndarray:
    """BGR, brighter with its number, with a white dot at (5 + 3 n, 10 + 2 n)."""
    drawn = np.full((SIZE[1], SIZE[0], 3), 5 * number, np.uint8)
    cv2.circle(drawn, (5 + 3 * number, 10 + 2 * number), 2, (255, 255, 255), -1)
    return drawn


def put_pictures(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, name in enumerate(names):
        cv2.imwrite(str(folder / name), image(number))


def put_video(file: Path, frames: int, rate: int = 25) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(file), "w") as container:
        stream = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "crf": "5"})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        for number in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image(number), "bgr24")))
        container.mux(stream.encode(None))


def put_text(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")


ROWS = "Frame,Visibility,X,Y\n0,1,5,10\n1,1,8,12\n2,0,0,0\n3,1,14.5,16\n"
TRACK = """\
<?xml version="1.0" encoding="utf-8"?>
<annotations>
  <version>1.1</version>
  <meta><task><name>rally</name><size>4</size><mode>interpolation</mode>
    <start_frame>0</start_frame><stop_frame>3</stop_frame><frame_filter></frame_filter>
    <original_size><width>64</width><height>48</height></original_size></task></meta>
  <track id="0" label="ball" source="manual">
    <points frame="0" keyframe="1" outside="0" occluded="0" points="5.50,10.50" z_order="0"></points>
    <points frame="1" keyframe="0" outside="0" occluded="0" points="8.50,12.50" z_order="0"></points>
    <points frame="2" keyframe="1" outside="1" occluded="0" points="8.50,12.50" z_order="0"></points>
    <points frame="3" keyframe="1" outside="0" occluded="0" points="15.00,16.50" z_order="0"></points>
  </track>
</annotations>
"""


def tracknet(root: Path) -> None:
    put_pictures(root / "game1" / "Clip1", [f"{n:04d}.jpg" for n in range(4)])
    header = "file name,visibility,x-coordinate,y-coordinate,status\n"
    rows = "0000.jpg,1,5,10,0\n0001.jpg,1,8,12,1\n0002.jpg,0,,,\n0003.jpg,1,14.5,16,0\n"
    put_text(root / "game1" / "Clip1" / "Label.csv", header + rows)


def shuttlecock(root: Path) -> None:
    put_text(root / "Professional/match1/csv/1_01_00_ball.csv", ROWS)
    put_video(root / "Professional/match1/video/1_01_00.mp4", 6)
    put_text(root / "Test/match1/csv/1_02_03_ball.csv", ROWS)
    put_video(root / "Test/match1/video/1_02_03.mp4", 4)
    put_pictures(root / "Test/match1/frame/1_02_03", [f"{n}.png" for n in range(4)])
    put_text(root / "Amateur/match9/csv/1_01_00_ball.csv", ROWS)
    put_pictures(root / "Amateur/match9/frame/1_01_00", [f"{n}.png" for n in range(4)])


def wasb_volleyball(root: Path) -> None:
    put_pictures(root / "videos/4/24855", [f"{n}.jpg" for n in (9, 10, 11, 12, 13)])
    put_text(root / "volleyball_ball_annotation/4/24855.txt", "5 10\n8 12\n0 0\n14.5 16\n")
    put_text(root / "videos/4/annotations.txt", "24855.jpg r_set\n")


def cvat(root: Path) -> None:
    put_text(root / "game1" / "rally1.xml", TRACK)
    put_video(root / "game1" / "rally1.mp4", 4)
    put_text(root / "game1" / "rally2.xml", TRACK)
    put_pictures(root / "game1" / "rally2", [f"frame_{n:06d}.png" for n in range(4)])


def video_csv(root: Path) -> None:
    put_video(root / "game1" / "rally1.mp4", 4)
    put_text(
        root / "game1" / "rally1_ball.csv",
        "Frame,Visibility,X,Y,Score,Source,Time\n0,1,5.000,10.000,0.9,detected,0.0\n"
        "1,1,8.000,12.000,0.8,tracked,0.04\n2,0,,,0.01,,0.08\n3,1,14.500,16.000,0.7,detected,0.12\n",
    )
    put_video(root / "game1" / "rally1_ball.mp4", 4)  # what --overlay leaves
    put_video(root / "final.mkv", 4)
    put_text(root / "final_ball.csv", ROWS)
    put_video(root / "unlabelled.mp4", 2)


MAKE = {
    "tracknet": tracknet,
    "shuttlecock": shuttlecock,
    "wasb-volleyball": wasb_volleyball,
    "cvat": cvat,
    "video-csv": video_csv,
}


@pytest.fixture
def sample(tmp_path: Path) -> Callable[[str], Path]:
    """Make ``tmp_path/<format>``, a tiny data set. Each of its clips is labelled (5, 10), (8, 12), none,
    (14.5, 16).
    """

    def make(name: str) -> Path:
        MAKE[name](tmp_path / name)
        return tmp_path / name

    return make


Scan = Callable[..., tuple[list[Clip], list[tuple[str, str]]]]


@pytest.fixture
def scan() -> Scan:
    """Scan a root: the clips, and the faults by clip with the root's path taken out."""

    def run(layout: DatasetFormat, root: Path) -> tuple[list[Clip], list[tuple[str, str]]]:
        faults: list[tuple[str, str]] = []
        clips = layout.scan(root, lambda name, text: faults.append((name, text.replace(f"{root}/", ""))))
        return clips, faults

    return run


@pytest.fixture(params=FORMATS.values(), ids=FORMATS.keys())
def layout(request: pytest.FixtureRequest) -> Iterator[DatasetFormat]:
    """Each format in turn."""
    return request.param
