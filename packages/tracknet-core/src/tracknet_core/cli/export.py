"""tracknet export: a trained run in another form."""

from pathlib import Path
from typing import Annotated, Any

import typer

from tracknet_core.cli.console import Console
from tracknet_core.cli.options import Json, Quiet


def export(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="Folder of a trained run, or of one checkpoint.", show_default=False
        ),
    ],
    *,
    format: Annotated[
        str, typer.Option("--format", metavar="NAME", help="merged, onnx, openvino, or what a plugin brings.")
    ],
    output: Annotated[
        Path | None, typer.Option(help="Folder for the export; new or empty.", show_default="RUN/NAME")
    ] = None,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Write a run in another form, with a report of how close its heatmaps and metrics are."""
    from tracknet_core.atomic import replace_directory
    from tracknet_core.config.problems import UserError
    from tracknet_core.model.engines.names import export_directory
    from tracknet_core.plugins import registry

    exporter = registry().exporter(format)
    directory = output or export_directory(run, format)
    if directory.exists() and not (directory.is_dir() and not any(directory.iterdir())):
        raise UserError(f"{directory}: exists already. Name a new folder with --output.")
    from tracknet_core.cli.libraries import silence_libraries

    silence_libraries()
    from tracknet_core.model.checkpoint import find_checkpoint

    find_checkpoint(run)  # before a folder is made for what cannot be exported
    console = Console(quiet=quiet)
    with replace_directory(directory) as temporary:
        written = [path.relative_to(temporary) for path in exporter.export(run, temporary, console)]
    _show(console, directory, written, as_json=json)


def _show(console: Console, directory: Path, written: list[Path], *, as_json: bool) -> None:
    from json import dumps, loads

    file = directory / "parity.json"
    parity: dict[str, Any] = loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    if as_json:
        console.result(
            dumps({"export": str(directory), "files": list(map(str, written)), **parity}, indent=2)
        )
        return
    console.result(f"{directory}: {', '.join(map(str, written))}")
    if parity:
        console.result(
            f"heatmaps of {parity['windows']} windows ({parity['compared_on']}) differ by at most "
            f"{parity['heatmap_max_difference']:.2g}, on average {parity['heatmap_mean_difference']:.2g}"
        )
        forms = parity.get("as_predicted", {}).values()
        for form in forms if any(form["precision"] != "fp32" for form in forms) else ():
            console.result(
                f"as {form['engine']} predicts in {form['precision']}, from the run in float32: by at most "
                f"{form['heatmap_max_difference']:.2g}, on average {form['heatmap_mean_difference']:.2g}"
            )
    if parity.get("metrics"):
        before, after = (parity["metrics"][name]["f1"] for name in ("run", "exported"))
        console.result(f"F1 {before:.4f} before, {after:.4f} after")
