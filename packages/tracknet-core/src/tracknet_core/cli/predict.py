"""tracknet predict: where the ball is in a video."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.interruption import terminated_as_interrupted
from tracknet_core.cli.options import Engine, Json, Quiet

if TYPE_CHECKING:
    from tracknet_core.inference.results import Prediction


def predict(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder of a trained run, or of one checkpoint.", show_default=False
        ),
    ],
    sources: Annotated[
        list[str],
        typer.Argument(
            metavar="SOURCE",
            help="Videos, folders of pictures, patterns in quotes ('clip/*.png'), camera numbers, URLs.",
            show_default=False,
        ),
    ],
    *,
    output: Annotated[
        Path | None, typer.Option(help="Folder for the results.", show_default="RUN/predictions")
    ] = None,
    overlay: Annotated[
        bool, typer.Option("--overlay", help="Also write the video with the ball drawn on it.")
    ] = False,
    start: Annotated[
        float | None,
        typer.Option(metavar="S", help="Begin so many seconds into the source.", show_default=False),
    ] = None,
    end: Annotated[
        float | None,
        typer.Option(metavar="S", help="End so many seconds into the source.", show_default=False),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option(
            metavar="X,Y,W,H",
            help="Look only at this part: left, upper, width and height in pixels of the source.",
            show_default=False,
        ),
    ] = None,
    tiles: Annotated[
        str | None,
        typer.Option(
            metavar="CxR",
            help="Look at overlapping tiles, in columns and rows: for a ball too small in the whole picture.",
            show_default=False,
        ),
    ] = None,
    fps: Annotated[float, typer.Option(help="Frames per second of pictures.", min=0.001)] = 30.0,
    engine: Engine = None,
    batch_size: Annotated[
        int | None,
        typer.Option(min=1, help="Windows in one forward.", show_default="16 on a GPU, else 4"),
    ] = None,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, or one of several GPUs: cuda:1.")] = "auto",
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with an interrupted prediction; leave complete results alone."),
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace results that exist.")] = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Follow the ball through videos: a CSV with one row a frame, and an overlay video."""
    from tracknet_core.config.problems import RunError
    from tracknet_core.inference.files import default_directory, plan_files
    from tracknet_core.inference.focus import Focus, parse_region, parse_tiles
    from tracknet_core.inference.sources import open_source

    console = Console(quiet=quiet)
    focus = Focus(
        region=parse_region(region) if region is not None else None,
        tiles=parse_tiles(tiles) if tiles is not None else (1, 1),
    )
    opened = [open_source(source, start=start, end=end, picture_fps=fps) for source in sources]
    for source in opened:
        focus.require_within(source.size, source.address)
    directory = output or default_directory(run)
    files = plan_files(opened, directory, overlay=overlay, force=force, resume=resume)

    from tracknet_core.cli.libraries import silence_libraries
    from tracknet_core.config.hardware import keep_freed_memory

    silence_libraries()
    keep_freed_memory()
    from tracknet_core.inference.predictor import load
    from tracknet_core.inference.results import predict as write

    predictor = load(run, engine=engine, device=device, batch_size=batch_size)
    with terminated_as_interrupted():
        done = [
            write(predictor, source, each, console, focus=focus, resume=resume)
            for source, each in zip(opened, files, strict=True)
        ]
    _show(console, done, as_json=json)
    if faults := [prediction.fault for prediction in done if prediction.fault]:
        raise RunError("\n".join(faults))


def _show(console: Console, done: "list[Prediction]", *, as_json: bool) -> None:
    if as_json:
        from json import dumps

        console.result(dumps([prediction.to_json() for prediction in done], indent=2))
        return
    for prediction in done:
        where = ", ".join(str(file) for file in (prediction.files.table, prediction.files.overlay) if file)
        rate = prediction.frames_per_second
        how_fast = "finished before" if rate is None else f"{rate:.3g} frames/s"
        console.result(
            f"{prediction.source}: ball in {prediction.visible} of {prediction.frames} frames, {how_fast}: "
            f"{where}"
        )
