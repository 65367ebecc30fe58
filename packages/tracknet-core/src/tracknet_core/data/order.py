"""The order in which people number things."""

import re


def natural(name: str) -> tuple[tuple[int, str], ...]:
    """Sort key by which ``Clip2`` stands before ``Clip10``; different names never tie."""
    parts = ((int(part), part) if part.isdigit() else (-1, part) for part in re.split(r"([0-9]+)", name))
    return tuple(parts)
