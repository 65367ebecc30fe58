"""Pictures that cannot be decoded, or have another size than their clip."""

from collections.abc import Iterator

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.doctor.footage import Footage

_OTHER_SIZE = "px, the clip's first picture is"


def unreadable(clip: Clip, footage: Footage) -> Iterator[Finding]:
    """Report every frame that its store refused, in the store's own words."""
    for index, error in sorted(footage.errors.items()):
        place, colon, rest = error.partition(": ")
        message, _, remedy = (rest if colon else error).partition(". ")
        yield Finding(
            kind=Kind.PICTURE_SIZE if _OTHER_SIZE in error else Kind.UNREADABLE,
            severity=Severity.ERROR,
            clip=clip.name,
            frames=(index,),
            place=place if colon else "",
            message=message,
            remedy=remedy,
        )
