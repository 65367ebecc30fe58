"""Small words around numbers."""


def counted(number: int, thing: str) -> str:
    """``1 clip``, ``2 clips``."""
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
