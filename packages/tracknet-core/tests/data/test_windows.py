import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.schema import SequenceConfig
from tracknet_core.data.windows import common_rate, covering, rate_notes, sliding, window_shape

frames = st.integers(0, 60)
lengths = st.integers(1, 8)
strides = st.integers(1, 6)


@given(frames, lengths, strides)
def test_covering_scores_every_frame_exactly_once(n: int, length: int, stride: int) -> None:
    indices, scored = covering(n, length, stride)
    assert sorted(indices[scored].tolist()) == list(range(n))


@given(frames, lengths, strides)
def test_windows_are_equally_spaced_except_at_the_end(n: int, length: int, stride: int) -> None:
    for windows in (sliding(n, length, stride), covering(n, length, stride)):
        assert windows.indices.shape == windows.scored.shape == (len(windows.indices), length)
        wanted = windows.indices[:, :1] + stride * np.arange(length)
        assert (windows.indices == np.minimum(wanted, n - 1)).all()


@given(frames, lengths, strides)
def test_covering_takes_as_few_windows_as_can_be(n: int, length: int, stride: int) -> None:
    phases = [len(range(phase, n, stride)) for phase in range(min(stride, n))]
    assert len(covering(n, length, stride).indices) == sum(-(-members // length) for members in phases)


@given(frames, lengths, strides)
def test_only_short_clips_repeat_a_frame(n: int, length: int, stride: int) -> None:
    if n >= length * stride:
        for windows in (sliding(n, length, stride), covering(n, length, stride)):
            assert all(len(set(row)) == length for row in windows.indices.tolist())


@given(frames, lengths, strides)
def test_covering_comes_in_the_order_of_time(n: int, length: int, stride: int) -> None:
    first = covering(n, length, stride).indices[:, 0]
    assert (np.diff(first) >= 0).all()


def test_sliding_starts_at_every_frame() -> None:
    assert sliding(5, 3, 1).indices.tolist() == [[0, 1, 2], [1, 2, 3], [2, 3, 4]]
    assert sliding(5, 2, 3).indices.tolist() == [[0, 3], [1, 4]]


def test_a_clip_shorter_than_a_window_repeats_its_last_frame_unscored() -> None:
    windows = sliding(2, 3, 1)
    assert windows.indices.tolist() == [[0, 1, 1]]
    assert windows.scored.tolist() == [[True, True, False]]


def test_the_last_window_is_pushed_back_and_scores_what_is_new() -> None:
    windows = covering(5, 3, 1)
    assert windows.indices.tolist() == [[0, 1, 2], [2, 3, 4]]
    assert windows.scored.tolist() == [[True, True, True], [False, True, True]]


def test_a_clip_without_frames_has_no_windows() -> None:
    assert sliding(0, 3, 1).indices.shape == covering(0, 3, 2).indices.shape == (0, 3)


def test_windows_are_single_frames_unless_sequences_are_enabled() -> None:
    assert window_shape(SequenceConfig(length=3, stride=2, fps=30), 60.0) == (1, 1)
    assert window_shape(SequenceConfig(enabled=True, length=3, stride=2), 60.0) == (3, 2)


def test_a_known_rate_samples_windows_by_time() -> None:
    sequence = SequenceConfig(enabled=True, length=3, stride=2, fps=30.0)
    strides = {fps: window_shape(sequence, fps)[1] for fps in (None, 10.0, 24.0, 29.97, 50.0, 60.0, 120.0)}
    assert strides == {None: 2, 10.0: 1, 24.0: 2, 29.97: 2, 50.0: 3, 60.0: 4, 120.0: 8}


@given(strides, st.floats(1, 240), st.floats(1, 240))
def test_no_whole_number_of_frames_is_nearer_in_time(stride: int, asked: float, fps: float) -> None:
    _, chosen = window_shape(SequenceConfig(enabled=True, length=3, stride=stride, fps=asked), fps)
    off = [abs(frames / fps - stride / asked) for frames in range(1, chosen + 3)]
    assert off[chosen - 1] == pytest.approx(min(off))


def test_windows_of_twice_the_rate_see_the_same_moments() -> None:
    sequence = SequenceConfig(enabled=True, length=3, fps=30.0)
    slow, fast = sliding(20, *window_shape(sequence, 30.0)), sliding(40, *window_shape(sequence, 60.0))
    assert (fast.indices[::2] == 2 * slow.indices).all()


def test_says_where_frames_cannot_lie_as_far_apart_as_asked() -> None:
    sequence = SequenceConfig(enabled=True, length=3, fps=30.0)
    assert rate_notes(sequence, [None, 29.97, 30.0, 59.94, 60.0]) == []
    notes = rate_notes(sequence, [25.0, 25.0, 15.0])
    assert len(notes) == 2
    assert notes[0] == (
        "data.sequence.fps: frames of a window lie 0.067 s apart in footage of 15 frames a second, "
        "not 0.033 s; no whole number of frames is nearer"
    )
    assert rate_notes(SequenceConfig(enabled=True, length=1, fps=30.0), [15.0]) == []


def test_a_common_rate_is_that_of_all() -> None:
    assert common_rate([25.0, 25.0]) == 25.0
    assert common_rate([25.0, 30.0]) is common_rate([25.0, None]) is common_rate([]) is None
