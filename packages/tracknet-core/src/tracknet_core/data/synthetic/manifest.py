"""What a folder of synthetic clips was made from, written beside them."""

import json
from pathlib import Path

from attrs import asdict

from tracknet_core.atomic import replace_file
from tracknet_core.config.problems import UserError
from tracknet_core.data.synthetic.spec import GENERATOR_VERSION, SynthSpec

NAME = "synthetic.json"


def claim(directory: Path, spec: SynthSpec) -> None:
    """Make a folder hold clips of this spec and no others.

    Raises:
        UserError: It holds something else.
    """
    wanted = _document(spec)
    file = directory / NAME
    if file.is_file():
        _compare(directory, _read(file), wanted)
        return
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise UserError(f"{directory}: is not empty and holds no synthetic clips. Name a new folder.")
    directory.mkdir(parents=True, exist_ok=True)
    with replace_file(file) as new:
        new.write_text(json.dumps(wanted, indent=2) + "\n", encoding="utf-8")


def _document(spec: SynthSpec) -> dict[str, object]:
    parameters = asdict(spec) | {"size": list(spec.size)}
    return {
        "about": "Synthetic clips: rendered by `tracknet synth`, not filmed. Labels are exact.",
        "generator": GENERATOR_VERSION,
        "parameters": parameters,
    }


def _read(file: Path) -> dict[str, object]:
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{file}: cannot be read ({error}). Name a new folder, or delete this one."
        ) from error
    if not isinstance(document, dict) or not isinstance(document.get("parameters"), dict):
        raise UserError(f"{file}: is not of `tracknet synth`. Name a new folder, or delete this one.")
    return document


def _compare(directory: Path, found: dict[str, object], wanted: dict[str, object]) -> None:
    old, new = found["parameters"], wanted["parameters"]
    assert isinstance(old, dict) and isinstance(new, dict)  # noqa: S101, PT018 - _read made sure
    other = [f"{key} {old.get(key)}, not {value}" for key, value in new.items() if old.get(key) != value]
    if found.get("generator") != wanted["generator"]:
        other.insert(0, f"generator version {found.get('generator')}, not {wanted['generator']}")
    if other:
        raise UserError(
            f"{directory}: holds other synthetic clips ({'; '.join(other)}). "
            "Name a new folder, or delete this one first."
        )
