"""A track has one point a frame, follows the ball and never makes up more than it may."""

import numpy as np
import pytest
from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from tracknet_core.config.schema import TrackingConfig
from tracknet_core.tracking.track import OnlineTracker, track_clip

SIZE = (1280, 720)
THRESHOLD = 0.5


@frozen(kw_only=True, eq=False)
class Candidates:
    """What the tracker reads of a ClipDetections."""

    xy: np.ndarray
    score: np.ndarray
    cut: np.ndarray


def candidates(*frames, cuts=()):
    """Each frame as [(x, y, score), ...], best first."""
    most = max((len(frame) for frame in frames), default=1) or 1
    xy, score = np.full((len(frames), most, 2), np.nan), np.zeros((len(frames), most))
    for index, frame in enumerate(frames):
        for rank, (x, y, value) in enumerate(frame):
            xy[index, rank], score[index, rank] = (x, y), value
    return Candidates(xy=xy, score=score, cut=np.isin(np.arange(len(frames)), list(cuts)))


def ball(frame, score=0.9):
    """A ball in free flight."""
    return (200 + 14 * frame, 400 - 16 * frame + 0.7 * frame**2, score)


def track(
    *frames,
    max_gap=4,
    fill="missed",
    enabled=True,
    threshold=THRESHOLD,
    size=SIZE,
    fps=None,
    times=None,
    cuts=(),
):
    config = TrackingConfig(enabled=enabled, max_gap=max_gap, fill=fill)
    found = candidates(*frames, cuts=cuts)
    return track_clip(found, config, threshold=threshold, size=size, fps=fps, times=times)


def sources(points):
    return [point.source for point in points]


# --- what it does ---


def test_a_ball_seen_in_every_frame_is_left_as_it_was_detected():
    points = track(*[[ball(frame)] for frame in range(20)])
    assert sources(points) == ["detected"] * 20
    assert [(*point.xy, point.score) for point in points] == [ball(frame) for frame in range(20)]


def test_a_short_gap_is_filled_along_the_flight_once_the_track_resumes():
    points = track(*[[] if 8 <= frame < 10 else [ball(frame)] for frame in range(20)])
    assert sources(points)[8:10] == ["interpolated"] * 2
    for frame in range(8, 10):
        assert points[frame].xy == pytest.approx(ball(frame)[:2], abs=1.0)
        assert points[frame].score == 0.0


def aside(frame):
    """A candidate too far from the ball to be taken for it, but near enough to be a sign of it."""
    x, y, _ = ball(frame)
    return (x + 30, y + 20, 0.2)


def test_a_longer_gap_is_filled_where_weak_candidates_lie_along_the_way():
    points = track(*[[aside(frame)] if 8 <= frame < 12 else [ball(frame)] for frame in range(20)])
    assert sources(points)[8:12] == ["interpolated"] * 4
    for frame in range(8, 12):
        assert points[frame].xy == pytest.approx(ball(frame)[:2], abs=1.0)
        assert points[frame].score == 0.0


def test_a_longer_gap_without_a_sign_of_the_ball_stays_empty():
    points = track(*[[] if 8 <= frame < 11 else [ball(frame)] for frame in range(20)])
    assert sources(points)[8:11] == [None] * 3


def test_every_gap_up_to_max_gap_is_filled_where_that_is_asked_for():
    frames = [[] if 8 <= frame < 12 else [ball(frame)] for frame in range(20)]
    points = track(*frames, fill="all")
    assert sources(points)[8:12] == ["interpolated"] * 4
    assert sources(track(*frames, fill="all", max_gap=3))[8:12] == [None] * 4


def test_a_gap_longer_than_max_gap_stays_empty_whatever_lies_in_it():
    points = track(*[[aside(frame)] if 8 <= frame < 13 else [ball(frame)] for frame in range(20)])
    assert sources(points)[8:13] == [None] * 5
    assert all(points[frame].xy is None for frame in range(8, 13))


def test_a_weak_candidate_after_a_gap_longer_than_max_gap_continues_nothing():
    def weak_after(gap):
        return track(*[[ball(f, 0.9 if f < 8 else 0.3)] if f < 8 or f >= 8 + gap else [] for f in range(16)])

    assert sources(weak_after(4))[12:] == ["tracked"] * 4
    assert sources(weak_after(5))[13:] == [None] * 3


def test_a_gap_longer_than_the_track_beside_it_stays_empty():
    assert sources(track([ball(0)], [], [], *[[ball(f)] for f in range(3, 9)]))[1:3] == [None, None]
    seen = [[ball(f)] if f < 6 or f in {8, 12} else [] for f in range(16)]
    assert sources(track(*seen))[6:8] == [None, None]
    assert sources(track(*[[ball(f)] for f in range(6)], [], [], [ball(8)]))[6:8] == ["interpolated"] * 2


def test_a_cut_ends_a_track_that_would_go_on():
    frames = [[] if frame == 8 else [ball(frame)] for frame in range(16)]
    assert sources(track(*frames))[8] == "interpolated"
    for cut in (8, 9):
        assert sources(track(*frames, cuts=[cut]))[8] is None


def test_a_weak_candidate_after_a_cut_continues_nothing():
    frames = [[ball(frame, 0.9 if frame < 8 else 0.3)] for frame in range(12)]
    assert sources(track(*frames))[8:] == ["tracked"] * 4
    assert sources(track(*frames, cuts=[8]))[8:] == [None] * 4


def test_a_recording_that_lost_frames_is_followed_by_its_timestamps():
    lost = {3, 4, 5, 9, 10, 14, 20, 21, 22, 23, 29}
    kept = [frame for frame in range(36) if frame not in lost]
    frames = [[(1000, 600, 0.95), ball(f, 0.6)] if f in {6, 24} else [ball(f, 0.6)] for f in kept]
    points = track(*frames, fps=30.0, times=[frame / 30 for frame in kept])
    assert [point.xy for point in points] == [ball(frame)[:2] for frame in kept]


def test_a_gap_is_filled_at_the_times_of_its_frames():
    moments = [*range(8), 8.25, 9.75, *range(11, 20)]
    frames = [[] if moment in {8.25, 9.75} else [ball(moment)] for moment in moments]
    points = track(*frames, fps=30.0, times=[moment / 30 for moment in moments])
    for index, moment in ((8, 8.25), (9, 9.75)):
        assert points[index].xy == pytest.approx(ball(moment)[:2], abs=1.0)


def test_timestamps_that_come_in_bunches_do_not_tear_the_track():
    times = [(frame - frame % 2 + 0.01 * (frame % 2)) / 30 for frame in range(30)]
    points = track(*[[ball(f, 0.9 if f % 2 else 0.3)] for f in range(30)], fps=30.0, times=times)
    assert None not in sources(points)[1:]


def test_nothing_is_filled_at_the_end_where_the_track_does_not_resume():
    points = track(*[[ball(frame)] if frame < 10 else [] for frame in range(14)])
    assert sources(points)[10:] == [None] * 4


def test_nothing_is_filled_between_two_places_that_no_ball_connects():
    points = track(
        *[[(100 + 5 * f, 100, 0.9)] if f < 8 else [] if f < 10 else [(1100, 650, 0.9)] for f in range(16)]
    )
    assert sources(points)[8:10] == [None, None]
    assert sources(points)[10] == "detected"


def test_a_ball_that_left_the_picture_is_not_drawn_outside():
    def lob(frame):
        return (300 + 6 * frame, 80 - 20 * frame + frame**2, 0.9)

    frames = [[lob(frame)] if lob(frame)[1] >= 0 else [] for frame in range(22)]
    gone = [frame for frame in range(22) if not frames[frame]]
    points = track(*frames, max_gap=12, fill="all")
    assert sources(points)[:6] == ["detected"] * 6
    assert gone == list(range(6, 15))
    assert [points[frame].source for frame in gone] == [None] * 9


def test_a_weak_candidate_continues_a_track_but_starts_none():
    assert sources(track(*[[ball(frame, 0.4 if frame == 8 else 0.9)] for frame in range(16)]))[8] == "tracked"
    assert sources(track(*[[ball(frame, 0.4)] for frame in range(16)])) == [None] * 16


def test_a_weak_candidate_where_the_motion_does_not_lead_is_ignored():
    points = track(*[[(900, 50, 0.4)] if frame == 8 else [ball(frame)] for frame in range(16)])
    assert points[8].source == "interpolated"
    assert points[8].xy == pytest.approx(ball(8)[:2], abs=1.0)


def test_a_confident_detection_is_not_given_up_for_a_weaker_one_beside_it():
    def beside(frame):
        x, y, _ = ball(frame)
        return (x + 2, y - 2, 0.45)

    points = track(*[[ball(frame, 0.5), beside(frame)] for frame in range(16)])
    assert [point.xy for point in points] == [ball(frame)[:2] for frame in range(16)]


def test_an_impossible_detection_is_left_out_when_the_track_goes_on():
    points = track(*[[(1000, 600, 0.95), ball(f, 0.3)] if f == 8 else [ball(f)] for f in range(16)])
    assert points[8].source == "tracked"
    assert points[8].xy == ball(8)[:2]


def test_an_impossible_detection_is_kept_when_the_track_does_not_go_on():
    points = track(*[[(1000, 600, 0.6)] if f == 8 else [ball(f)] if f < 8 else [] for f in range(16)])
    assert points[8].source == "detected"
    assert points[8].xy == (1000, 600)


def test_a_lone_confident_detection_is_kept():
    assert sources(track([], [], [ball(2, 0.55)], [], [])) == [None, None, "detected", None, None]


def test_a_hit_changes_the_direction_at_once_without_losing_a_frame():
    def rally(frame):
        return (
            (200 + 25 * frame, 300, 0.9)
            if frame < 10
            else (200 + 25 * 10 - 40 * (frame - 10), 300 - 9 * frame, 0.9)
        )

    points = track(*[[rally(frame)] for frame in range(25)])
    assert [point.xy for point in points] == [rally(frame)[:2] for frame in range(25)]


def test_after_a_cut_the_ball_is_found_elsewhere_at_once():
    points = track(*[[(200 + 8 * f, 200, 0.9)] if f < 10 else [(1100 - 8 * f, 600, 0.6)] for f in range(20)])
    assert sources(points) == ["detected"] * 20


def test_a_moving_ball_wins_over_a_brighter_thing_that_flashes_up():
    frames = [[(1000, 600, 0.99), ball(f, 0.7)] if f % 6 == 5 else [ball(f, 0.7)] for f in range(24)]
    assert [point.xy for point in track(*frames)] == [ball(frame)[:2] for frame in range(24)]


def test_sixty_frames_a_second_move_half_as_far_a_frame():
    frames = [[ball(frame / 2)] if not 8 <= frame < 10 else [] for frame in range(24)]
    points = track(*frames, fps=60.0)
    for frame in range(8, 10):
        assert points[frame].xy == pytest.approx(ball(frame / 2)[:2], abs=1.0)


def test_without_tracking_each_frame_stands_for_itself():
    frames = [[(10, 10, 0.7)], [(900, 600, 0.5), (11, 10, 0.49)], [(12, 10, 0.49)], []]
    points = track(*frames, enabled=False)
    assert [point.xy for point in points] == [(10, 10), (900, 600), None, None]
    assert sources(points) == ["detected", "detected", None, None]


def test_without_tracking_a_frame_is_decided_at_once():
    tracker = OnlineTracker(config=TrackingConfig(enabled=False), threshold=THRESHOLD, size=SIZE)
    assert [point.frame for point in tracker.push(0, np.array([[3.0, 4.0]]), np.array([0.9]))] == [0]
    assert tracker.flush() == []


def test_an_empty_clip_has_no_points():
    assert track() == []


def test_a_frame_left_out_is_an_error():
    tracker = OnlineTracker(config=TrackingConfig(max_gap=0), threshold=THRESHOLD, size=SIZE)
    tracker.push(7, np.array([[3.0, 4.0]]), np.array([0.9]))
    with pytest.raises(ValueError, match="frame 9 was pushed where frame 8 was due"):
        tracker.push(9, np.array([[3.0, 4.0]]), np.array([0.9]))


def test_memory_is_flat():
    tracker = OnlineTracker(config=TrackingConfig(max_gap=4), threshold=THRESHOLD, size=SIZE)
    for frame in range(400):
        x, y, score = ball(frame % 20)
        tracker.push(frame, np.array([[x, y], [900.0, 50.0]]), np.array([score, 0.8]))
        chain, node = 0, max(tracker._paths.open, key=lambda node: node.total)
        while node is not None:
            chain, node = chain + 1, node.parent
        assert chain <= 6
        assert len(tracker._paths.open) <= 2 * 5


# --- what always holds ---

POSITION = st.tuples(st.floats(0, 1279), st.floats(0, 719))
STRAY = st.tuples(st.floats(0, 1279), st.floats(0, 719), st.sampled_from([0.1, 0.3, 0.5, 0.7, 0.9]))


@st.composite
def videos(draw):
    """A ball in flight, seen, missed or weak, among strays; scores of a frame may tie."""
    frames = []
    start = draw(st.integers(0, 10))
    for frame in range(draw(st.integers(0, 30))):
        seen = (
            [ball(start + frame, draw(st.sampled_from([0.2, 0.5, 0.9])))] if draw(st.integers(0, 3)) else []
        )
        strays = draw(st.lists(STRAY, max_size=2))
        frames.append(sorted(seen + strays, key=lambda candidate: -candidate[2]))
    return frames


@settings(max_examples=80, deadline=None)
@given(videos(), st.integers(0, 5), st.booleans())
def test_one_point_a_frame_in_order(frames, max_gap, enabled):
    points = track(*frames, max_gap=max_gap, enabled=enabled)
    assert [point.frame for point in points] == list(range(len(frames)))
    for point, frame in zip(points, frames, strict=True):
        assert (point.xy is None) == (point.source is None)
        if point.source in {"detected", "tracked"}:
            assert (*point.xy, point.score) in frame
            assert (point.score >= THRESHOLD) == (point.source == "detected")
        else:
            assert point.score == 0.0


CUTS = st.sets(st.integers(0, 30), max_size=4)


@st.composite
def clocks(draw):
    """Rising times of 31 frames, seconds, or None."""
    passed = draw(st.lists(st.sampled_from([0.0, 0.001, 1 / 60, 1 / 30, 0.1, 5.0]), min_size=31, max_size=31))
    return draw(st.sampled_from([None, np.cumsum(passed).tolist()]))


@settings(max_examples=80, deadline=None)
@given(videos(), st.integers(0, 5), CUTS, clocks(), st.sampled_from(["missed", "all"]))
def test_never_fills_more_than_max_gap_and_only_between_sightings(frames, max_gap, cuts, times, fill):
    points = track(*frames, max_gap=max_gap, cuts=cuts, times=times, fill=fill)
    assert [point.frame for point in points] == list(range(len(frames)))
    seen = [point.frame for point in points if point.source in {"detected", "tracked"}]
    for point in points:
        if point.source == "interpolated":
            before = max(frame for frame in seen if frame < point.frame)
            after = min(frame for frame in seen if frame > point.frame)
            assert after - before - 1 <= max_gap
            assert not any(before < cut <= after for cut in cuts)
            assert all(-0.5 <= at <= side - 0.5 for at, side in zip(point.xy, SIZE, strict=True))


@settings(max_examples=60, deadline=None)
@given(videos(), st.integers(0, 5), st.integers(0, 1000), CUTS, clocks())
def test_frame_by_frame_equals_the_whole_clip(frames, max_gap, first, cuts, times):
    whole = candidates(*frames, cuts=cuts)
    tracker = OnlineTracker(config=TrackingConfig(max_gap=max_gap), threshold=THRESHOLD, size=SIZE)
    points = []
    for index in range(len(frames)):
        points += tracker.push(
            first + index,
            whole.xy[index],
            whole.score[index],
            time=times and times[index],
            cut=bool(whole.cut[index]),
        )
        shot = max((cut for cut in cuts if cut <= index), default=0)
        assert len(points) == max(shot, index + 1 - max_gap), "decided max_gap frames late, or at a cut"
    points += tracker.flush()
    offline = track(*frames, max_gap=max_gap, cuts=cuts, times=times)
    assert points == [evolve(point, frame=point.frame + first) for point in offline]


@settings(max_examples=60, deadline=None)
@given(videos(), videos(), st.integers(0, 5))
def test_shots_are_followed_each_by_itself(one, other, max_gap):
    both = track(*one, *other, max_gap=max_gap, cuts=[len(one)])
    alone = track(*one, max_gap=max_gap), track(*other, max_gap=max_gap)
    assert [evolve(point, frame=0) for point in both] == [
        evolve(point, frame=0) for points in alone for point in points
    ]


@settings(max_examples=60, deadline=None)
@given(videos(), st.integers(0, 5), st.sampled_from([0.25, 0.5, 2.0, 3.0]))
def test_a_larger_picture_gives_the_same_track(frames, max_gap, scale):
    size = (int(SIZE[0] * scale), int(SIZE[1] * scale))
    larger = [[(x * scale, y * scale, score) for x, y, score in frame] for frame in frames]
    for point, scaled in zip(
        track(*frames, max_gap=max_gap), track(*larger, max_gap=max_gap, size=size), strict=True
    ):
        assert scaled.source == point.source
        if point.xy is not None:
            assert scaled.xy == pytest.approx([scale * value for value in point.xy], abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(videos(), st.integers(0, 5))
def test_no_confident_detection_is_dropped_unless_the_track_goes_on(frames, max_gap):
    points = track(*frames, max_gap=max_gap)
    for point, frame in zip(points, frames, strict=True):
        if frame and frame[0][2] >= THRESHOLD and point.source != "detected":
            ahead = points[point.frame + 1 : point.frame + 1 + max_gap]
            assert any(later.source in {"detected", "tracked"} for later in ahead)
