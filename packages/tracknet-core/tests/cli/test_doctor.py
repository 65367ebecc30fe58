"""``tracknet doctor`` finds every planted fault, and nothing where nothing was planted."""

import csv
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from attrs import frozen
from numpy.typing import NDArray

from tracknet_core.cli.main import main

SPORTS = ("tennis", "badminton", "volleyball", "table_tennis")
DIFFICULTIES = ("easy", "broadcast", "adverse")
SIZE = (640, 360)
FRAMES = 24
CLIP = "game1/Clip1"


@pytest.fixture(scope="session")
def synthetic(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """For each difficulty, a game of each sport, of one clip."""
    roots = {name: tmp_path_factory.mktemp("clean") / name for name in DIFFICULTIES}
    for name, root in roots.items():
        words = ["--games", "4", "--clips", "1", "--frames", str(FRAMES), "--size", "640x360", "--no-video"]
        assert main(["synth", str(root), *words, "--difficulty", name, "--jobs", "1", "--quiet"]) == 0
    return roots


@pytest.fixture(params=[f"{sport}-{name}" for name in DIFFICULTIES for sport in SPORTS])
def clean(request: pytest.FixtureRequest, synthetic: dict[str, Path], tmp_path: Path) -> Path:
    """Two games: ``game1`` of one sport and difficulty, ``game2`` of the next sport."""
    sport, _, name = request.param.partition("-")
    number = SPORTS.index(sport)
    for game, source in (("game1", number), ("game2", (number + 1) % len(SPORTS))):
        shutil.copytree(synthetic[name] / f"game{source + 1}", tmp_path / "data" / game)
    return tmp_path / "data"


class Labels:
    """The label file of a clip, to be changed; written back by ``save``."""

    def __init__(self, clip: Path) -> None:
        self._file = clip / "Label.csv"
        with self._file.open(newline="") as stream:
            self.rows = list(csv.DictReader(stream))

    @property
    def xy(self) -> NDArray[np.float64]:
        """Positions of balls that are visible; nan elsewhere."""
        return np.array(
            [
                (float(row["x-coordinate"]), float(row["y-coordinate"]))
                if row["visibility"] in "12"
                else (np.nan, np.nan)
                for row in self.rows
            ]
        )

    def move(self, index: int, to: NDArray[np.float64]) -> None:
        self.rows[index] |= {"x-coordinate": str(to[0]), "y-coordinate": str(to[1])}

    def save(self) -> None:
        with self._file.open("w", newline="") as stream:
            writer = csv.DictWriter(stream, list(self.rows[0]))
            writer.writeheader()
            writer.writerows(self.rows)

    def in_flight(self, frames: int) -> int:
        """Where the ball stays visible and moves most over so many frames, with five around them."""
        speed = np.linalg.norm(np.diff(self.xy, axis=0), axis=1)
        ways = np.array([speed[i - 5 : i + frames + 4].sum() for i in range(5, len(self.rows) - frames - 5)])
        return 5 + int(np.nanargmax(ways))


@frozen
class Expected:
    kind: str
    severity: str = "error"
    clip: str = CLIP
    frames: tuple[int, ...] = ()
    place: str = ""


def nothing(_: Path) -> Iterator[Expected]:
    """Leave the data as they are."""
    yield from ()


def missing_frame(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    (root / CLIP / labels.rows.pop(9)["file name"]).unlink()
    labels.save()
    yield Expected("missing-frame", "warning", frames=(9,))


def missing_picture(root: Path) -> Iterator[Expected]:
    (root / CLIP / "0007.jpg").unlink()
    yield Expected("missing-frame", place=f"{root}/{CLIP}/Label.csv:9")


def missing_row(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    labels.rows.pop(7)
    labels.save()
    yield Expected("unlabelled-picture", place=f"{root}/{CLIP}/Label.csv:{FRAMES}")


def truncated_picture(root: Path) -> Iterator[Expected]:
    file = root / CLIP / "0011.jpg"
    file.write_bytes(file.read_bytes()[:-2000])
    yield Expected("unreadable-picture", frames=(11,), place=str(file))


def other_size(root: Path) -> Iterator[Expected]:
    file = root / CLIP / "0011.jpg"
    cv2.imwrite(str(file), cv2.resize(cv2.imread(str(file)), (320, 180)))
    yield Expected("picture-size", frames=(11,), place=str(file))


def repeated_frame(root: Path) -> Iterator[Expected]:
    shutil.copyfile(root / CLIP / "0012.jpg", root / CLIP / "0013.jpg")
    yield Expected("repeated-frame", "warning", frames=(13,))


def game_on_two_sides(root: Path) -> Iterator[Expected]:
    shutil.copytree(root / "game1", root / "game9")
    for number, picture in enumerate(sorted((root / "game9/Clip1").glob("*.jpg"))):
        picture.rename(picture.with_name(f"frame_{number:06d}.jpg"))
    labels = Labels(root / "game9/Clip1")
    for number, row in enumerate(labels.rows):
        row["file name"] = f"frame_{number:06d}.jpg"
    labels.save()
    yield Expected("split-leak", clip="game9/Clip1")


def label_outside(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    index = labels.in_flight(1)
    labels.move(index, np.array([SIZE[0] + 30, 50]))
    labels.save()
    yield Expected("label-outside", place=f"{root}/{CLIP}/Label.csv:{index + 2}")


def no_position(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    labels.rows[5] |= {"visibility": "1", "x-coordinate": "", "y-coordinate": ""}
    labels.save()
    yield Expected("missing-position", place=f"{root}/{CLIP}/Label.csv:7")


def frozen_labels(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    first = labels.in_flight(5)
    for index in range(first + 1, first + 5):
        labels.move(index, labels.xy[first])
    labels.save()
    yield Expected("frozen-labels", "warning", frames=tuple(range(first, first + 5)))


def jumping_label(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    index = labels.in_flight(1)
    x, y = labels.xy[index]
    labels.move(index, np.array([x + (140 if x < SIZE[0] / 2 else -140), y]))
    labels.save()
    yield Expected("jumping-label", "warning", frames=(index,))


def labels_a_frame_early(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    names = [row["file name"] for row in labels.rows]
    labels.rows = [*labels.rows[1:], labels.rows[-1].copy()]
    for row, name in zip(labels.rows, names, strict=True):
        row["file name"] = name
    labels.save()
    yield Expected("shifted-labels")


def mirrored_labels(root: Path) -> Iterator[Expected]:
    labels = Labels(root / CLIP)
    for index, (x, y) in enumerate(labels.xy):
        if np.isfinite(x):
            labels.move(index, np.array([SIZE[0] - 1 - x, y]))
    labels.save()
    yield Expected("misplaced-labels")


@pytest.mark.parametrize(
    "plant",
    [
        nothing,
        missing_frame,
        missing_picture,
        missing_row,
        truncated_picture,
        other_size,
        repeated_frame,
        game_on_two_sides,
        label_outside,
        no_position,
        frozen_labels,
        jumping_label,
        labels_a_frame_early,
        mirrored_labels,
    ],
)
def test_a_planted_fault_is_all_that_is_found(
    clean: Path, plant: Callable[[Path], Iterator[Expected]], capsys: pytest.CaptureFixture[str]
) -> None:
    expected = list(plant(clean))
    code, found = examined(capsys, clean)
    assert [
        Expected(f["kind"], f["severity"], f["clip"], tuple(f["frames"]), f["place"])
        for f in found["findings"]
    ] == expected
    assert code == any(planted.severity == "error" for planted in expected)


@pytest.mark.slow
@pytest.mark.parametrize("difficulty", DIFFICULTIES)
@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_is_found_in_clean_clips_of_full_size(
    tmp_path: Path, seed: int, difficulty: str, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "clips"
    words = ["--games", "4", "--clips", "2", "--frames", "40", "--no-video", "--quiet"]
    assert main(["synth", str(root), *words, "--seed", str(seed), "--difficulty", difficulty]) == 0
    capsys.readouterr()
    code, found = examined(capsys, root)
    assert (code, found["findings"]) == (0, [])


def examined(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, dict[str, Any]]:
    code = main(["doctor", *map(str, words), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_several_faults_are_written_out_and_counted(
    synthetic: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "data"
    shutil.copytree(synthetic["easy"], root)
    labels = Labels(root / "game2/Clip1")
    for row in labels.rows:
        row |= {"visibility": "1", "x-coordinate": "9999", "y-coordinate": "5"}
    labels.save()
    next(jumping_label(root))
    output = tmp_path / "report"

    assert main(["doctor", str(root), "--output", str(output), "--quiet"]) == 1

    out = capsys.readouterr().out
    assert "label-outside (24): labels outside the picture" in out
    assert "  … and 4 more; --json or --output lists all" in out
    assert "jumping-label (1)" in out
    assert out.endswith("24 errors, 1 warning\n")
    assert "data.split is absent, so by game: game3 for validation, game4 for testing" in out
    document = json.loads((output / "doctor.json").read_text())
    assert document["findings_by_kind"] == {"label-outside": 24, "jumping-label": 1}
    assert document["counts"]["all"]["frames"] == 3 * FRAMES
    assert set(document["counts"]["by_split"]) == {"train", "val", "test"}
    assert sorted(file.name for file in output.iterdir()) == [
        "doctor-jumping-label.jpg",
        "doctor.jpg",
        "doctor.json",
    ]
    assert cv2.imread(str(output / "doctor.jpg")).shape[1] > 1000


def test_a_configuration_stands_for_its_data(
    synthetic: dict[str, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its games and its split count, whatever else is wrong with it."""
    config = tmp_path / "config.yaml"
    config.write_text(
        f"model_name: vit_heatmap\npretrained_model_name: {tmp_path / 'none'}\n"
        f"data: {{root: {synthetic['easy']}, split: {{val_games: [game1]}}}}\n"
    )
    _, found = examined(capsys, config, "data.split.test_games=[game2]", "--sample", "0")
    assert {side: counts["games"] for side, counts in found["counts"]["by_split"].items()} == {
        "train": 2,
        "val": 1,
        "test": 1,
    }
    assert (found["pictures_looked_at"], found["notes"]) == (0, [])


@pytest.mark.parametrize("clean", ["tennis-easy"], indirect=True)
def test_warnings_count_when_strict(clean: Path, capsys: pytest.CaptureFixture[str]) -> None:
    list(repeated_frame(clean))
    assert examined(capsys, clean)[0] == 0
    assert examined(capsys, clean, "--strict")[0] == 1
    assert examined(capsys, clean, "--sample", "10", "--strict")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["nowhere"], "data.root: nowhere does not exist"),
        (["nowhere.yaml"], "nowhere.yaml"),
        (["data.root=x", "."], ".: is no file. Name either folders of labelled clips, or YAML files"),
        (["data.root=x", "--format", "tracknet"], "--format: belongs to folders"),
        (["--sample", "3"], "--format, --sample and --output: belong to DATA"),
        ([".", "--format", "tracknt"], "Did you mean 'tracknet'"),
        (["game1_ball.csv"], "game1_ball.csv: is a file of a data set. Name the folder"),
        (
            [".", "--output", "game1_ball.csv"],
            "game1_ball.csv: is no folder. Give another folder with --output",
        ),
        ([".", "--output", "game1_ball.csv/new"], "game1_ball.csv: is no folder. Give another"),
    ],
)
def test_what_cannot_be_looked_at_is_exit_code_2(
    words: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("game1_ball.csv").touch()
    assert main(["doctor", *words]) == 2
    assert said in capsys.readouterr().err
