"""Did-you-mean."""

from collections.abc import Iterable
from difflib import get_close_matches


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """Say which candidate was probably meant.

    Args:
        word: What was written.
        candidates: What could have been written.

    Returns:
        A sentence that names the closest candidate; empty when none is close.
    """
    by_lower = {candidate.lower(): candidate for candidate in candidates}
    close = get_close_matches(word.lower(), by_lower, n=1, cutoff=0.5)
    return f"Did you mean {by_lower[close[0]]!r}?" if close else ""
