"""How windows vote: frames come out once, in order, as the mean that was asked for."""

import pytest
import torch

from tracknet_core.model.ensemble import gather
from tracknet_core.model.windows import overlapping, side_by_side


def opinion(window: int, place: int) -> float:
    return 10.0 * window + place


def vote(ensemble: str, frames: int, length: int, stride: int = 1, batch: int = 2) -> list[tuple[int, float]]:
    """What each frame gets when place p of window w says ``10 w + p``."""
    cut = side_by_side if ensemble == "none" else overlapping
    windows = list(cut(range(frames), length, stride))
    votes = gather(ensemble, length)  # type: ignore[arg-type]
    finished = []
    for start in range(0, len(windows), batch):
        chunk = windows[start : start + batch]
        maps = torch.tensor([[opinion(start + w, p) for p in range(length)] for w in range(len(chunk))])
        finished += votes.add(chunk, maps[..., None, None].expand(-1, -1, 2, 2))
    return [(number, float(heatmap[0, 0])) for number, heatmap in finished + votes.rest()]


@pytest.mark.parametrize("ensemble", ["none", "average", "weighted"])
@pytest.mark.parametrize(
    ("frames", "length", "stride"), [(1, 3, 1), (2, 3, 2), (7, 3, 1), (23, 4, 3), (12, 1, 1)]
)
def test_every_frame_once_and_in_order(ensemble: str, frames: int, length: int, stride: int) -> None:
    assert [number for number, _ in vote(ensemble, frames, length, stride)] == list(range(frames))


def test_average_is_the_mean_over_all_windows_that_see_a_frame() -> None:
    values = dict(vote("average", frames=5, length=3))
    assert values[0] == opinion(0, 0)
    assert values[1] == pytest.approx((opinion(0, 1) + opinion(1, 0)) / 2)
    assert values[2] == pytest.approx((opinion(0, 2) + opinion(1, 1) + opinion(2, 0)) / 3)
    assert values[4] == opinion(2, 2)


def test_weighted_trusts_the_middle_of_a_window_most() -> None:
    values = dict(vote("weighted", frames=5, length=3))
    assert values[2] == pytest.approx((1 * opinion(0, 2) + 2 * opinion(1, 1) + 1 * opinion(2, 0)) / 4)
    assert values[1] == pytest.approx((2 * opinion(0, 1) + 1 * opinion(1, 0)) / 3)


def test_weights_grow_by_one_from_either_end() -> None:
    assert gather("weighted", 4).weights.tolist() == [1, 2, 2, 1]  # type: ignore[attr-defined]
    assert gather("weighted", 5).weights.tolist() == [1, 2, 3, 2, 1]  # type: ignore[attr-defined]


def test_a_repeated_frame_does_not_vote() -> None:
    assert vote("average", frames=2, length=3) == [(0, opinion(0, 0)), (1, opinion(0, 1))]


@pytest.mark.parametrize("ensemble", ["average", "weighted"])
@pytest.mark.parametrize("frames", [0, 1, 7])
def test_windows_of_one_frame_have_nothing_to_vote_on(ensemble: str, frames: int) -> None:
    assert vote(ensemble, frames, length=1) == vote("none", frames, length=1)
