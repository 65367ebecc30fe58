"""Every old name of a key and every deprecation, in this one file.

Each file is brought up to date before files are laid over one another, so that a later file's new
name overrides an earlier file's old one. Within one file the two must agree.
"""

from collections.abc import Mapping

from tracknet_core.config.problems import Problem, Severity
from tracknet_core.config.tree import Entry, Leaf, Section, plain

ALIASES: Mapping[str, str] = {
    "training.seed": "seed",
    "training.grad_clip": "training.grad_clip_norm",
    "training.output_dir": "output.dir",
    "training.amp": "training.precision",
}
"""Old name to new name."""

WITHOUT_EFFECT: Mapping[str, str] = {
    "training.log_dir": "the log lies inside the run's folder now",
    "training.ckpt_dir": "checkpoints lie inside the run's folder now",
}
"""Keys that are accepted and change nothing, with the reason."""

_AMP = {True: "bf16", False: "fp32"}


def modernize(tree: Section) -> tuple[Section, list[Problem]]:
    """Replace old names by new ones.

    Args:
        tree: One file as it was written.

    Returns:
        The tree with new names only, whose values keep their places, and what there is to say.
    """
    problems: list[Problem] = []
    for old, new in ALIASES.items():
        if entry := tree.find(old):
            tree = tree.without(old)
            tree, found = _amp(tree, entry) if old == "training.amp" else _renamed(tree, old, new, entry)
            problems += found
    for key, reason in WITHOUT_EFFECT.items():
        if entry := tree.find(key):
            tree = tree.without(key)
            problems.append(_warning(key, f"has no effect: {reason}", "Take it out.", entry))
    return tree, problems


def _renamed(tree: Section, old: str, new: str, entry: Entry) -> tuple[Section, list[Problem]]:
    present = tree.find(new)
    if present is None:
        return tree.put(new, entry), []
    if plain(present.node) == plain(entry.node):
        return tree, []
    return tree, [_contradiction(old, new, entry, present)]


def _amp(tree: Section, entry: Entry) -> tuple[Section, list[Problem]]:
    value = entry.node.value if isinstance(entry.node, Leaf) else None
    if not isinstance(value, bool):
        message = "expected true or false"
        return tree, [
            Problem(key="training.amp", message=message, remedy="Use precision.", place=entry.place)
        ]
    precision = _AMP[value]
    advice = f"Write precision: {precision}."
    problems = [_warning("training.amp", "is deprecated", advice, entry)]
    present = tree.find("training.precision")
    if present is None:
        return tree.put("training.precision", Entry(Leaf(precision, entry.place), entry.place)), problems
    if value is (plain(present.node) == "fp32"):
        problems.append(_contradiction("training.amp", "training.precision", entry, present))
    return tree, problems


def _contradiction(old: str, new: str, entry: Entry, present: Entry) -> Problem:
    return Problem(
        key=old,
        message=f"contradicts {new} at {present.place}, of which it is the old name",
        remedy=f"Keep {new} alone.",
        place=entry.place,
    )


def _warning(key: str, message: str, remedy: str, entry: Entry) -> Problem:
    return Problem(key=key, message=message, remedy=remedy, severity=Severity.WARNING, place=entry.place)
