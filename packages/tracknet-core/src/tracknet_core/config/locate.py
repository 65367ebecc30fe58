"""From the text of a YAML file to a tree whose every key and value knows its line and column."""

from pathlib import Path

import yaml

from tracknet_core.config.problems import Place, Problem, Severity
from tracknet_core.config.scalars import MERGE, Loader, construct, is_odd_bool
from tracknet_core.config.tree import Entry, Items, Leaf, Node, Section


def read(path: Path) -> tuple[Section, list[Problem]]:
    """Read a configuration file.

    Args:
        path: A YAML file in UTF-8.

    Returns:
        Its tree and what is wrong with it. The tree holds what could be read, so that problems
        further down can be found as well.
    """
    file = str(path)
    try:
        data = path.read_bytes()
    except IsADirectoryError:
        return _nothing(file, Place(file), "is a folder", "Name a YAML file.")
    except FileNotFoundError:
        remedy = "Write key=value for an override." if path.suffix == "" else "Check the path."
        return _nothing(file, Place(file), "there is no such file", remedy)
    except OSError as error:
        return _nothing(file, Place(file), f"cannot be read: {error.strerror}", "Check the path.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", errors="replace")
        return _nothing(file, _place_after(before, file), "is not UTF-8 text", "Save the file as UTF-8.")
    return locate(text, file)


def locate(text: str, file: str) -> tuple[Section, list[Problem]]:
    """Turn the text of a YAML document into a tree.

    Args:
        text: The document; an empty one is an empty tree.
        file: Its name in places.

    Returns:
        The tree, and what is wrong with the document.
    """
    try:
        return _Locator(file).document(yaml.compose(text, Loader=Loader))
    except yaml.MarkedYAMLError as error:
        return _syntax_error(error, text, file)
    except yaml.reader.ReaderError as error:
        place = _place_after(text[: error.position], file)
        return _nothing(file, place, "has a control character", "Delete it.")
    except RecursionError:
        return _nothing(file, Place(file), "is nested too deeply", "Flatten it.")


def _nothing(file: str, place: Place, message: str, remedy: str) -> tuple[Section, list[Problem]]:
    return Section(place=Place(file)), [Problem(key="", message=message, remedy=remedy, place=place)]


def _place_after(text: str, file: str) -> Place:
    return Place(file, text.count("\n") + 1, len(text) - (text.rfind("\n") + 1) + 1)


def _syntax_error(error: yaml.MarkedYAMLError, text: str, file: str) -> tuple[Section, list[Problem]]:
    mark = error.problem_mark or error.context_mark
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    lines = text.splitlines()
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    if "\t" in line[: place.column]:
        place = Place(file, place.line, line.index("\t") + 1)
        return _nothing(file, place, "has a tab where YAML wants spaces", "Indent with spaces.")
    if "expected a single document" in str(error.context):
        return _nothing(file, place, "holds a second document", "Give each document a file of its own.")
    what = ", ".join(part for part in (error.context, error.problem) if part)
    return _nothing(file, place, f"is not YAML: {what}", "Check indentation, colons and quotes here.")


class _Locator:
    """Turns PyYAML's nodes into a tree, collecting what is wrong with them."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[Problem] = []
        self._known: dict[int, Node] = {}
        self._open: set[int] = set()

    def document(self, root: yaml.Node | None) -> tuple[Section, list[Problem]]:
        """The tree of a document whose top must be a mapping, or empty."""
        tree = self._node(root, "") if root is not None else Section(place=Place(self._file))
        if isinstance(tree, Section) or tree == Leaf(None, tree.place):
            entries = tree.entries if isinstance(tree, Section) else {}
            return Section(entries, Place(self._file)), self._problems
        kind = "a list" if isinstance(tree, Items) else "a single value"
        self._add("", tree.place, f"holds {kind} instead of keys", "Write `key: value` lines.")
        return Section(place=Place(self._file)), self._problems

    def _node(self, node: yaml.Node, key: str) -> Node:
        if id(node) in self._open:
            self._add(key, self._place(node), "the anchor contains itself", "Write the value out.")
            return Leaf(None, self._place(node))
        if id(node) not in self._known:
            self._open.add(id(node))
            self._known[id(node)] = self._convert(node, key)
            self._open.remove(id(node))
        return self._known[id(node)]

    def _convert(self, node: yaml.Node, key: str) -> Node:
        place = self._place(node)
        if isinstance(node, yaml.MappingNode):
            return Section(self._entries(node, key), place)
        if isinstance(node, yaml.SequenceNode):
            return Items(tuple(self._node(item, key) for item in node.value), place)
        try:
            value = construct(node.tag, node.value)
        except ValueError as error:
            self._add(key, place, f"the value cannot be read: {error}", "Write the plain value.")
            return Leaf(None, place)
        if is_odd_bool(node.tag, node.value):
            said = str(value).lower()
            remedy = f"Write {said}, or put it in quotes if text is meant."
            self._add(key, place, f"{node.value!r} is read as {said}", remedy, Severity.WARNING)
        return Leaf(value, place)

    def _entries(self, node: yaml.MappingNode, key: str) -> dict[str, Entry]:
        merged: dict[str, Entry] = {}
        own: dict[str, Entry] = {}
        for key_node, value_node in node.value:
            place = self._place(key_node)
            if not isinstance(key_node, yaml.ScalarNode):
                self._add(key, place, "a key must be a single word", "Write `key: value`.")
                continue
            name = key_node.value
            below = f"{key}.{name}" if key else name
            if key_node.tag == MERGE:
                merged = self._merged(value_node, key) | merged
            elif name in own:
                first = own[name].place.line
                self._add(below, place, f"duplicate key, first on line {first}", "Keep one of them.")
            else:
                own[name] = Entry(self._node(value_node, below), place)
        return merged | own

    def _merged(self, node: yaml.Node, key: str) -> dict[str, Entry]:
        """The entries that a merge key brings in; of several mappings the first wins."""
        tree = self._node(node, key)
        entries: dict[str, Entry] = {}
        for part in reversed(tree.nodes if isinstance(tree, Items) else (tree,)):
            if isinstance(part, Section):
                entries |= part.entries
            else:
                self._add(key, part.place, "<< must name a mapping", "Put an anchor on a mapping.")
        return entries

    def _place(self, node: yaml.Node) -> Place:
        return Place(self._file, node.start_mark.line + 1, node.start_mark.column + 1)

    def _add(
        self, key: str, place: Place, message: str, remedy: str, severity: Severity = Severity.ERROR
    ) -> None:
        problem = Problem(key=key, message=message, remedy=remedy, severity=severity, place=place)
        self._problems.append(problem)
