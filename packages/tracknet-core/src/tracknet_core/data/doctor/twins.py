"""The same pictures in two clips, and the same game on two sides of the split.

What was trained on and is then measured on flatters every figure. By name: a layout that has
folders for its sides may hold one game in two of them. By content: the pictures of a clip, under
whatever names, in another clip. Pictures are the same when they are equal once decoded; copied and
renamed files are, pictures that were compressed anew are not found.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from tracknet_core.config.problems import Severity
from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.order import natural

SHARED = 0.1
"""Share of the shorter clip's pictures that two clips must have in common: a black frame, or a
title between rallies, may well be in both."""

FEWEST = 3
"""And at least so many pictures; fewer only where a clip has no more."""


def games_on_two_sides(clips: Sequence[Clip]) -> Iterator[Finding]:
    """Find games that the layout itself puts on more than one side."""
    sides = defaultdict(set)
    for clip in clips:
        if clip.split:
            sides[clip.game].add(clip.split)
    for game in sorted(sides, key=natural):
        if len(sides[game]) > 1:
            listed = " and ".join(sorted(sides[game]))
            yield Finding(
                kind=Kind.LEAK,
                severity=Severity.ERROR,
                clip=game,
                message=f"is on the sides {listed}",
                remedy="Move all its clips to one side, or name the sides in data.split.",
            )


def duplicates(
    clips: Sequence[Clip], digests: Sequence[NDArray[np.uint64]], sides: Mapping[str, str]
) -> Iterator[Finding]:
    """Find pairs of clips with the same pictures.

    Args:
        clips: The clips.
        digests: What each picture of each clip hashes to; 0 where none was seen.
        sides: By name of a clip, the side of the split that it is on.
    """
    unique = [np.unique(of_clip[of_clip != 0]) for of_clip in digests]
    for (first, second), shared in sorted(_shared(unique).items()):
        shorter = min(len(unique[first]), len(unique[second]))
        if shared < min(shorter, max(FEWEST, SHARED * shorter)):
            continue
        names = clips[first].name, clips[second].name
        of = [sides.get(name) for name in names]
        leak = None not in of and of[0] != of[1]
        pictures = f"{shared} of its {len(unique[second])} pictures are in {names[0]} too"
        yield Finding(
            kind=Kind.LEAK if leak else Kind.DUPLICATE,
            severity=Severity.ERROR if leak else Severity.WARNING,
            clip=names[1],
            message=pictures + (f", on the sides {of[1]} and {of[0]}" if leak else ""),
            remedy="Delete one of the two, or put both games on one side."
            if leak
            else "Delete one of the two.",
        )


def _shared(unique: Sequence[NDArray[np.uint64]]) -> dict[tuple[int, int], int]:
    """How many pictures each pair of clips has in common; pairs without any are absent."""
    everything = np.concatenate([np.empty(0, np.uint64), *unique])
    owner = np.repeat(np.arange(len(unique)), [len(of_clip) for of_clip in unique])
    order = np.argsort(everything, kind="stable")
    everything, owner = everything[order], owner[order]
    counts: dict[tuple[int, int], int] = defaultdict(int)
    for digest in np.unique(everything[1:][everything[1:] == everything[:-1]]):
        begin, end = np.searchsorted(everything, [digest, digest + np.uint64(1)])
        for pair in combinations(owner[begin:end].tolist(), 2):
            counts[pair] += 1
    return counts
