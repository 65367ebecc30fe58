"""Everything that a configuration comes from, gathered into one tree."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from tracknet_core.config.legacy import modernize
from tracknet_core.config.locate import read
from tracknet_core.config.merge import merge, nest
from tracknet_core.config.overrides import override_tree
from tracknet_core.config.problems import Problem
from tracknet_core.config.tree import Section


@frozen(kw_only=True)
class Sources:
    """Where a configuration stands.

    Attributes:
        paths: Files, laid over one another from left to right.
        data: A file of old installations that holds the keys of ``data``.
        training: A file of old installations that holds the keys of ``training``.
        overrides: ``key.sub=value``, which win over all files.
    """

    paths: Sequence[Path]
    data: Path | None = None
    training: Path | None = None
    overrides: Sequence[str] = ()


def gather(sources: Sources) -> tuple[Section, list[Problem]]:
    """Read all sources.

    Returns:
        The merged tree, old names replaced by new ones, and what is wrong with the files.
    """
    problems: list[Problem] = []
    trees: list[Section] = []
    for path, section in _files(sources):
        tree, found = read(path)
        problems += found
        trees.append(nest(tree, section) if section else tree)
    tree, found = override_tree(sources.overrides)
    problems += found
    trees.append(tree)
    modern = []
    for tree in trees:
        current, found = modernize(tree)
        problems += found
        modern.append(current)
    return merge(modern), problems


def _files(sources: Sources) -> list[tuple[Path, str]]:
    files = [(path, "") for path in sources.paths]
    if sources.data:
        files.append((sources.data, "data"))
    if sources.training:
        files.append((sources.training, "training"))
    return files
