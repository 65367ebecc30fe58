"""Amounts of memory and disk, as people write them."""

import re

_UNITS = {
    unit: factor
    for power, letter in enumerate("kmgt", start=1)
    for unit, factor in ((letter, 1024**power), (f"{letter}ib", 1024**power), (f"{letter}b", 1000**power))
} | {"": 1, "b": 1}


def parse_bytes(text: str) -> int:
    """Read a number of bytes such as ``50GiB``, ``1.5 TB`` or ``4096``.

    ``G`` means GiB. Case does not matter.

    Raises:
        ValueError: It is none.
    """
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*", text.lower())
    if found is None or found[2] not in _UNITS:
        raise ValueError(f"{text!r} is no number of bytes. Write one such as 50GiB.")
    return int(float(found[1]) * _UNITS[found[2]])


def in_gib(size: float) -> str:
    """Write a number of bytes for a person, such as ``8.2 GiB``."""
    return f"{size / 2**30:.1f} GiB" if size >= 2**30 / 10 else f"{size / 2**20:.1f} MiB"
