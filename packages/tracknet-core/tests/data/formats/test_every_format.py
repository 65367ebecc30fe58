"""What holds for every format: it reads its own sample, no other takes it for its own, nothing is lost."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tracknet_core.builtin import tracknet_register_datasets
from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import DataConfig, PreprocessConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.convert import convert
from tracknet_core.data.errors import PictureError
from tracknet_core.data.formats.writing import game_and_clip
from tracknet_core.data.frames import PictureFolder
from tracknet_core.data.load import load_clips
from tracknet_core.data.reader import FrameReader
from tracknet_core.data.video.frames import VideoFrames
from tracknet_core.descriptors import DatasetFormat
from tracknet_core.progress import Silent

FORMATS = {layout.name: layout for layout in tracknet_register_datasets()}
NAMES = {
    "tracknet": ["game1/Clip1"],
    "shuttlecock": ["match9/1_01_00", "Professional-match1/1_01_00", "Test-match1/1_02_03"],
    "wasb-volleyball": ["4/24855"],
    "cvat": ["game1/rally1", "game1/rally2"],
    "video-csv": ["final", "game1/rally1"],
}
"""The clips of each format's sample."""


def test_a_sample_reads_as_it_was_written_by_hand(layout, sample, scan) -> None:
    clips, faults = scan(layout, sample(layout.name))
    assert faults == []
    assert [clip.name for clip in clips] == NAMES[layout.name]
    for clip in clips:
        assert clip.visibility.tolist() == [1, 1, 0, 1]
        np.testing.assert_array_equal(clip.xy, [(5, 10), (8, 12), (np.nan, np.nan), (14.5, 16)])
        assert clip.frames.size == (64, 48)
        for index in (1, 0, 3):
            x, y = 5 + 3 * index, 10 + 2 * index
            picture = clip.frames.read(index)
            assert picture[y, x].min() > 200, f"{clip.name}, {index}"
            assert picture[40, 60].max() < 30 + 5 * index


def test_exactly_one_format_detects_each_layout(layout, sample) -> None:
    root = sample(layout.name)
    assert [name for name, each in FORMATS.items() if each.detect(root)] == [layout.name]
    assert load_clips(DataConfig(root=(str(root),)))


def test_written_data_is_detected_as_what_it_is(layout, sample, scan, tmp_path) -> None:
    for name, other in FORMATS.items():
        clips, _ = scan(other, sample(name))
        layout.write(clips, tmp_path / f"from-{name}")
        found = [each.name for each in FORMATS.values() if each.detect(tmp_path / f"from-{name}")]
        assert found == [layout.name]


@pytest.mark.parametrize("root", ["absent", "file", "empty", "elsewhere"])
def test_detecting_never_raises(layout, tmp_path, root) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("text")
    (tmp_path / "elsewhere" / "a" / "b").mkdir(parents=True)
    (tmp_path / "elsewhere" / "a" / "notes.xml").write_text("<notes/>")
    (tmp_path / "elsewhere" / "a" / "rally_ball.csv").write_text("without a video")
    assert layout.detect(tmp_path / root) is False


def test_labels_reach_the_model_through_the_reader(layout, sample) -> None:
    data = DataConfig(root=(str(sample(layout.name)),), preprocess=PreprocessConfig(resize=(32, 24)))
    clips = load_clips(data)
    reader = FrameReader(clips, data)
    for number in range(len(clips)):
        picture = reader.read(number, 1)
        assert picture.shape == (24, 32, 3)
        assert picture[6, 4].min() > 120


def test_nothing_heavy_loads_before_it_is_needed(sample) -> None:
    roots = {name: str(sample(name)) for name in FORMATS}
    without_video = [name for name in FORMATS if name in ("tracknet", "wasb-volleyball")]
    code = f"""
import sys
from pathlib import Path
from tracknet_core.builtin import tracknet_register_datasets
assert not {{"numpy", "cv2", "torch", "av"}} & sys.modules.keys()
formats = {{each.name: each for each in tracknet_register_datasets()}}
for name, root in {roots!r}.items():
    assert formats[name].detect(Path(root))
assert not {{"numpy", "cv2", "torch", "av"}} & sys.modules.keys()
for name in {without_video!r}:
    assert formats[name].scan(Path({roots!r}[name]), print)
assert not {{"cv2", "torch", "av"}} & sys.modules.keys()
for name, root in {roots!r}.items():
    assert formats[name].scan(Path(root), print)
assert not {{"cv2", "torch"}} & sys.modules.keys()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_writing_never_mixes_with_what_is_there(layout, sample, scan, tmp_path) -> None:
    root = sample(layout.name)
    clips, _ = scan(layout, root)
    with pytest.raises(UserError, match="exists and is not empty"):
        layout.write(clips, root)
    with pytest.raises(UserError, match="two clips have this name"):
        layout.write([*clips, *clips], tmp_path / "out")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == [layout.name]


class Breaking:
    """Frames that are no files, and of which the last cannot be read."""

    size = (64, 48)

    def __len__(self) -> int:
        return 6

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> np.ndarray:
        if index == 5:
            raise PictureError("frame 5 is damaged")
        return np.zeros((48, 64, 3), np.uint8)

    def name(self, index: int) -> str:
        return str(index)

    def fingerprint(self) -> str:
        return "breaking"


def test_a_frame_that_cannot_be_read_leaves_nothing_half_written(layout, pictures, tmp_path) -> None:
    clips = [pictures[0], _clip("gamma", "gamma/one", Breaking())]
    with pytest.raises(PictureError, match="frame 5 is damaged"):
        layout.write(clips, tmp_path / "out")
    assert [entry.name for entry in tmp_path.iterdir()] == ["pictures"]


# Forth and back, for every ordered pair of formats ---------------------------------------------------


def _clip(game: str, name: str, frames: object, **rest: object) -> Clip:
    """Six frames with every visibility, positions that need all their digits, and one unknown place."""
    nan = np.nan
    xy = [(1 / 3, 40.0), (63.4999, 0.1 + 0.2), (nan, nan), (5.0, 6.25), (nan, nan), (1e-5, 47.0)]
    return Clip(
        game=game,
        name=name,
        frames=frames,
        visibility=np.array([1, 2, 0, 3, 3, 1], np.uint8),
        xy=np.array(xy),
        **rest,
    )


@pytest.fixture
def pictures(tmp_path) -> list[Clip]:
    """Two games, three clips, on no side: JPEG pictures."""
    import cv2

    noise = np.random.default_rng(0)
    clips = []
    for game, name in (("alpha", "one"), ("alpha", "two"), ("beta", "beta")):
        folder = tmp_path / "pictures" / game / name
        folder.mkdir(parents=True)
        names = tuple(f"p{n}.jpg" for n in range(6))
        for file in names:
            cv2.imwrite(str(folder / file), noise.integers(0, 255, (48, 64, 3), dtype=np.uint8))
        frames = PictureFolder(directory=folder, names=names, size=(64, 48))
        clips.append(_clip(game, f"{game}/{name}", frames))
    return clips


@pytest.fixture
def videos(tmp_path) -> list[Clip]:
    """Two games on different sides, three clips: the frames 2 to 7 of videos at 29.97 fps."""
    from tracknet_core.data.video.writer import VideoWriter

    noise = np.random.default_rng(0)
    clips = []
    for game, name, side in (("alpha", "one", "train"), ("alpha", "two", "train"), ("beta", "x", "test")):
        file = tmp_path / "videos" / game / f"{name}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        with VideoWriter(file, (64, 48), 30000 / 1001, 10) as video:
            for _ in range(9):
                video.add(noise.integers(0, 255, (48, 64, 3), dtype=np.uint8))
        frames = VideoFrames(file=file, size=(64, 48), start=2, count=6)
        clips.append(_clip(game, f"{game}/{name}", frames, fps=30000 / 1001, split=side))
    return clips


KEEPS_VIDEOS = ("shuttlecock", "cvat", "video-csv")
KEEPS_PICTURES = ("tracknet", "shuttlecock", "wasb-volleyball", "cvat")
PAIRS = [(source, target) for source in FORMATS for target in FORMATS if source != target]


def _held(layout: str, clip: Clip) -> tuple[list[int], list[list[float]]]:
    """The labels that a layout can hold."""
    visibility, xy = clip.visibility.copy(), clip.xy.copy()
    if layout == "wasb-volleyball":
        seen = np.isin(visibility, (1, 2))
        visibility, xy = seen.astype(np.uint8), np.where(seen[:, None], xy, np.nan)
    return visibility.tolist(), xy.tolist()


def _forth_and_back(clips: list[Clip], source: str, target: str, tmp_path: Path) -> list[tuple[Clip, Clip]]:
    """Clips as a layout gives them, and as it gives them after a way through another one."""
    a, b, c = (tmp_path / name for name in ("a", "b", "c"))
    FORMATS[source].write(clips, a)
    for origin, layout, written in ((a, target, b), (b, source, c)):
        convert(origin, written, to=layout, from_="auto", on_bad_data="error", progress=Silent())
    before, after = (load_clips(DataConfig(root=(str(root),))) for root in (a, c))
    by_name = {game_and_clip(clip): clip for clip in after}
    assert len(before) == len(after) == len(clips)
    return [(clip, by_name[game_and_clip(clip)]) for clip in before]


def _check(pairs: list[tuple[Clip, Clip]], target: str) -> None:
    for before, after in pairs:
        assert (after.game, after.name) == (before.game, before.name)
        visibility, xy = _held(target, before)
        assert after.visibility.tolist() == visibility
        np.testing.assert_array_equal(after.xy, xy)


def _files(frames: object) -> list[bytes]:
    """The bytes of every picture, or of the video."""
    if isinstance(frames, VideoFrames):
        return [frames.file.read_bytes()]
    return [frames.path(index).read_bytes() for index in range(len(frames))]


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] in KEEPS_PICTURES])
def test_pictures_go_forth_and_back_without_loss(pictures, tmp_path, source, target) -> None:
    pairs = _forth_and_back(pictures, source, target, tmp_path)
    _check(pairs, target)
    for before, after in pairs:
        if target == "video-csv":
            _assert_close(before, after)
        elif source == "wasb-volleyball" and target == "shuttlecock":
            _assert_close(before, after)  # JPEG to PNG without loss, and to JPEG again with
        elif source == "shuttlecock" and target == "wasb-volleyball":
            _assert_close(before, after)  # JPEG cannot hold what a PNG does
        elif target == "shuttlecock":
            for index in range(6):
                np.testing.assert_array_equal(before.frames.read(index), after.frames.read(index))
        else:
            assert _files(before.frames) == _files(after.frames)


@pytest.mark.parametrize(("source", "target"), [pair for pair in PAIRS if pair[0] in KEEPS_VIDEOS])
def test_videos_go_forth_and_back_without_loss(videos, tmp_path, source, target) -> None:
    pairs = _forth_and_back(videos, source, target, tmp_path)
    _check(pairs, target)
    for before, after in pairs:
        assert before.fps == pytest.approx(30000 / 1001)
        if target in KEEPS_VIDEOS:
            assert _files(before.frames) == _files(after.frames)
            assert after.frames.start == before.frames.start == 2
            assert after.fps == before.fps
        else:
            _assert_close(before, after)


def test_sides_survive_in_the_one_layout_that_has_them(videos, tmp_path, scan) -> None:
    layout = FORMATS["shuttlecock"]
    layout.write(videos, tmp_path / "a")
    first, _ = scan(layout, tmp_path / "a")
    layout.write(first, tmp_path / "b")
    second, _ = scan(layout, tmp_path / "b")
    expected = {"alpha/one": "train", "alpha/two": "train", "beta/x": "test"}
    assert {clip.name: clip.split for clip in second} == expected


def _assert_close(before: Clip, after: Clip) -> None:
    """The same frames, in the same order, after a lossy encoding (of noise, the worst there is)."""
    for index in range(6):
        one, other = (clip.frames.read(index).astype(int) for clip in (before, after))
        assert one.shape == other.shape
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.6
        following = before.frames.read((index + 1) % 6).astype(int)
        assert abs(np.corrcoef(following.ravel(), other.ravel())[0, 1]) < 0.2


def test_each_format_can_be_written(layout: DatasetFormat) -> None:
    assert layout.write is not None
    assert layout.layout.startswith("ROOT/")
