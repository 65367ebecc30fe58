import pickle
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import numpy as np
import pytest
import torch
from attrs import evolve, field, frozen
from torch.utils.data import DataLoader

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import AugmentConfig, DataConfig, PreprocessConfig, SequenceConfig
from tracknet_core.data.augment import Augmentation
from tracknet_core.data.clips import Clip, FrameStore
from tracknet_core.data.dataset import WindowDataset, WindowsOf
from tracknet_core.data.load import load_clips
from tracknet_core.data.windows import covering, sliding

Build = Callable[..., Path]
NOTHING = AugmentConfig()


def data(
    length: int = 3,
    *,
    fit: Literal["stretch", "letterbox"] = "stretch",
    resize: tuple[int, int] = (32, 24),
    cache: Literal["none", "ram", "disk"] = "none",
    stride: int = 1,
    augment: AugmentConfig = NOTHING,
    flip_prob: float = 0.0,
) -> DataConfig:
    return DataConfig(
        preprocess=PreprocessConfig(resize=resize, fit=fit, flip_prob=flip_prob),
        sequence=SequenceConfig(enabled=True, length=length, stride=stride),
        cache=cache,
        augment=augment,
    )


@pytest.fixture
def clips(tiny_tracknet: Build) -> list[Clip]:
    return load_clips(DataConfig(root=(str(tiny_tracknet(games=2, frames=5)),)))


def dataset(
    clips: list[Clip],
    config: DataConfig,
    windows_of: WindowsOf = sliding,
    *,
    training: bool = False,
    seed: int = 0,
) -> WindowDataset:
    return WindowDataset(clips, windows_of, config, seed, training)


def test_a_window(clips: list[Clip]) -> None:
    windows = dataset(clips, data())
    assert len(windows) == 6
    window = windows[5]
    assert window["frames"].shape == (3, 3, 24, 32)
    assert window["frames"].dtype == torch.uint8
    assert window["frames"].is_contiguous()
    assert window["clip"].item() == 1
    assert window["index"].tolist() == [2, 3, 4]
    assert window["scored"].tolist() == [True, True, True]
    assert window["ball"].tolist() == [True, True, False]
    assert window["xy"].dtype == torch.float32
    np.testing.assert_allclose(window["xy"], [[5.75, 7.25], [7.25, 8.25], [np.nan, np.nan]])


@pytest.mark.parametrize("fit", ["stretch", "letterbox"])
@pytest.mark.parametrize("resize", [(32, 24), (48, 48), (128, 64)])
def test_the_label_is_where_the_ball_is(
    clips: list[Clip], fit: Literal["stretch", "letterbox"], resize: tuple[int, int]
) -> None:
    window = dataset(clips, data(fit=fit, resize=resize))[0]
    rows, columns = np.mgrid[: resize[1], : resize[0]] + 0.5
    for frame, xy in zip(window["frames"].numpy(), window["xy"].numpy(), strict=True):
        weight = np.clip(frame.min(0).astype(float) - 120, 0, None)
        found = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
        np.testing.assert_allclose(found, xy, atol=0.35)


def test_single_frames_unless_sequences_are_enabled(clips: list[Clip]) -> None:
    config = evolve(data(), sequence=SequenceConfig(length=3))
    assert dataset(clips, config)[0]["frames"].shape == (1, 3, 24, 32)


def test_an_occluded_ball_is_not_to_be_found(clips: list[Clip]) -> None:
    visibility = np.array([0, 1, 2, 3, 1], np.uint8)
    occluded = evolve(clips[0], visibility=visibility)
    ball = [dataset([occluded], data(1))[frame]["ball"].item() for frame in range(5)]
    assert ball == [False, True, True, False, True]


def test_a_window_has_a_ball_if_any_of_its_frames_has(clips: list[Clip]) -> None:
    visible = evolve(clips[0], visibility=np.array([1, 0, 0, 0, 2], np.uint8))
    occluded = evolve(clips[1], visibility=np.array([0, 3, 0, 0, 0], np.uint8))
    windows = dataset([visible, occluded], data(2))
    assert windows.clip.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert windows.has_ball().tolist() == [True, False, False, True, False, False, False, False]
    assert dataset([], data()).has_ball().tolist() == []


@frozen(eq=False)
class Counting:
    """A store that counts what is decoded, and notes what was asked for."""

    store: FrameStore
    reads: Counter[int] = field(factory=Counter)
    asked: set[tuple[int, int] | None] = field(factory=set)

    @property
    def size(self) -> tuple[int, int]:
        return self.store.size

    def __len__(self) -> int:
        return len(self.store)

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> np.ndarray:
        self.reads[index] += 1
        self.asked.add(at_least)
        return self.store.read(index, at_least)

    def name(self, index: int) -> str:
        return self.store.name(index)

    def fingerprint(self) -> str:
        return self.store.fingerprint()


@pytest.mark.parametrize("windows_of", [sliding, covering])
@pytest.mark.parametrize("stride", [1, 2])
def test_in_the_order_of_time_each_frame_is_decoded_once(
    clips: list[Clip], windows_of: WindowsOf, stride: int
) -> None:
    store = Counting(clips[0].frames)
    windows = dataset([evolve(clips[0], frames=store)], data(2, stride=stride), windows_of)
    for index in range(len(windows)):
        windows[index]
    assert store.reads == Counter(range(5))
    assert store.asked == {(32, 24)}


@pytest.mark.parametrize("cache", ["ram", "disk"])
def test_later_epochs_decode_nothing(
    clips: list[Clip], cache: Literal["ram", "disk"], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRACKNET_CACHE", str(tmp_path / "cache"))
    store = Counting(clips[0].frames)
    windows = dataset([evolve(clips[0], frames=store)], data(cache=cache))
    plain = dataset(clips[:1], data())
    for _ in range(2):
        for index in range(len(windows)):
            assert torch.equal(windows[index]["frames"], plain[index]["frames"])
    assert store.reads == Counter(range(5))


CHANGES = AugmentConfig(zoom=0.3, shift=0.3, rotate=20, brightness=0.3, blur=1)


def test_training_windows_change_with_the_epoch_and_come_back_with_it(clips: list[Clip]) -> None:
    windows = dataset(clips, data(augment=CHANGES), training=True)
    first = windows[0]["frames"]
    windows.set_epoch(1)
    assert not torch.equal(windows[0]["frames"], first)
    windows.set_epoch(0)
    assert torch.equal(windows[0]["frames"], first)


def test_all_frames_of_a_window_change_alike(clips: list[Clip]) -> None:
    every = evolve(CHANGES, contrast=0.2, saturation=0.5, hue=20, compression=0.5)
    windows, plain = dataset(clips, data(augment=every, flip_prob=0.5), training=True), dataset(clips, data())
    augmentation = Augmentation(config=every, flip_prob=0.5, size=(32, 24), seed=0)
    for index in range(len(windows)):
        change = augmentation.change(0, index)
        assert change is not None
        for frame, source in zip(windows[index]["frames"], plain[index]["frames"], strict=True):
            expected = change.picture(source.permute(1, 2, 0).numpy())
            np.testing.assert_array_equal(frame.permute(1, 2, 0), expected)


def test_only_training_windows_are_augmented(clips: list[Clip]) -> None:
    plain = dataset(clips, data())[0]
    measured = dataset(clips, data(augment=CHANGES, flip_prob=1.0))[0]
    assert torch.equal(measured["frames"], plain["frames"])
    assert torch.equal(measured["xy"], plain["xy"])


def test_a_flipped_window_has_flipped_labels(clips: list[Clip]) -> None:
    plain = dataset(clips, data())[0]
    flipped = dataset(clips, data(flip_prob=1.0), training=True)[0]
    assert torch.equal(flipped["frames"], plain["frames"].flip(-1))
    torch.testing.assert_close(flipped["xy"][:, 0], 32 - plain["xy"][:, 0])


def test_a_ball_moved_out_of_the_picture_is_no_ball(clips: list[Clip]) -> None:
    windows = dataset(clips, data(augment=AugmentConfig(shift=0.5)), training=True)
    lost = kept = 0
    for epoch in range(20):
        windows.set_epoch(epoch)
        window = windows[0]
        inside = ((window["xy"] >= 0) & (window["xy"] <= torch.tensor([32, 24]))).all(-1)
        assert torch.equal(window["ball"], inside)
        lost, kept = lost + (~inside).sum().item(), kept + inside.sum().item()
    assert lost
    assert kept


def test_pickling_keeps_everything_but_memory(clips: list[Clip]) -> None:
    windows = dataset(clips, data(augment=CHANGES, cache="ram"), training=True)
    windows.set_epoch(3)
    copy = pickle.loads(pickle.dumps(windows))
    assert torch.equal(copy[1]["frames"], windows[1]["frames"])


@pytest.mark.parametrize(
    ("start", "cache"), [(None, "ram"), ("fork", "ram"), ("fork", "disk"), ("spawn", "ram")]
)
def test_workers_give_the_same_batches(
    clips: list[Clip],
    start: str | None,
    cache: Literal["ram", "disk"],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TRACKNET_CACHE", str(tmp_path / "cache"))
    windows = dataset(clips, data(augment=CHANGES, flip_prob=0.5, cache=cache), training=True)
    expected = [windows[index] for index in range(len(windows))]
    workers = 0 if start is None else 2
    loader = DataLoader(windows, batch_size=4, num_workers=workers, multiprocessing_context=start)
    batches = list(loader)
    assert [len(batch["frames"]) for batch in batches] == [4, 2]
    for name in ("frames", "xy", "ball", "clip", "index", "scored"):
        got = torch.cat([batch[name] for batch in batches])
        torch.testing.assert_close(got, torch.stack([item[name] for item in expected]), equal_nan=True)


@pytest.mark.parametrize("workers", [0, 1])
def test_an_unreadable_picture_is_one_line_wherever_it_is_read(clips: list[Clip], workers: int) -> None:
    file = clips[0].frames.path(1)  # type: ignore[attr-defined]
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(UserError) as caught:
        list(DataLoader(dataset(clips, data()), num_workers=workers))
    assert str(caught.value) == (
        f"{file}: is truncated or no picture. Restore it, or take its row out of the labels."
    )


@pytest.mark.parametrize("workers", [0, 1])
def test_in_training_another_window_stands_in_where_bad_data_are_skipped(
    clips: list[Clip], workers: int
) -> None:
    """Windows 0 to 2 are of the first clip; 0 and 1 have its frame 1."""
    config = evolve(data(augment=CHANGES, flip_prob=0.5), on_bad_data="skip")
    whole = list(dataset(clips, config, training=True))
    file = clips[0].frames.path(1)  # type: ignore[attr-defined]
    file.write_bytes(file.read_bytes()[:200])
    windows = dataset(clips, config, training=True)
    got = [
        {name: value[0] for name, value in batch.items()}
        for batch in DataLoader(windows, num_workers=workers)
    ]
    for index, item in enumerate(got):
        expected = whole[max(index, 2)]
        assert (int(item["clip"]), item["index"].tolist()) == (
            int(expected["clip"]),
            expected["index"].tolist(),
        )
        torch.testing.assert_close(item["frames"], expected["frames"])


def test_what_cannot_be_read_is_said_once(clips: list[Clip], caplog: pytest.LogCaptureFixture) -> None:
    file = clips[0].frames.path(1)  # type: ignore[attr-defined]
    file.write_bytes(file.read_bytes()[:200])
    list(dataset(clips, evolve(data(), on_bad_data="skip"), training=True))
    (said,) = caplog.messages
    assert said.startswith(f"{file}: is truncated or no picture.")


def test_when_nothing_can_be_read_a_run_stops(clips: list[Clip]) -> None:
    for clip in clips:
        for index in range(len(clip)):
            clip.frames.path(index).unlink()  # type: ignore[attr-defined]
    with pytest.raises(UserError, match="cannot be read"):
        dataset(clips, evolve(data(), on_bad_data="skip"), training=True)[0]


def test_figures_are_never_of_other_frames_than_asked_for(clips: list[Clip]) -> None:
    file = clips[0].frames.path(1)  # type: ignore[attr-defined]
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(UserError, match="is truncated"):
        list(dataset(clips, evolve(data(), on_bad_data="skip")))


def test_no_clips_make_no_windows() -> None:
    assert len(dataset([], data())) == 0
