"""Every frame of every clip gets its candidates, in source pixels."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve
from torch import Tensor, nn

from tracknet_core.config.schema import DataConfig, PreprocessConfig, SequenceConfig
from tracknet_core.data.clips import Clip
from tracknet_core.data.reader import FrameReader
from tracknet_core.model.detection import Detector, detect_clips
from tracknet_core.model.engines.pytorch import TorchEngine

SIZE = (128, 64)


class Dots:
    """Black frames with one bright dot of 4×4 px whose place depends on the frame number."""

    size = SIZE

    def __init__(self, count: int) -> None:
        self.count, self.reads = count, 0

    def __len__(self) -> int:
        return self.count

    def place(self, index: int) -> tuple[float, float]:
        return 8.0 + 4 * index + 1.5, 20.0 + 1.5

    def read(self, index: int, at_least: tuple[int, int] | None = None) -> np.ndarray:
        self.reads += 1
        image = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)
        x, y = (int(v - 1.5) for v in self.place(index))
        image[y : y + 4, x : x + 4] = 255
        return image

    def name(self, index: int) -> str:
        return str(index)


class Bright(nn.Module):
    """A model whose heatmap is the brightness of the picture at half its size."""

    input_size, heatmap_size = (64, 32), (32, 16)

    def __init__(self, frames: int) -> None:
        super().__init__()
        self.frames = frames

    def forward(self, frames: Tensor) -> Tensor:
        maps = nn.functional.avg_pool2d(frames.float().mean(2) / 255, 2)
        return torch.logit(maps.clamp(1e-4, 1 - 1e-4))


def on_cpu(model: Any) -> TorchEngine:
    return TorchEngine(model=model, device=torch.device("cpu"))


def clip(count: int) -> tuple[Clip, Dots]:
    dots = Dots(count)
    return Clip(
        game="g", name="g/c", frames=dots, visibility=np.ones(count, np.uint8), xy=np.zeros((count, 2))
    ), dots


@pytest.mark.parametrize("length", [1, 2, 3])
@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("count", [1, 5, 7])
def test_each_frame_is_found_where_it_is_and_decoded_once(length: int, stride: int, count: int) -> None:
    one, dots = clip(count)
    data = DataConfig(
        preprocess=PreprocessConfig(resize=(64, 32)),
        sequence=SequenceConfig(enabled=True, length=length, stride=stride),
    )
    detector = Detector(engine=on_cpu(Bright(length)), batch_size=2, sequence=data.sequence)
    (found,) = detect_clips(detector, [one], FrameReader([one], data))
    assert found.xy.shape[:1] == (count,)
    expected = np.array([dots.place(index) for index in range(count)])
    np.testing.assert_allclose(found.xy[:, 0], expected, atol=0.05)
    assert dots.reads == count


@pytest.mark.parametrize("ensemble", ["average", "weighted"])
def test_overlapping_windows_vote_on_every_frame(ensemble: str) -> None:
    one, dots = clip(7)
    data = DataConfig(preprocess=PreprocessConfig(resize=(64, 32)))
    detector = Detector(engine=on_cpu(Bright(3)), batch_size=2, ensemble=ensemble)
    (found,) = detect_clips(detector, [one], FrameReader([one], data))
    np.testing.assert_allclose(found.xy[:, 0], [dots.place(index) for index in range(7)], atol=0.05)


class Neighbours(Bright):
    """Notes how many frames lie between the first two of each window, by the place of the dot."""

    def __init__(self) -> None:
        super().__init__(2)
        self.apart: list[int] = []

    def forward(self, frames: Tensor) -> Tensor:
        columns = frames[..., 0, :, :].float().sum(-2).argmax(-1)  # [B, T], input px
        self.apart += ((columns[:, 1] - columns[:, 0]) // 2).tolist()  # 4 source px a frame
        return super().forward(frames)


@pytest.mark.parametrize(("fps", "apart"), [(60.0, 2), (30.0, 1), (None, 1), (15.0, 1), (95.0, 3)])
def test_frames_of_a_window_lie_as_far_apart_in_time_as_in_training(fps: float | None, apart: int) -> None:
    one = evolve(clip(12)[0], fps=fps)
    data = DataConfig(
        preprocess=PreprocessConfig(resize=(64, 32)),
        sequence=SequenceConfig(enabled=True, length=2, stride=1, fps=30.0),
    )
    model = Neighbours()
    detector = Detector(engine=on_cpu(model), sequence=data.sequence)
    (found,) = detect_clips(detector, [one], FrameReader([one], data))
    assert set(model.apart) == {apart}
    assert len(found.xy) == 12
    assert np.isfinite(found.xy[:, 0]).all()


def test_clips_keep_their_order() -> None:
    clips = [clip(2)[0], clip(4)[0]]
    data = DataConfig(preprocess=PreprocessConfig(resize=(64, 32)))
    detector = Detector(engine=on_cpu(Bright(1)), batch_size=3)
    found = detect_clips(detector, clips, FrameReader(clips, data))
    assert [len(one.score) for one in found] == [2, 4]


def test_no_window_holds_frames_of_two_shots() -> None:
    seen: list[set[int]] = []

    class Scenes(Bright):
        def forward(self, frames: Tensor) -> Tensor:
            seen.extend({int(value) for value in window.flatten(1).amin(1)} for window in frames)
            return super().forward(frames)

    shots = [0] * 5 + [100] * 4 + [30] + [200] * 7
    frames = [np.full((32, 64, 3), level, np.uint8) for level in shots]
    cuts = [False, *(before != level for before, level in pairwise(shots))]
    for ensemble in ("none", "average"):
        detector = Detector(engine=on_cpu(Scenes(3)), batch_size=4, ensemble=ensemble)
        found = list(detector.detect(zip(frames, cuts, strict=True)))
        assert [candidates.number for candidates in found] == list(range(len(shots)))
        assert [candidates.cut for candidates in found] == cuts
    assert {len(levels) for levels in seen} == {1}


def test_cuts_of_a_clip_are_told_to_the_tracker() -> None:
    class TwoScenes(Dots):
        def read(self, index: int, at_least: tuple[int, int] | None = None) -> np.ndarray:
            level = np.linspace(0, 200, SIZE[0]) if index < 6 else np.linspace(200, 0, SIZE[0])
            return np.broadcast_to(level.astype(np.uint8)[None, :, None], (SIZE[1], SIZE[0], 3)).copy()

    one = evolve(clip(12)[0], frames=TwoScenes(12))
    data = DataConfig(preprocess=PreprocessConfig(resize=(64, 32)))
    detector = Detector(engine=on_cpu(Bright(3)), batch_size=2)
    (found,) = detect_clips(detector, [one], FrameReader([one], data))
    assert np.flatnonzero(found.cut).tolist() == [6]
