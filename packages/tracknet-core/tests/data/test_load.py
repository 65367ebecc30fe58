import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from tracknet_core.config.problems import ConfigError, UserError
from tracknet_core.config.schema import DataConfig
from tracknet_core.data import load
from tracknet_core.data.load import load_clips
from tracknet_core.descriptors import DatasetFormat
from tracknet_core.progress import Silent, Task

Build = Callable[..., Path]


class Heard(Silent):
    """Progress that remembers what was said."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.total: int | None = None

    def say(self, text: str) -> None:
        self.lines.append(text)

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Task]:
        self.total = total
        with super().task(name, total) as task:
            yield task


def spoil(clip: Path, rows: int) -> None:
    """Leave a header and so many faulty rows."""
    header = (clip / "Label.csv").read_text().splitlines()[0]
    (clip / "Label.csv").write_text("\n".join([header, *(f"000{n}.jpg,9,,," for n in range(rows))]))


def test_the_format_is_detected(tiny_tracknet: Build) -> None:
    progress = Heard()
    clips = load_clips(DataConfig(root=(str(tiny_tracknet(games=2)),)), progress)
    assert [clip.name for clip in clips] == ["game1/Clip1", "game2/Clip1"]
    assert (progress.lines, progress.total) == ([], 1)


def test_the_format_can_be_named(tiny_tracknet: Build) -> None:
    assert len(load_clips(DataConfig(root=(str(tiny_tracknet(games=1)),), format="tracknet"))) == 1


def test_an_unknown_format_is_an_error_with_a_suggestion(tiny_tracknet: Build) -> None:
    with pytest.raises(ConfigError, match=r"data.format: .*'tracknt'.*Did you mean 'tracknet'"):
        load_clips(DataConfig(root=(str(tiny_tracknet(games=1)),), format="tracknt"))


def test_a_folder_of_two_formats_is_not_guessed(
    tiny_tracknet: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {
        name: DatasetFormat(name=name, layout="", detect=lambda _: True, scan=lambda *_: []) for name in "ba"
    }
    monkeypatch.setattr(load, "registry", lambda: SimpleNamespace(datasets=both))
    with pytest.raises(ConfigError, match=r"data.format: .*data looks like each of a, b. Name the right one"):
        load_clips(DataConfig(root=(str(tiny_tracknet(games=1)),)))


@pytest.mark.parametrize("format", ["auto", "tracknet"])
@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda root: None, "does not exist"),
        (lambda root: root.touch(), "is not a folder"),
        (lambda root: root.mkdir(), "is empty|holds no labelled clips"),
        (lambda root: (root / "videos" / "old").mkdir(parents=True), "holds no labelled clips"),
    ],
    ids=["absent", "file", "empty", "something else"],
)
def test_a_root_without_clips_says_how_to_get_some(
    tmp_path: Path, make: Callable[[Path], None], what: str, format: str
) -> None:
    make(tmp_path / "data")
    with pytest.raises(ConfigError, match=rf"data.root: .*/data ({what})\.") as caught:
        load_clips(DataConfig(root=(str(tmp_path / "data"),), format=format))
    assert f"`tracknet synth {tmp_path / 'data'}`" in str(caught.value)
    assert "ROOT/game1/Clip1/Label.csv   file name,visibility,x-coordinate,y-coordinate,status" in str(
        caught.value
    )


def test_no_root_is_an_error() -> None:
    with pytest.raises(ConfigError, match=r"data.root: names no folder"):
        load_clips(DataConfig(root=()))


def test_a_root_named_twice_is_an_error(tiny_tracknet: Build) -> None:
    root = tiny_tracknet(games=1)
    with pytest.raises(ConfigError, match=r"data.root: names .*data 2 times"):
        load_clips(DataConfig(root=(str(root), str(root / ".." / "data"))))


def test_all_faults_are_told_at_once(tiny_tracknet: Build) -> None:
    root = tiny_tracknet(games=3)
    spoil(root / "game1/Clip1", rows=1)
    (root / "game3/Clip1/Label.csv").unlink()
    with pytest.raises(UserError) as caught:
        load_clips(DataConfig(root=(str(root),)))
    first, *lines = str(caught.value).splitlines()
    assert first == (
        "data: 3 faults in 2 clips. Mend them, or leave these clips out with data.on_bad_data=skip."
    )
    assert [line.strip().split(": ")[0] for line in lines] == [
        f"{root}/game1/Clip1/Label.csv:2",
        f"{root}/game1/Clip1/Label.csv:2",
        f"{root}/game3/Clip1",
    ]


def test_a_flood_of_faults_is_counted(tiny_tracknet: Build) -> None:
    root = tiny_tracknet(games=1, frames=30)
    spoil(root / "game1/Clip1", rows=9)
    header, *rows = (root / "game1/Clip1/Label.csv").read_text().splitlines()
    (root / "game1/Clip1/Label.csv").write_text("\n".join([header, *rows * 3]))
    with pytest.raises(UserError) as caught:
        load_clips(DataConfig(root=(str(root),)))
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("data: 28 faults in 1 clip.")
    assert len(lines) == 22
    assert lines[-1] == f"  … and 8 more; `tracknet doctor {root}` lists all"


def test_skipping_is_said_aloud_counted_and_listed(tiny_tracknet: Build) -> None:
    root = tiny_tracknet(games=3)
    spoil(root / "game2/Clip1", rows=4)
    progress = Heard()
    clips = load_clips(DataConfig(root=(str(root),), on_bad_data="skip"), progress)
    assert [clip.game for clip in clips] == ["game1", "game3"]
    (said,) = progress.lines
    assert said.startswith("data: left out 1 clip of 3, because of 4 faults in 1 clip:\n")
    assert f"{root}/game2/Clip1/Label.csv:2: visibility is 9" in said


def test_a_copy_that_broke_off_is_found_before_anything_is_decoded(tiny_tracknet: Build) -> None:
    root = tiny_tracknet(games=3)
    one_size = "the clip's first picture is 64×48. Pictures of one clip must have one size."
    broken, foreign = root / "game1/Clip1/0002.jpg", root / "game3/Clip1/0001.jpg"
    broken.write_bytes(broken.read_bytes()[:-20])
    cv2.imwrite(str(foreign), np.zeros((24, 32, 3), np.uint8))
    with pytest.raises(UserError) as caught:
        load_clips(DataConfig(root=(str(root),)))
    assert str(caught.value).splitlines()[1:] == [
        f"  {broken}: is truncated or no picture. Restore it, or take its row out of the labels.",
        f"  {foreign}: is 32×24 px, {one_size}",
    ]
    clips = load_clips(DataConfig(root=(str(root),), on_bad_data="skip"))
    assert [clip.game for clip in clips] == ["game2"]


def test_skipping_everything_is_an_error(tiny_tracknet: Build) -> None:
    root = tiny_tracknet(games=1)
    spoil(root / "game1/Clip1", rows=4)
    with pytest.raises(UserError, match="4 faults in 1 clip, and no clip is left"):
        load_clips(DataConfig(root=(str(root),), on_bad_data="skip"))


def test_games_of_one_name_are_told_apart_by_their_folders(tiny_tracknet: Build) -> None:
    roots = tiny_tracknet(games=2, root="tennis"), tiny_tracknet(games=1, root="badminton")
    progress = Heard()
    clips = load_clips(DataConfig(root=tuple(map(str, roots))), progress)
    assert [(clip.game, clip.name) for clip in clips] == [
        ("tennis/game1", "tennis/game1/Clip1"),
        ("game2", "game2/Clip1"),
        ("badminton/game1", "badminton/game1/Clip1"),
    ]
    assert progress.lines == [
        "data.root: games of one name in several folders are called badminton/game1, tennis/game1"
    ]


def test_folders_of_one_name_are_told_apart_by_their_parents(tiny_tracknet: Build) -> None:
    roots = tiny_tracknet(games=1, root="a/set"), tiny_tracknet(games=1, root="b/set")
    clips = load_clips(DataConfig(root=tuple(map(str, roots))))
    assert [clip.game for clip in clips] == ["a/set/game1", "b/set/game1"]


def test_neither_torch_nor_opencv_is_loaded(tiny_tracknet: Build) -> None:
    script = f"""
import sys
from tracknet_core.config.schema import DataConfig
from tracknet_core.data.load import load_clips
from tracknet_core.data.splits import split_clips
data = DataConfig(root=({str(tiny_tracknet())!r},))
assert len(split_clips(load_clips(data), data.split).train) == 1
assert not {{"torch", "cv2", "transformers"}} & sys.modules.keys(), sorted(sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
