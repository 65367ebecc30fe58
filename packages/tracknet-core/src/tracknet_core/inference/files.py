"""Which files predicting a source writes; never in the place of others."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.inference.frames import FrameSource
from tracknet_core.plugins import registry


@frozen(kw_only=True)
class Files:
    """Where the results of one source go.

    Attributes:
        table: ``<stem>_ball.csv``.
        overlay: ``<stem>_ball.mp4``; None when none is wanted.
    """

    table: Path
    overlay: Path | None


def default_directory(run: Path) -> Path:
    """Return ``RUN/predictions``, also where one of a run's checkpoints was named instead of it.

    A checkpoint that comes with a plugin is no place to write to: its predictions go to ``predictions``.
    """
    if not run.exists() and registry().checkpoint(run.as_posix()):
        return Path("predictions")
    return (run.parent.parent if run.parent.name == "checkpoints" else run) / "predictions"


def plan_files(
    sources: Sequence[FrameSource], directory: Path, *, overlay: bool, force: bool
) -> tuple[Files, ...]:
    """Name the files of every source and make sure that none of them replaces another.

    Args:
        sources: What is to be predicted.
        directory: Folder for the files; it need not exist.
        overlay: Whether videos are wanted too.
        force: Replace files that exist.

    Raises:
        UserError: Two sources would write the same file, or one exists already. It may be a label
            file, or a prediction corrected by hand: they are called alike.
    """
    twice = [name for name, count in Counter(source.name for source in sources).items() if count > 1]
    if twice:
        raise UserError(
            f"{directory / twice[0]}_ball.csv: two of the sources would write it. "
            "Predict them one by one, with a different --output each."
        )
    files = tuple(
        Files(
            table=directory / f"{source.name}_ball.csv",
            overlay=directory / f"{source.name}_ball.mp4" if overlay else None,
        )
        for source in sources
    )
    for file in (path for each in files for path in (each.table, each.overlay) if path is not None):
        if file.exists() and not force:
            raise UserError(
                f"{file}: exists already. Replace it with --force, or write elsewhere with --output."
            )
    return files
