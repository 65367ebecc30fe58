"""Several files as one: left to right, section by section."""

from collections.abc import Iterable

from tracknet_core.config.tree import Entry, Leaf, Section


def merge(trees: Iterable[Section]) -> Section:
    """Lay trees over one another.

    Sections are merged key by key; any other value is replaced, lists as a whole. A section that is
    left empty changes nothing.

    Args:
        trees: From the weakest to the strongest.
    """
    merged: Section | None = None
    for tree in trees:
        merged = tree if merged is None else _over(merged, tree)
    return merged or Section()


def nest(tree: Section, section: str) -> Section:
    """Put a file that holds one section's keys under that section.

    Old installations keep data and training in files of their own. A file that has the section
    at its top already is taken as it is.
    """
    if section in tree.entries:
        return tree
    return Section({section: Entry(tree, tree.place)}, tree.place)


def _over(below: Section, above: Section) -> Section:
    entries = dict(below.entries)
    for key, entry in above.entries.items():
        entries[key] = _entry(entries[key], entry) if key in entries else entry
    return Section(entries, below.place)


def _entry(below: Entry, above: Entry) -> Entry:
    if not isinstance(below.node, Section):
        return above
    if isinstance(above.node, Section):
        return Entry(_over(below.node, above.node), below.place)
    return below if above.node == Leaf(None, above.node.place) else above
