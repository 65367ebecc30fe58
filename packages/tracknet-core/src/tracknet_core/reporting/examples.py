"""``RUN/examples``: pictures of hits and misses, and what kind of data they are from."""

import json
from pathlib import Path

from attrs import asdict, frozen

from tracknet_core.atomic import replace_file

FOLDER = "examples"
FILE_NAME = "examples.json"


@frozen(kw_only=True)
class Example:
    """A picture of one measured frame.

    Attributes:
        file: The picture, relative to the run.
        outcome: ``hit``, ``missed``, ``misplaced`` or ``made up``.
        caption: Clip and frame, and how far off.
    """

    file: str
    outcome: str
    caption: str


@frozen(kw_only=True)
class Examples:
    """What a run keeps to show.

    Attributes:
        synthetic: Whether the measured clips were rendered, not filmed.
        pictures: In the order to be shown.
    """

    synthetic: bool
    pictures: tuple[Example, ...] = ()


def write_index(run: Path, examples: Examples) -> None:
    """Write ``examples.json`` into a run's folder of examples, which exists."""
    with replace_file(run / FOLDER / FILE_NAME) as temporary:
        temporary.write_text(json.dumps(asdict(examples), indent=2) + "\n", encoding="utf-8")


def read_examples(run: Path) -> Examples:
    """Read what a run keeps to show; nothing where it keeps nothing."""
    file = run / FOLDER / FILE_NAME
    if not file.is_file():
        return Examples(synthetic=False)
    content = json.loads(file.read_text(encoding="utf-8"))
    pictures = tuple(Example(**picture) for picture in content["pictures"])
    return Examples(synthetic=content["synthetic"], pictures=pictures)
