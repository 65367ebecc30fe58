"""What the layout's own reader found while it read the labels."""

import re

from tracknet_core.config.problems import Severity
from tracknet_core.data.doctor.findings import Finding, Kind

_KINDS = (
    ("outside the picture", Kind.OUTSIDE),
    ("does not exist in", Kind.MISSING_FRAME),
    ("no row here", Kind.UNLABELLED),
    ("coordinate is missing", Kind.NO_POSITION),
    ("px, the clip's first picture is", Kind.PICTURE_SIZE),
)
"""A dataset format hands over a line for a person, not a kind: its words tell it."""

_PLACE = re.compile(r"(?P<place>.+?(?::\d+)?): (?P<message>.+?)\. (?P<remedy>.+)", re.DOTALL)


def of_scan(clip: str, fault: str) -> Finding:
    """Make a finding of a fault: always an error, since the clip cannot be used.

    Args:
        clip: Name of the clip.
        fault: One line with place, what is wrong and remedy, as ``DatasetFormat.scan`` gives it. What
            none of the known wordings fits is of kind ``label-file``.
    """
    kind = next((kind for words, kind in _KINDS if words in fault), Kind.LABEL_FILE)
    parts = _PLACE.fullmatch(fault)
    return Finding(
        kind=kind,
        severity=Severity.ERROR,
        clip=clip,
        place=parts["place"] if parts else "",
        message=parts["message"] if parts else fault.rstrip("."),
        remedy=parts["remedy"] if parts else "",
    )
