"""Synthetic clips on disk: the layout to the letter, equal bytes, and no mixing."""

import csv
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from tracknet_core.config.problems import UserError
from tracknet_core.data.formats.tracknet import TRACKNET
from tracknet_core.data.synthetic import SynthSpec, generate, render_clip
from tracknet_core.data.synthetic import write as writing

SPEC = SynthSpec(games=2, clips=2, frames=3, size=(96, 64))


def contents(directory: Path) -> dict[str, bytes]:
    return {str(p.relative_to(directory)): p.read_bytes() for p in directory.rglob("*") if p.is_file()}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small data set."""
    directory = tmp_path_factory.mktemp("synth") / "data"
    assert generate(directory, SPEC, jobs=1).rendered == 4
    return directory


def test_the_layout_is_that_of_the_tennis_data_set(made: Path) -> None:
    clip = [f"{number:04d}.jpg" for number in range(3)] + ["Label.csv"]

    expected = {"synthetic.json"}
    for name in ("game1/Clip1", "game1/Clip2", "game2/Clip1", "game2/Clip2"):
        expected |= {f"{name}.mp4", *(f"{name}/{file}" for file in clip)}
    assert set(contents(made)) == expected
    assert cv2.imread(str(made / "game1/Clip1/0000.jpg")).shape == (64, 96, 3)


def test_labels_are_written_to_the_letter(made: Path) -> None:
    for game, clip in ((1, 1), (2, 2)):
        lines = (made / f"game{game}/Clip{clip}/Label.csv").read_text().splitlines()
        labels = [label for _, label in render_clip(SPEC, game, clip)]

        assert lines[0] == "file name,visibility,x-coordinate,y-coordinate,status,diameter"
        assert len(lines) == 1 + SPEC.frames
        for number, (line, label) in enumerate(zip(lines[1:], labels, strict=True)):
            name, visibility, x, y, status, diameter = next(csv.reader([line]))
            assert (name, visibility, status) == (
                f"{number:04d}.jpg",
                str(label.visibility),
                str(label.status),
            )
            if label.xy is None:
                assert (visibility, x, y, diameter) == ("0", "", "", "")
            else:
                assert (float(x), float(y)) == label.xy
                assert float(diameter) == label.diameter
                assert re.fullmatch(r"\d+(\.\d{1,2})?", x)


def test_the_tracknet_format_reads_it_without_a_fault(made: Path) -> None:
    def fault(clip: str, line: str) -> None:
        raise AssertionError(f"{clip}: {line}")

    clips = TRACKNET.scan(made, fault)

    assert [clip.name for clip in clips] == ["game1/Clip1", "game1/Clip2", "game2/Clip1", "game2/Clip2"]
    assert all(len(clip) == 3 for clip in clips)


def test_the_video_holds_the_same_pictures(made: Path) -> None:
    import av

    pictures = [picture for picture, _ in render_clip(SPEC, 1, 1)]
    with av.open(str(made / "game1/Clip1.mp4")) as container:
        assert container.streams.video[0].average_rate == 30
        decoded = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]

    assert len(decoded) == len(pictures)
    for one, two in zip(decoded, pictures, strict=True):
        # half a grey level of bias would already be a wrong colour matrix
        assert np.abs(one.astype(float).mean(axis=(0, 1)) - two.mean(axis=(0, 1))).max() < 2.5
        assert np.abs(one.astype(float) - two).mean() < 12


def test_bytes_do_not_depend_on_the_number_of_processes(made: Path, tmp_path: Path) -> None:
    generate(tmp_path / "again", SPEC, jobs=2)

    assert contents(tmp_path / "again") == contents(made)


def test_an_equal_call_returns_at_once(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "render_clip", None)  # rendering would fail

    done = generate(made, SPEC)

    assert (done.clips, done.rendered) == (4, 0)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        (SynthSpec(games=3, clips=2, frames=3, size=(96, 64)), r"games 2, not 3"),
        (SynthSpec(games=2, clips=2, frames=3, size=(96, 64), seed=7), r"seed 0, not 7"),
        (
            SynthSpec(games=2, clips=2, frames=3, size=(96, 64), difficulty="easy"),
            r"difficulty broadcast, not easy",
        ),
    ],
)
def test_a_different_call_refuses_to_mix(made: Path, other: SynthSpec, said: str) -> None:
    before = contents(made)

    with pytest.raises(UserError, match=said):
        generate(made, other)

    assert contents(made) == before


def test_clips_of_another_generator_are_not_taken_for_current(tmp_path: Path) -> None:
    spec = SynthSpec(games=1, clips=1, frames=1, size=(64, 64), video=False)
    generate(tmp_path / "data", spec)
    manifest = tmp_path / "data/synthetic.json"
    manifest.write_text(manifest.read_text().replace('"generator": 2', '"generator": 1'))

    with pytest.raises(UserError, match="generator version 1, not 2"):
        generate(tmp_path / "data", spec)


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(UserError, match="is not empty and holds no synthetic clips"):
        generate(tmp_path, SPEC)

    assert contents(tmp_path) == {"notes.txt": b"mine"}


def test_after_an_interruption_the_rest_is_made_and_nothing_half_done_stays(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(spec: SynthSpec, game: int, clip: int):  # type: ignore[no-untyped-def]
        for number, item in enumerate(render_clip(spec, game, clip)):
            if (game, clip, number) == (1, 2, 1):
                raise KeyboardInterrupt
            yield item

    with monkeypatch.context() as patch:
        patch.setattr(writing, "render_clip", interrupted)
        with pytest.raises(KeyboardInterrupt):
            generate(tmp_path / "data", SPEC, jobs=1)
    whole = {name.split("/")[1] for name in contents(tmp_path / "data") if "/" in name}
    assert whole == {"Clip1", "Clip1.mp4"}

    assert generate(tmp_path / "data", SPEC, jobs=1).rendered == 3
    assert contents(tmp_path / "data") == contents(made)


def test_what_a_killed_process_left_behind_is_cleared(made: Path, tmp_path: Path) -> None:
    spec = SPEC
    generate(tmp_path / "data", spec, jobs=1)
    clip = tmp_path / "data/game1/Clip2"
    clip.rename(clip.with_name(".Clip2.tmp"))
    clip.with_name(".Clip2.mp4.tmp").write_bytes(b"half a video")

    assert generate(tmp_path / "data", spec, jobs=1).rendered == 1
    assert contents(tmp_path / "data") == contents(made)
