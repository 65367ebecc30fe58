"""Label files beside what they label: ``ROOT/clip.ending``, or one folder down, ``ROOT/game/clip.ending``.

A file in the root itself is a game of its own.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from tracknet_core.data.formats.scanning import files, folders
from tracknet_core.data.formats.writing import game_and_clip

if TYPE_CHECKING:
    from tracknet_core.data.clips import Clip


@frozen(kw_only=True)
class LabelFile:
    """One label file.

    Attributes:
        game: Name of its game.
        stem: Name of the clip in it, as its files bear it.
        file: The label file.
    """

    game: str
    stem: str
    file: Path

    @property
    def name(self) -> str:
        """Name of the clip in the data set."""
        return self.game if self.game == self.stem else f"{self.game}/{self.stem}"


def label_files(root: Path, ending: str) -> Iterator[LabelFile]:
    """Find the label files with an ending (lower case), those in the root first, in natural order."""
    for file in files(root, (ending,)):
        stem = file.name[: -len(ending)]
        yield LabelFile(game=stem, stem=stem, file=file)
    for folder in folders(root):
        for file in files(folder, (ending,)):
            yield LabelFile(game=folder.name, stem=file.name[: -len(ending)], file=file)


def place_of(clip: "Clip", root: Path) -> tuple[Path, str]:
    """Folder and stem for a clip: in the root if it is called like its game, else in the game's folder."""
    game, stem = game_and_clip(clip)
    return (root, stem) if game == stem else (root / game, stem)
