"""``tracknet synth``: labelled synthetic clips."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Quiet
from tracknet_core.wording import counted

Sport = Literal["tennis", "badminton", "volleyball", "table_tennis"]
Difficulty = Literal["easy", "broadcast", "adverse"]


def synth(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="Where to write; new, empty or its own.")],
    *,
    games: Annotated[int, typer.Option(help="Games; each is a venue.")] = 8,
    clips: Annotated[int, typer.Option(help="Clips in each game.")] = 2,
    frames: Annotated[int, typer.Option(help="Frames in each clip.")] = 40,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal bytes.")] = 0,
    first_game: Annotated[int, typer.Option(help="Number of the first game.")] = 1,
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of the pictures, in px.")] = "1280x720",
    fps: Annotated[float, typer.Option(help="Frames per second.")] = 30.0,
    sport: Annotated[Sport | None, typer.Option(help="One sport; else they take turns.")] = None,
    difficulty: Annotated[Difficulty, typer.Option(help="How hard the ball is to see.")] = "broadcast",
    video: Annotated[bool, typer.Option(help="Also write an MP4 of each clip.")] = True,
    jobs: Annotated[int | None, typer.Option(help="Processes; else as many as help.", min=1)] = None,
    quiet: Quiet = False,
) -> None:
    """Write labelled synthetic clips in the TrackNet layout."""
    from tracknet_core.data.synthetic.spec import SynthSpec, parse_size
    from tracknet_core.data.synthetic.write import generate

    spec = SynthSpec(
        games=games,
        clips=clips,
        frames=frames,
        seed=seed,
        first_game=first_game,
        size=parse_size(size),
        fps=fps,
        sport=sport,
        difficulty=difficulty,
        video=video,
    )
    console = Console(quiet=quiet)
    done = generate(directory, spec, console, jobs=jobs)
    known = done.clips - done.rendered
    if known:
        console.say(f"{known} clip{'s were' if known > 1 else ' was'} there already.")
    console.result(f"{counted(done.clips, 'clip')} in {done.directory}")
