"""``tracknet doctor`` tells the kind of what a layout's reader finds from its words: these are they."""

from pathlib import Path

import pytest

from tracknet_core.builtin import tracknet_register_datasets
from tracknet_core.data.doctor.scan_faults import of_scan

FORMATS = {layout.name: layout for layout in tracknet_register_datasets()}

CSV = "Frame,Visibility,X,Y\n"
RALLY = "Amateur/match9/csv/1_01_00_ball.csv"
LABELS = "volleyball_ball_annotation/4/24855.txt"


@pytest.mark.parametrize(
    ("name", "file", "text", "kind"),
    [
        ("tracknet", "game1/Clip1/Label.csv", ("0001.jpg,1,8,12", "0001.jpg,1,8,48"), "label-outside"),
        ("tracknet", "game1/Clip1/Label.csv", ("0001.jpg,1,8,12", "0001.jpg,1,8,"), "missing-position"),
        ("tracknet", "game1/Clip1/Label.csv", ("0003.jpg,1,14.5,16,0\n", ""), "unlabelled-picture"),
        ("tracknet", "game1/Clip1/Label.csv", ("0,,,\n", "0,,,\n9.jpg,0,,,\n"), "missing-frame"),
        ("tracknet", "game1/Clip1/Label.csv", ("0001.jpg,1", "0001.jpg,7"), "label-file"),
        ("tracknet", "game1/Clip1/0000.jpg", None, "unreadable-picture"),
        ("shuttlecock", RALLY, ("1,1,8,12", "1,1,8,48"), "label-outside"),
        ("shuttlecock", RALLY, ("1,1,8,12", "1,1,,"), "missing-position"),
        ("shuttlecock", RALLY, ("1,1,8,12\n", ""), "unlabelled-picture"),
        ("shuttlecock", RALLY, ("14.5,16\n", "14.5,16\n4,0,0,0\n"), "missing-frame"),
        ("shuttlecock", "Professional/match1/video/1_01_00.mp4", None, "unreadable-picture"),
        ("wasb-volleyball", LABELS, ("8 12", "8 48"), "label-outside"),
        ("wasb-volleyball", LABELS, ("8 12", "8 12\n8 12\n8 12"), "missing-frame"),
        ("cvat", "game1/rally1.xml", ('points="15.00,16.50"', 'points="15.00,48.50"'), "label-outside"),
        ("cvat", "game1/rally1.xml", ('frame="3"', 'frame="4"'), "missing-frame"),
        ("cvat", "game1/rally1.xml", ("<stop_frame>3", "<stop_frame>4"), "missing-frame"),
        ("cvat", "game1/rally1.xml", ("</track>", ""), "label-file"),
        ("cvat", "game1/rally1.mp4", None, "unreadable-picture"),
        ("video-csv", "final_ball.csv", ("1,1,8,12", "1,1,8,48"), "label-outside"),
        ("video-csv", "final_ball.csv", ("14.5,16\n", "14.5,16\n4,0,0,0\n"), "missing-frame"),
        ("video-csv", "final.mkv", None, "unreadable-picture"),
    ],
)
def test_the_words_of_each_layout_tell_the_kind(
    sample, scan, name: str, file: str, text: tuple[str, str] | None, kind: str
) -> None:
    """``text`` is what is replaced by what; None cuts the file down to nothing."""
    root: Path = sample(name)
    spoilt = root / file
    if text is None:
        spoilt.write_bytes(b"")
    else:
        assert text[0] in spoilt.read_text()
        spoilt.write_text(spoilt.read_text().replace(*text, 1))
    _, faults = scan(FORMATS[name], root)
    found = [of_scan(*fault) for fault in faults]
    assert [(each.kind.value, each.place.partition(":")[0]) for each in found] == [(kind, file)]
    assert found[0].remedy.endswith(".")
