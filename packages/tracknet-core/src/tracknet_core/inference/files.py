"""Which files predicting a source writes; never in the place of others."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.inference.frames import FrameSource
from tracknet_core.inference.table import part_of
from tracknet_core.plugins import registry
from tracknet_core.writable import require_writable


@frozen(kw_only=True)
class Files:
    """Where the results of one source go.

    Attributes:
        table: ``<stem>_ball.csv``.
        overlay: ``<stem>_ball.mp4``; None when none is wanted.
    """

    table: Path
    overlay: Path | None

    @property
    def part(self) -> Path:
        """The table while it is not complete."""
        return part_of(self.table)

    @property
    def record(self) -> Path:
        """What an interrupted prediction goes on from."""
        return self.table.with_name(f"{self.table.name}.resume")

    @property
    def complete(self) -> bool:
        """Whether a prediction has written all of them to the end."""
        return not self.record.exists() and all(file.exists() for file in self.wanted)

    @property
    def wanted(self) -> tuple[Path, ...]:
        """The files that a prediction leaves."""
        return (self.table,) if self.overlay is None else (self.table, self.overlay)


def default_directory(run: Path) -> Path:
    """Return ``RUN/predictions``, also where one of a run's checkpoints was named instead of it.

    A checkpoint that comes with a plugin is no place to write to: its predictions go to ``predictions``.

    Raises:
        UserError: A file was named.
    """
    if run.is_file():
        raise UserError(f"{run}: is no folder. Give the folder of a run first, then what to predict.")
    if not run.exists() and registry().checkpoint(run.as_posix()):
        return Path("predictions")
    return (run.parent.parent if run.parent.name == "checkpoints" else run) / "predictions"


def plan_files(
    sources: Sequence[FrameSource], directory: Path, *, overlay: bool, force: bool, resume: bool = False
) -> tuple[Files, ...]:
    """Name the files of every source and make sure that none of them replaces another.

    Args:
        sources: What is to be predicted.
        directory: Folder for the files; it need not exist.
        overlay: Whether videos are wanted too.
        force: Replace files that exist.
        resume: Go on with interrupted predictions, and leave complete ones as they are.

    Raises:
        UserError: Two sources would write the same file, or one exists already (it may be a label
            file, or a prediction corrected by hand: they are called alike), or an interrupted
            prediction lies there; or nothing can be written there.
    """
    if force and resume:
        raise UserError("--force --resume: one begins anew, the other goes on. Give one of them.")
    twice = [name for name, count in Counter(source.name for source in sources).items() if count > 1]
    if twice:
        raise UserError(
            f"{directory / twice[0]}_ball.csv: two of the sources would write it. "
            "Predict them one by one, with a different --output each."
        )
    require_writable(directory, "--output")
    files = tuple(
        Files(
            table=directory / f"{source.name}_ball.csv",
            overlay=directory / f"{source.name}_ball.mp4" if overlay else None,
        )
        for source in sources
    )
    for each in files:
        if not force and not (resume and (each.complete or each.record.exists())):
            _require_free(each, resume=resume)
    return files


def _require_free(files: Files, *, resume: bool) -> None:
    for file in files.wanted:
        if file.exists() and not files.record.exists():
            raise UserError(
                f"{file}: exists already. Replace it with --force, or write elsewhere with --output."
            )
    if files.record.exists():
        raise UserError(
            f"{files.part}: is what an interrupted prediction left. Go on with it with --resume, or begin "
            "anew with --force."
        )
    if files.part.exists():
        why = ", which cannot be gone on with" if resume else ""
        raise UserError(
            f"{files.part}: is what an interrupted prediction left{why}. Begin anew with --force, or write "
            "elsewhere with --output."
        )
