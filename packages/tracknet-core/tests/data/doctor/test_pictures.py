"""What the pictures of a clip tell: frozen labels, repeated frames, labels of other frames and places."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from attrs import evolve
from numpy.typing import NDArray

from tracknet_core.data.clips import Clip
from tracknet_core.data.doctor.findings import Finding, Kind
from tracknet_core.data.doctor.footage import Footage, watch
from tracknet_core.data.doctor.frozen import frozen_labels
from tracknet_core.data.doctor.misfits import misfits, readings
from tracknet_core.data.doctor.pictures import unreadable
from tracknet_core.data.doctor.repeated import repeated
from tracknet_core.data.errors import PictureSizeError
from tracknet_core.progress import Silent

MakeClip = Callable[..., Clip]
SIZE = (320, 180)
FRAMES = 20


def track(frames: int = FRAMES) -> NDArray[np.float64]:
    return np.stack([20 + 9.0 * np.arange(frames), 100 - 4.0 * np.arange(frames)], axis=1)


def pictures(xy: NDArray[np.float64], *, noise: float = 2.0) -> list[NDArray[np.uint8]]:
    """A bright dot on a noisy court."""
    rng = np.random.default_rng(0)
    court = rng.integers(60, 120, (SIZE[1], SIZE[0], 1)).astype(np.float64)
    drawn = []
    for x, y in xy:
        picture = court.copy()
        if np.isfinite(x):
            picture[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3] = 220
        picture += rng.normal(0, noise, court.shape)
        drawn.append(np.repeat(picture.clip(0, 255).astype(np.uint8), 3, axis=2))
    return drawn


def looked_at(clip: Clip, frames: int | None = None) -> Footage:
    with Silent().task("") as task:
        return watch(clip, readings(clip), len(clip) if frames is None else frames, task)


def said(findings: Sequence[Finding]) -> list[tuple[str, tuple[int, ...]]]:
    return [(found.kind.value, found.frames) for found in findings]


def test_labels_that_fit_are_left_alone(clip_of: MakeClip) -> None:
    clip = clip_of(track(), pictures=pictures(track()), size=SIZE)
    footage = looked_at(clip)
    assert said([*misfits(clip, footage, readings(clip)), *frozen_labels(clip, footage)]) == []
    assert said([*repeated(clip, footage), *unreadable(clip, footage)]) == []


@pytest.mark.parametrize("shift", [-2, -1, 1, 2])
def test_the_shift_is_named(clip_of: MakeClip, shift: int) -> None:
    """Frame i bears the label of frame i + shift, so the label of frame i - shift fits it."""
    true = track(FRAMES + 4)
    clip = clip_of(true[2 + shift : 2 + shift + FRAMES], pictures=pictures(true[2 : 2 + FRAMES]), size=SIZE)
    (found,) = misfits(clip, looked_at(clip), readings(clip))
    count = f"{abs(shift)} frame{'s' if abs(shift) > 1 else ''}"
    assert found.message.endswith(f"fit the pictures {count} {'later' if shift > 0 else 'earlier'} better")


@pytest.mark.parametrize(
    ("wrong", "how"),
    [
        (lambda xy: xy[:, ::-1], "with x and y exchanged"),
        (lambda xy: (SIZE[0] - 1, 0) + xy * (-1, 1), "mirrored left to right"),
        (lambda xy: (0, SIZE[1] - 1) + xy * (1, -1), "counted from the lower edge"),
    ],
)
def test_another_place_is_named(
    clip_of: MakeClip, wrong: Callable[[NDArray[np.float64]], NDArray[np.float64]], how: str
) -> None:
    clip = clip_of(wrong(track()), pictures=pictures(track()), size=SIZE)
    (found,) = misfits(clip, looked_at(clip), readings(clip))
    assert found.message == f"the labels fit the pictures better {how}"


def test_labels_without_any_sense_fit_nothing_better(clip_of: MakeClip) -> None:
    anywhere = np.random.default_rng(1).uniform((20, 20), (300, 160), (FRAMES, 2))
    clip = clip_of(anywhere, pictures=pictures(np.full((FRAMES, 2), np.nan)), size=SIZE)
    assert list(misfits(clip, looked_at(clip), readings(clip))) == []


@pytest.mark.parametrize(
    ("size", "better", "amount", "found"),
    [
        ((640, 360), 16, 2.0, True),
        ((640, 360), 15, 2.0, False),  # of 20 frames
        ((640, 360), 20, 1.3, True),
        ((640, 360), 20, 1.2, False),
        ((639, 360), 20, 2.3, True),
        ((639, 360), 20, 2.2, False),
        ((319, 180), 20, 9.0, False),
        ((320, 179), 20, 9.0, False),
    ],
)
def test_another_reading_must_be_better_in_most_frames_and_by_much_and_more_in_small_pictures(
    clip_of: MakeClip, size: tuple[int, int], better: int, amount: float, found: bool
) -> None:
    clip = clip_of(track(), size=size)
    tried = readings(clip)
    shown = np.full(tried.shape[:2], np.nan, np.float32)
    shown[:, 0] = 10
    shown[:, 6] = np.where(np.arange(FRAMES) < better, 10 * amount, 9)
    seen = np.ones(FRAMES, np.uint64)
    nothing = np.zeros((FRAMES, 5, 5), np.float32)
    footage = Footage(
        errors={}, digests=seen, change=shown[:, 0], transience=shown, patches=nothing, scale=1.0
    )
    assert [f.kind.value for f in misfits(clip, footage, tried)] == ["misplaced-labels"] * found


def test_labels_freeze_while_the_ball_flies_on(clip_of: MakeClip) -> None:
    labels = track()
    labels[8:12] = labels[7]
    clip = clip_of(labels, pictures=pictures(track()), size=SIZE)
    assert said(list(frozen_labels(clip, looked_at(clip)))) == [("frozen-labels", (7, 8, 9, 10, 11))]


def test_a_ball_may_rest(clip_of: MakeClip) -> None:
    rests = track()
    rests[8:14] = rests[7]
    clip = clip_of(rests, pictures=pictures(rests), size=SIZE)
    assert list(frozen_labels(clip, looked_at(clip))) == []


def test_two_equal_labels_are_common(clip_of: MakeClip) -> None:
    labels = track()
    labels[8] = labels[7]
    clip = clip_of(labels, pictures=pictures(track()), size=SIZE)
    assert list(frozen_labels(clip, looked_at(clip))) == []


def test_a_row_of_copies_is_one_finding(clip_of: MakeClip) -> None:
    shown = pictures(track())
    shown[5] = shown[6] = shown[4]
    clip = clip_of(track(), pictures=shown, size=SIZE)
    (found,) = repeated(clip, looked_at(clip))
    assert found.frames == (5, 6)
    assert found.message == "frames 5–6 (0005.jpg–0006.jpg) repeat the picture of frame 4"


def test_a_copy_that_was_compressed_anew_counts_where_the_ball_moved(clip_of: MakeClip) -> None:
    shown = pictures(track())
    shown[5] = shown[4].copy()
    shown[5][::16, ::16] += 1
    clip = clip_of(track(), pictures=shown, size=SIZE)
    assert said(list(repeated(clip, looked_at(clip)))) == [("repeated-frame", (5,))]
    nobody = clip_of(np.full((FRAMES, 2), np.nan), pictures=shown, size=SIZE)
    assert list(repeated(nobody, looked_at(nobody))) == []


def test_an_unreadable_frame_is_named_and_compared_with_nothing(clip_of: MakeClip) -> None:
    shown: list[NDArray[np.uint8] | None] = [*pictures(track())]
    shown[3] = None
    clip = clip_of(track(), pictures=shown, size=SIZE)
    footage = looked_at(clip)
    (found,) = unreadable(clip, footage)
    assert (found.frames, found.place, found.remedy) == ((3,), "0003.jpg", "Restore it.")
    assert np.flatnonzero(np.isnan(footage.change)).tolist() == [0, 3, 4]
    assert np.flatnonzero(np.isnan(footage.transience[:, 0])).tolist() == [0, 2, 3, 4, FRAMES - 1]


def test_a_frame_of_another_size_is_told_from_a_damaged_one_whatever_its_words(clip_of: MakeClip) -> None:
    clip = clip_of(track(), size=SIZE)
    fault = PictureSizeError("rally.mp4: frame 3 is 64×48 px, the first is 32×24. Frames must have one size.")
    (found,) = unreadable(clip, evolve(looked_at(clip), errors={3: fault}))
    assert (found.kind, found.frames, found.place) == (Kind.PICTURE_SIZE, (3,), "rally.mp4")
    assert found.message == "frame 3 is 64×48 px, the first is 32×24"
    assert found.remedy == "Frames must have one size."


def test_of_frames_that_were_not_looked_at_nothing_is_said(clip_of: MakeClip) -> None:
    shown = pictures(track())
    shown[15] = shown[14]
    clip = clip_of(track(), pictures=shown, size=SIZE)
    footage = looked_at(clip, frames=10)
    assert int(footage.seen.sum()) == 10
    assert said([*repeated(clip, footage), *misfits(clip, footage, readings(clip))]) == []
    nothing = looked_at(clip, frames=0)
    assert said([*frozen_labels(clip, nothing), *misfits(clip, nothing, readings(clip))]) == []


def test_large_pictures_are_looked_at_smaller(clip_of: MakeClip) -> None:
    """A store that cannot decode at a smaller size gives 4K frames whole."""
    clip = clip_of(track(3), size=(3840, 2160))
    assert looked_at(clip).scale == pytest.approx(1 / 6)
