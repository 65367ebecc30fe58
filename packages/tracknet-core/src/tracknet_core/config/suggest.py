"""Did-you-mean."""

from collections.abc import Iterable
from difflib import get_close_matches


def closest(word: str, candidates: Iterable[str]) -> list[str]:
    """The candidate that was probably meant, in a list; empty when none is close."""
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    return [by_lower[match] for match in get_close_matches(word.lower(), by_lower, n=1, cutoff=0.5)]


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Say which candidate was probably meant.

    Args:
        word: What was written.
        candidates: What could have been written.

    Returns:
        A sentence that names the closest candidate; empty when none is close.
    """
    return "".join(f"Did you mean {candidate!r}?" for candidate in closest(word, candidates))
