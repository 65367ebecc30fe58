"""Rendered clips: the label is where the ball is, and nothing but seed, game and clip decides."""

import numpy as np
import pytest

from tracknet_core.data.synthetic import SynthSpec, render_clip
from tracknet_core.data.synthetic.render import render_frame
from tracknet_core.data.synthetic.scene import Scene, stage
from tracknet_core.data.synthetic.spec import DIFFICULTIES, SPORTS, SportName
from tracknet_core.data.synthetic.visibility import CLEAR

SMALL = SynthSpec(frames=3, size=(96, 64))


def ball_radius(scene: Scene, frame: int) -> float:
    """In px."""
    _, depth = scene.cameras[frame].project(scene.ball(np.array([scene.time(frame)]))[0])
    return float(scene.venue.ball.radius * scene.cameras[frame].focal / depth)


@pytest.mark.parametrize("sport", SPORTS)
def test_the_ball_is_drawn_where_the_label_says(sport: SportName) -> None:
    """With and without the ball, the pictures differ about the label, to half a pixel."""
    spec = SynthSpec(frames=4, size=(960, 540), fps=6, sport=sport, difficulty="easy", seed=4)
    compared = 0
    for clip in range(1, 7):
        scene = stage(spec, 1, clip)
        for frame in range(spec.frames):
            picture, label = render_frame(scene, frame)
            place = scene.ball(np.array([scene.time(frame)]))[0]
            behind_net = place[1] * scene.venue.camera.position[1] < 0
            if label.visibility != CLEAR or label.xy is None or behind_net:
                continue
            without, other = render_frame(scene, frame, with_ball=False)
            change = np.abs(picture.astype(int) - without).sum(axis=-1)
            rows, columns = np.nonzero(change)
            if len(rows) < np.pi * ball_radius(scene, frame) ** 2:
                continue  # partly hidden: what is left of it has another middle
            # a ball of two colours differs more on one side: within 8 % of its diameter, then
            tolerance = max(0.5, 0.16 * ball_radius(scene, frame))
            weights = change[rows, columns]
            centroid = np.average(columns, weights=weights), np.average(rows, weights=weights)
            assert centroid == pytest.approx(label.xy, abs=tolerance)
            assert other.xy == label.xy
            compared += 1
    assert compared >= 4


@pytest.mark.parametrize("sport", SPORTS)
def test_the_label_is_the_projection_of_the_ball_at_mid_exposure(sport: SportName) -> None:
    spec = SynthSpec(frames=4, size=(320, 180), sport=sport)
    scene = stage(spec, 1, 1)
    for frame in range(spec.frames):
        _, label = render_frame(scene, frame)
        seen, _ = scene.cameras[frame].project(scene.ball(np.array([scene.start + frame / 30]))[0])
        if label.xy is not None:
            assert label.xy == pytest.approx(tuple(seen), abs=0.006)
            assert label.diameter == pytest.approx(2 * ball_radius(scene, frame), abs=0.006)
        else:
            assert label.diameter is None


def test_a_label_has_a_place_exactly_when_the_ball_is_in_the_picture() -> None:
    for sport in SPORTS:
        spec = SynthSpec(frames=25, size=(160, 90), sport=sport, fps=10)
        for _, label in render_clip(spec, 2, 1):
            assert (label.xy is None) == (label.visibility == 0)
            assert label.status in (0, 1, 2)
            if label.xy:
                assert 0 <= label.xy[0] <= 159
                assert 0 <= label.xy[1] <= 89


def test_the_same_clip_twice_is_the_same_to_the_byte() -> None:
    for game in range(1, 5):
        once, again = (list(render_clip(SMALL, game, 2)) for _ in range(2))
        for (one, first), (two, second) in zip(once, again, strict=True):
            assert np.array_equal(one, two)
            assert first == second


def test_a_game_does_not_depend_on_how_many_there_are() -> None:
    few, many = (
        SynthSpec(frames=1, size=(96, 64), games=1),
        SynthSpec(frames=1, size=(96, 64), games=9, clips=7),
    )

    assert np.array_equal(next(render_clip(few, 1, 1))[0], next(render_clip(many, 1, 1))[0])


def test_seed_game_clip_and_frame_each_change_the_picture() -> None:
    spec = SynthSpec(frames=2, size=(96, 64), sport="tennis")
    pictures = [next(render_clip(spec, game, clip))[0] for game, clip in ((1, 1), (1, 2), (2, 1))]
    pictures.append(next(render_clip(SynthSpec(frames=2, size=(96, 64), sport="tennis", seed=1), 1, 1))[0])
    pictures.append(list(render_clip(spec, 1, 1))[1][0])

    assert len({picture.tobytes() for picture in pictures}) == len(pictures)


def test_rendering_touches_no_global_random_numbers() -> None:
    before = np.random.get_state()[1].copy()  # type: ignore[index, union-attr]

    next(render_clip(SMALL, 1, 1))

    assert np.array_equal(before, np.random.get_state()[1])  # type: ignore[index]


def test_a_picture_is_rgb_of_the_size_asked_for_and_has_something_in_it() -> None:
    picture, _ = next(render_clip(SMALL, 1, 1))

    assert picture.shape == (64, 96, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 10


def test_harder_presets_are_harder() -> None:
    clear = dict.fromkeys(DIFFICULTIES, 0)
    for difficulty in DIFFICULTIES:
        spec = SynthSpec(frames=5, size=(1280, 720), fps=5, sport="tennis", difficulty=difficulty, seed=3)
        for clip in (1, 2):
            clear[difficulty] += sum(label.visibility == CLEAR for _, label in render_clip(spec, 2, clip))

    assert clear["easy"] > clear["broadcast"] > clear["adverse"]
