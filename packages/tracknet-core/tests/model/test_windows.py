"""Streams give the same windows as clips of known length, holding only a window or two of frames."""

from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.data.windows import covering, sliding
from tracknet_core.model.windows import Window, overlapping, side_by_side

SHAPES = st.tuples(st.integers(0, 40), st.integers(1, 5), st.integers(1, 3))


def as_rows(windows: list[Window[int]]) -> list[tuple[list[int], list[bool]]]:
    return sorted((window.numbers.tolist(), window.scored.tolist()) for window in windows)


@given(SHAPES)
def test_side_by_side_is_covering(shape: tuple[int, int, int]) -> None:
    frames, length, stride = shape
    windows = list(side_by_side(range(frames), length, stride))
    indices, scored = covering(frames, length, stride)
    expected = sorted(zip(indices.tolist(), scored.tolist(), strict=True))
    assert as_rows(windows) == expected
    assert all(list(window.frames) == window.numbers.tolist() for window in windows)


@given(SHAPES)
def test_overlapping_is_sliding(shape: tuple[int, int, int]) -> None:
    frames, length, stride = shape
    windows = list(overlapping(range(frames), length, stride))
    indices, scored = sliding(frames, length, stride)
    fitting = as_rows(windows)[: len(indices)]
    assert fitting == sorted(zip(indices.tolist(), scored.tolist(), strict=True))
    assert all(list(window.frames) == window.numbers.tolist() for window in windows)
    assert {number for window in windows for number in window.numbers[window.scored]} == set(range(frames))


@pytest.mark.parametrize(("cut", "most"), [(side_by_side, 2 * 6), (overlapping, 5)])
def test_a_stream_is_read_only_as_far_as_its_windows_need(cut, most: int) -> None:  # type: ignore[no-untyped-def]
    read = 0

    def stream() -> Iterator[int]:
        nonlocal read
        for number in range(1000):
            read += 1
            yield number

    for window in cut(stream(), 3, 2):
        assert read - int(window.numbers[0]) <= most


def test_every_frame_is_scored_once_side_by_side() -> None:
    counted = np.zeros(100, int)
    for window in side_by_side(range(100), 3, 2):
        np.add.at(counted, window.numbers[window.scored], 1)
    assert (counted == 1).all()
