"""Open paths all go on from what has been settled, and weak candidates find their track."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tracknet_core.tracking.kalman import MotionModel
from tracknet_core.tracking.paths import Paths

MODEL = MotionModel(diagonal=1468.6)
CANDIDATE = st.tuples(st.floats(0, 1279), st.floats(0, 719), st.sampled_from([0.2, 0.5, 0.9]))


def extend(paths, frame, *candidates):
    """Candidates as (x, y, score)."""
    xy = np.array([candidate[:2] for candidate in candidates], dtype=float).reshape(-1, 2)
    scores = np.array([candidate[2] for candidate in candidates], dtype=float)
    paths.extend(frame, float(frame), xy, scores, 0.5)


def beginning(node):
    while node.parent is not None:
        node = node.parent
    return node


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(CANDIDATE, max_size=3), max_size=20), st.integers(0, 4))
def test_open_paths_begin_at_the_settled_node(video, max_gap):
    paths = Paths(model=MODEL, max_gap=max_gap, max_time=2.0 * (max_gap + 1))
    for frame, candidates in enumerate(video):
        extend(paths, frame, *candidates)
        settled, _ = paths.settle(frame - max_gap)
        assert settled is paths.settled
        for node in paths.open:
            assert node.frame > frame - max_gap
            assert settled is None or beginning(node) is settled


def test_a_weak_candidate_joins_a_track_that_is_not_the_best():
    paths = Paths(model=MODEL, max_gap=4, max_time=10.0)
    for frame in range(3):
        extend(paths, frame, (100 + 5 * frame, 100, 0.9))
    extend(paths, 3, (115, 100, 0.99), (900, 600, 0.5))
    rival = next(node for node in paths.open if node.score == 0.5)
    extend(paths, 4, (901, 601, 0.3))
    weak = paths.open[-1]
    assert weak.score == 0.3
    assert weak.linked
    assert weak.parent is rival


def test_no_candidates_leave_everything_as_it_was():
    paths = Paths(model=MODEL, max_gap=4, max_time=10.0)
    extend(paths, 0)
    assert paths.open == []
    assert paths.settle(0) == (None, [])


def test_a_run_counts_the_frames_since_the_last_gap():
    paths = Paths(model=MODEL, max_gap=4, max_time=10.0)
    runs = []
    for frame in (0, 1, 2, 5, 6):
        extend(paths, frame, (100 + 5 * frame, 100, 0.9))
        runs.append(paths.open[-1].run)
    assert runs == [1, 2, 3, 1, 2]


def test_a_pause_of_the_recording_is_no_gap_of_a_track():
    paths = Paths(model=MODEL, max_gap=4, max_time=10.0)
    xy, scores = np.array([[100.0, 100.0]]), np.array([0.9])
    paths.extend(0, 0.0, xy, scores, 0.5)
    paths.extend(1, 300.0, xy, scores, 0.5)
    assert [node.linked for node in paths.open] == [False, False]
