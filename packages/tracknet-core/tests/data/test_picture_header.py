from pathlib import Path

import cv2
import numpy as np
import pytest

from tracknet_core.data.picture_header import picture_size


@pytest.mark.parametrize("name", ["a.jpg", "a.png"])
@pytest.mark.parametrize("options", [[], [cv2.IMWRITE_JPEG_PROGRESSIVE, 1]])
def test_the_header_tells_the_size(tmp_path: Path, name: str, options: list[int]) -> None:
    file = tmp_path / name
    cv2.imwrite(str(file), np.zeros((33, 57, 3), np.uint8), options if name == "a.jpg" else [])
    assert picture_size(file) == (57, 33)


@pytest.mark.parametrize("marker", [b"\xfe", b"\xc4"], ids=["comment", "Huffman tables"])
def test_segments_before_the_frame_header_are_passed_over(tmp_path: Path, marker: bytes) -> None:
    _, jpeg = cv2.imencode(".jpg", np.zeros((33, 57, 3), np.uint8))
    segment = b"\xff\xff" + marker + (40_002).to_bytes(2) + b"\xff\xc0" * 20_000
    file = tmp_path / "a.jpg"
    file.write_bytes(jpeg.tobytes()[:2] + segment + jpeg.tobytes()[2:])
    assert picture_size(file) == (57, 33)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "an empty file"),
        (b"GIF89a", "neither JPEG nor PNG"),
        (b"\xff\xd8\xff\xe0\x00", "a truncated file"),
        (b"\xff\xd8abcd", "a damaged JPEG header"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a truncated file"),
        (b"\x89PNG\r\n\x1a\n" + b"\x00" * 16, "a PNG without its header"),
    ],
)
def test_anything_else_is_refused(tmp_path: Path, data: bytes, reason: str) -> None:
    file = tmp_path / "a.jpg"
    file.write_bytes(data)
    with pytest.raises(ValueError, match=reason):
        picture_size(file)
