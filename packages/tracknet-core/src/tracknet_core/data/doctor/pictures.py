"""Pictures that cannot be decoded, or have another size than their clip."""

from collections.abc import Iterator

from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.doctor.footage import Footage
from tracknet_core.data.errors import PictureSizeError


def unreadable(clip: Clip, footage: Footage) -> Iterator[Finding]:
    """Report every frame that its store refused, in the store's own words."""
    for index, error in sorted(footage.errors.items()):
        kind = Kind.PICTURE_SIZE if isinstance(error, PictureSizeError) else Kind.UNREADABLE
        yield Finding.of_line(kind, clip.name, str(error), frames=(index,))
