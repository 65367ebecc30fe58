"""Frames whose number is skipped.

The last number in each frame's name is its place in time, as in ``0012.jpg``. Where frames are
counted in steps of k throughout (every k-th frame of a video was kept), k is the common step. A
larger step is a hole: the ball seems to leap there, and windows of several frames, the tracker and
every speed go wrong. Names without numbers are not judged.
"""

import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind

COMMON = 0.5
"""Share of a clip's steps that must be equal for the others to be holes."""


def holes(clip: Clip) -> Iterator[Finding]:
    """Find steps over missing numbers; each is reported at the frame after it."""
    numbers = [_number(clip.frames.name(index)) for index in range(len(clip))]
    steps = [
        after - before for before, after in pairwise(numbers) if before is not None and after is not None
    ]
    if len(steps) < max(1, len(clip) - 1):
        return
    step, times = Counter(steps).most_common(1)[0]
    if step < 1 or times < COMMON * len(steps):
        return
    for index, found in enumerate(steps, start=1):
        missing = found // step - 1
        if found > step:
            before, after = clip.frames.name(index - 1), clip.frames.name(index)
            yield Finding(
                kind=Kind.MISSING_FRAME,
                severity=Severity.WARNING,
                clip=clip.name,
                frames=(index,),
                message=f"{missing or 1} frame{'s are' if missing > 1 else ' is'} missing between "
                f"{before} and {after}",
                remedy="Restore the pictures and their rows, or make two clips of the parts.",
            )


def _number(name: str) -> int | None:
    digits = re.findall(r"\d+", name.rpartition(".")[0] or name)
    return int(digits[-1]) if digits else None
