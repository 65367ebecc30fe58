"""Curves as PNG."""

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np

from tracknet_core.reporting.curves import PANELS, draw, write_curves
from tracknet_core.reporting.history import Series


def test_a_picture_for_each_panel_of_which_anything_was_measured(run: Path) -> None:
    written = dict(write_curves(run))
    assert [file.name for file in written.values()] == [
        "loss.png",
        "validation.png",
        "distance.png",
        "lr.png",
        "speed.png",
    ]
    for file in written.values():
        assert cv2.imread(str(file)).shape == (432, 768, 3)


def test_nothing_measured_nothing_drawn(tmp_path: Path) -> None:
    assert write_curves(tmp_path) == ()
    assert not (tmp_path / "curves").exists()


def test_the_curve_is_where_its_values_are() -> None:
    flat = [
        cv2.imdecode(np.frombuffer(draw(PANELS[1], {"F1": Series([0, 10], [value, value])}), np.uint8), 1)
        for value in (0.1, 0.9)
    ]
    blue = [
        np.argwhere((picture[..., 0].astype(int) - picture[..., 2]) > 80)[:, 0].mean() for picture in flat
    ]
    assert blue[1] < blue[0] - 150, "0.9 stands higher than 0.1 on an axis from 0 to 1"


def test_drawing_leaves_no_global_state() -> None:
    code = "import sys, tracknet_core.reporting.report; print('matplotlib.pyplot' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
