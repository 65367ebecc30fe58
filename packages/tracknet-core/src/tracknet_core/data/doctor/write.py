"""What an examination leaves on disk, where somebody asked for it."""

import json
from collections import defaultdict
from pathlib import Path

import cv2

from tracknet_core.atomic import replace_file
from tracknet_core.data.doctor.document import as_json
from tracknet_core.data.doctor.examine import Examination
from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.doctor.sheet import Picture, contact_sheet, finding_sheet

QUALITY = 88
"""Of the JPEG files."""


def write_examination(found: Examination, folder: Path) -> list[Path]:
    """Write ``doctor.json``, ``doctor.jpg`` and a ``doctor-<kind>.jpg`` for each kind of finding.

    Args:
        found: What to write.
        folder: Where to; it is made. Files of an earlier examination there are replaced.

    Returns:
        The files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("doctor-*.jpg"):
        old.unlink()
    document = folder / "doctor.json"
    with replace_file(document) as new:
        new.write_text(json.dumps(as_json(found), indent=2) + "\n", encoding="utf-8")
    written = [document]
    if found.clips:
        written.append(_save(contact_sheet(found.clips), folder / "doctor.jpg"))
    by_kind: dict[Kind, list[Finding]] = defaultdict(list)
    for finding in found.findings:
        by_kind[finding.kind].append(finding)
    for kind, findings in by_kind.items():
        sheet = finding_sheet(found.clips, findings)
        if sheet is not None:
            written.append(_save(sheet, folder / f"doctor-{kind.value}.jpg"))
    return written


def _save(picture: Picture, file: Path) -> Path:
    bgr = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    _, encoded = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    with replace_file(file) as new:
        new.write_bytes(encoded.tobytes())
    return file
