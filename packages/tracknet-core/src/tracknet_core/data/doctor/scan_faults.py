"""What the layout's own reader found while it read the labels."""

from attrs import evolve

from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.formats.scanning import VIDEO_SUFFIXES
from tracknet_core.data.picture_header import PICTURE_SUFFIXES

_KINDS = (
    ("outside the picture", Kind.OUTSIDE),
    ("does not exist in", Kind.MISSING_FRAME),
    ("is about frame", Kind.MISSING_FRAME),
    ("is a position for picture", Kind.MISSING_FRAME),
    ("no row here", Kind.UNLABELLED),
    ("leaves out frame", Kind.UNLABELLED),
    ("coordinate is missing", Kind.NO_POSITION),
    ("px, the clip's first picture is", Kind.PICTURE_SIZE),
)
"""A dataset format hands over a line for a person, not a kind: its words tell it. A test holds the words
of each layout in this package to their kinds; those of another one are of the kind ``label-file``, or
``unreadable-picture`` where their place is a picture or a video."""

_FOOTAGE = (*PICTURE_SUFFIXES, *VIDEO_SUFFIXES)


def of_scan(clip: str, fault: str) -> Finding:
    """Make a finding of a fault: always an error, since the clip cannot be used.

    Args:
        clip: Name of the clip.
        fault: One line with place, what is wrong and remedy, as ``DatasetFormat.scan`` gives it.
    """
    found = Finding.of_line(Kind.LABEL_FILE, clip, fault)
    otherwise = Kind.UNREADABLE if found.place.lower().endswith(_FOOTAGE) else Kind.LABEL_FILE
    return evolve(found, kind=next((kind for words, kind in _KINDS if words in fault), otherwise))
