"""A configuration as it was written: plain values that know where they stand."""

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from attrs import field, frozen

from tracknet_core.config.problems import Place

Scalar: TypeAlias = bool | int | float | str | None
Plain: TypeAlias = "Scalar | list[Plain] | dict[str, Plain]"


@frozen
class Leaf:
    """A single value."""

    value: Scalar
    place: Place


@frozen
class Items:
    """A list."""

    nodes: "tuple[Node, ...]"
    place: Place


@frozen
class Entry:
    """What stands under a key; ``place`` is the key's own."""

    node: "Node"
    place: Place


@frozen
class Section:
    """A mapping from keys to entries, in the order of the file."""

    entries: Mapping[str, Entry] = field(factory=dict)
    place: Place = field(default=Place(""))

    def find(self, key: str) -> Entry | None:
        """The entry under a dotted key, or None."""
        first, _, rest = key.partition(".")
        entry = self.entries.get(first)
        if entry is None or not rest:
            return entry
        return entry.node.find(rest) if isinstance(entry.node, Section) else None

    def place_of(self, key: str) -> Place:
        """Where a dotted key stands, or its nearest parent that was written."""
        while key:
            if entry := self.find(key):
                return entry.place
            key = key.rpartition(".")[0]
        return self.place

    def put(self, key: str, entry: Entry) -> "Section":
        """This section with an entry under a dotted key; parents are made as needed."""
        first, _, rest = key.partition(".")
        if rest:
            below = self.entries.get(first)
            parent = below.node if below and isinstance(below.node, Section) else Section(place=entry.place)
            entry = Entry(parent.put(rest, entry), below.place if below else entry.place)
        return Section({**self.entries, first: entry}, self.place)

    def without(self, key: str) -> "Section":
        """This section without the entry under a dotted key."""
        first, _, rest = key.partition(".")
        entry = self.entries.get(first)
        if entry is None:
            return self
        if not rest:
            return Section({k: e for k, e in self.entries.items() if k != first}, self.place)
        if not isinstance(entry.node, Section):
            return self
        return Section({**self.entries, first: Entry(entry.node.without(rest), entry.place)}, self.place)

    def __iter__(self) -> Iterator[str]:
        return iter(self.entries)


Node: TypeAlias = Leaf | Items | Section


def plain(node: Node) -> Plain:
    """The values of a tree without their places."""
    match node:
        case Leaf(value, _):
            return value
        case Items(nodes, _):
            return [plain(item) for item in nodes]
        case Section(entries, _):
            return {key: plain(entry.node) for key, entry in entries.items()}
