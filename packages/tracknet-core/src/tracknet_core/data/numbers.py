"""Numbers in text files, read strictly and written exactly."""

import math


def finite(text: str) -> float | None:
    """Read a number; None where the text is none, or not a finite one, or groups digits by underscores."""
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) and "_" not in text else None


def shortest(value: float) -> str:
    """The shortest decimal that reads back as exactly this number."""
    return str(int(value)) if value == int(value) else repr(value)
