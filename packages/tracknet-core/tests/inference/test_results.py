"""The files of a prediction: complete, exact, never in another's place."""

import csv
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from attrs import define

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import TrackingConfig
from tracknet_core.inference.files import Files, default_directory, plan_files
from tracknet_core.inference.frames import Frame
from tracknet_core.inference.points import BallPoint
from tracknet_core.inference.results import predict
from tracknet_core.inference.sources import open_source
from tracknet_core.inference.table import BallTable
from tracknet_core.progress import Silent

UNEVEN = (0.0, 0.04, 0.1, 0.13, 0.2, 0.21, 0.3, 0.5, 0.55, 0.6, 0.7, 0.71)


@define
class Spoken(Silent):
    lines: list[str]

    def say(self, text: str) -> None:
        self.lines.append(text)


def rows(file: Path) -> list[dict[str, str]]:
    with file.open(newline="") as stream:
        return list(csv.DictReader(stream))


def video_frames(file: Path) -> list[av.VideoFrame]:
    with av.open(str(file)) as container:
        return list(container.decode(video=0))


def run(
    predictor: Any, file: Path, folder: Path, *, overlay: bool = True, **span: float
) -> tuple[Any, list[str]]:
    source = open_source(file, **span)
    (files,) = plan_files([source], folder, overlay=overlay, force=False)
    lines: list[str] = []
    return predict(predictor, source, files, Spoken(lines)), lines


class TestTable:
    def test_one_row_a_frame_with_the_containers_times(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        prediction, _ = run(green_predictor(frames=3), film(times=UNEVEN, ball=True), tmp_path, overlay=False)
        table = rows(tmp_path / "clip_ball.csv")
        assert [int(row["Frame"]) for row in table] == list(range(12))
        assert [float(row["Time"]) for row in table] == pytest.approx(UNEVEN, abs=1e-6)
        found = np.array([[float(row["X"]), float(row["Y"])] for row in table])
        assert np.abs(found - [film.ball_at(number) for number in range(12)]).max() < 1.0
        assert (prediction.frames, prediction.visible, prediction.fault) == (12, 12, None)

    def test_rotated_video_is_measured_upright(self, film: Any, green_predictor: Any, tmp_path: Path) -> None:
        run(green_predictor(), film(rotation=180, ball=True), tmp_path, overlay=False)
        x, y = film.ball_at(0)
        first = rows(tmp_path / "clip_ball.csv")[0]
        assert (float(first["X"]), float(first["Y"])) == pytest.approx((63 - x, 47 - y), abs=1.5)

    def test_a_cut_off_video_keeps_what_was_decoded(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        file = film(times=[i / 30 for i in range(60)], ball=True)
        file.write_bytes(file.read_bytes()[: file.stat().st_size * 6 // 10])
        prediction, _ = run(green_predictor(frames=3), file, tmp_path)
        table = rows(tmp_path / "clip_ball.csv")
        assert "ends early" in prediction.fault
        assert [int(row["Frame"]) for row in table] == list(range(prediction.frames))
        assert 10 < prediction.frames < 60
        assert len(video_frames(tmp_path / "clip_ball.mp4")) == prediction.frames

    def test_a_span_without_frames_writes_nothing(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        with pytest.raises(UserError, match="no frame lies between"):
            run(green_predictor(), film(times=UNEVEN), tmp_path / "out", start=0.32, end=0.4)
        assert not (tmp_path / "out").exists()


class TestOverlay:
    def test_the_same_frames_at_the_same_times(self, film: Any, green_predictor: Any, tmp_path: Path) -> None:
        run(green_predictor(frames=3), film(times=UNEVEN, ball=True), tmp_path)
        frames = video_frames(tmp_path / "clip_ball.mp4")
        assert [frame.time for frame in frames] == pytest.approx(UNEVEN, abs=1e-4)

    def test_the_ball_is_ringed_where_it_is(self, film: Any, green_predictor: Any, tmp_path: Path) -> None:
        run(green_predictor(size=(320, 240)), film(times=UNEVEN, ball=True, size=(320, 240)), tmp_path)
        for number, frame in enumerate(video_frames(tmp_path / "clip_ball.mp4")):
            red = frame.to_ndarray(format="rgb24")[..., 0].astype(float)
            ys, xs = np.nonzero(red > 150)
            x, y = film.ball_at(number)
            assert min(np.hypot(xs - x, ys - y)) < 6
            assert np.hypot(xs - x, ys - y).min() > 1, "the ball itself is not covered"

    @pytest.mark.parametrize(
        ("made", "expected"),
        [
            ({"size": (63, 47)}, (64, 48)),
            ({"rotation": 90}, (48, 64)),
            ({}, (64, 48)),
        ],
    )
    def test_size_and_rotation_are_baked_in(
        self, film: Any, green_predictor: Any, tmp_path: Path, made: Any, expected: tuple[int, int]
    ) -> None:
        run(green_predictor(), film(**made), tmp_path)
        frame = video_frames(tmp_path / "clip_ball.mp4")[0]
        assert (frame.width, frame.height, frame.rotation) == (*expected, 0)

    @pytest.mark.parametrize(("codec", "suffix"), [("aac", "mp4"), ("libopus", "mkv")])
    def test_the_sound_is_copied_untouched(
        self, film: Any, green_predictor: Any, tmp_path: Path, codec: str, suffix: str
    ) -> None:
        file = film(f"loud.{suffix}", times=[i / 30 for i in range(60)], audio=codec, ball=True)
        _, lines = run(green_predictor(frames=3), file, tmp_path)
        before, after = sound(file), sound(tmp_path / "loud_ball.mp4")
        assert [content for _, content in after] == [content for time, content in before if time >= 0]
        shifts = [time - early for (time, _), (early, _) in zip(after, before[-len(after) :], strict=True)]
        assert shifts == pytest.approx([0.0] * len(after), abs=2e-3)
        assert lines == []

    def test_the_sound_of_a_span_begins_with_it(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        file = film(times=[i / 30 for i in range(90)], audio="aac")
        run(green_predictor(frames=3), file, tmp_path, start=1.0, end=2.0)
        frames, after = video_frames(tmp_path / "clip_ball.mp4"), sound(tmp_path / "clip_ball.mp4")
        assert len(frames) == 30
        assert frames[0].time == 0
        assert after[0][0] == pytest.approx(0.0, abs=0.025)
        assert after[-1][0] == pytest.approx(1.0, abs=0.05)
        kept = [content for time, content in sound(file) if 1.0 <= time < 2.0]
        assert [content for _, content in after] == kept

    def test_no_picture_of_a_file_waits_for_its_point(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        source = Watched(film)
        predictor = green_predictor(frames=3, batch_size=8, size=(32, 24), tracking=TrackingConfig(max_gap=8))
        (files,) = plan_files([source], tmp_path, overlay=True, force=False)
        assert predict(predictor, source, files, Silent()).frames == 120
        assert source.most <= 6
        assert len(video_frames(tmp_path / "match_ball.mp4")) == 120

    def test_a_frame_that_did_not_decode_leaves_the_one_before_it_standing(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        source = Watched(film, count=20, lost=frozenset({5, 6, 11}))
        (files,) = plan_files([source], tmp_path, overlay=True, force=False)
        predict(green_predictor(frames=3, tracking=TrackingConfig(max_gap=4)), source, files, Silent())
        table = rows(tmp_path / "match_ball.csv")
        assert [int(row["Frame"]) for row in table] == list(range(20))
        assert {int(row["Frame"]) for row in table if row["Source"] == "detected"} == {
            number for number in range(20) if number not in {5, 6, 11}
        }
        shown = [round(frame.time * 30) for frame in video_frames(tmp_path / "match_ball.mp4")]
        assert shown == [number for number in range(20) if number not in {5, 6, 11}]

    def test_sound_that_mp4_cannot_hold_is_left_out_and_that_is_said(
        self, film: Any, green_predictor: Any, tmp_path: Path
    ) -> None:
        file = film("old.avi", audio="adpcm_ms")
        _, lines = run(green_predictor(), file, tmp_path)
        with av.open(str(tmp_path / "old_ball.mp4")) as container:
            assert not container.streams.audio
        assert len(lines) == 1
        assert "adpcm_ms" in lines[0]


def sound(file: Path) -> list[tuple[float, bytes]]:
    with av.open(str(file)) as container:
        return [(float(p.pts * p.time_base), bytes(p)) for p in container.demux(audio=0) if p.pts is not None]


@define(eq=False)
class Watched:
    """A source that knows how many of its pictures are alive; some of them may not decode."""

    film: Any
    count: int = 120
    lost: frozenset[int] = frozenset()
    size: tuple[int, int] = (64, 48)
    fps: float | None = 30.0
    length: int | None = None
    live: bool = False
    name: str = "match"
    address: str = "match.mp4"
    alive: int = 0
    most: int = 0

    def __iter__(self) -> Iterator[Frame]:
        for index in range(self.count):
            image = None if index in self.lost else self.film.green_ball(index)
            if image is not None:
                self.alive += 1
                self.most = max(self.most, self.alive)
                weakref.finalize(image, self._died)
            yield Frame(index=index, time=index / 30, image=image)
            del image

    def _died(self) -> None:
        self.alive -= 1


@define(eq=False)
class Interrupted:
    """A source during which someone presses Ctrl-C."""

    live: bool
    film: Any
    size: tuple[int, int] = (64, 48)
    fps: float | None = 30.0
    length: int | None = None
    name: str = "match"
    address: str = "match.mp4"

    def __iter__(self) -> Iterator[Frame]:
        for index in range(40):
            yield Frame(index=index, time=index / 30, image=self.film.green_ball(index))
        raise KeyboardInterrupt


class TestInterruption:
    def test_what_was_decoded_stays_as_a_part(self, film: Any, green_predictor: Any, tmp_path: Path) -> None:
        files = Files(table=tmp_path / "match_ball.csv", overlay=tmp_path / "match_ball.mp4")
        lines: list[str] = []
        with pytest.raises(KeyboardInterrupt):
            predict(green_predictor(frames=3), Interrupted(False, film), files, Spoken(lines))
        assert sorted(file.name for file in tmp_path.iterdir()) == [
            "match_ball.csv.part",
            "match_ball.part.mp4",
        ]
        kept = rows(tmp_path / "match_ball.csv.part")
        assert [int(row["Frame"]) for row in kept] == list(range(len(kept)))
        assert len(kept) >= 30
        assert len(video_frames(tmp_path / "match_ball.part.mp4")) == len(kept)
        assert f"{len(kept)} frames" in lines[0]

    def test_a_row_is_told_of_even_if_the_interruption_came_before_it_was_counted(
        self, film: Any, green_predictor: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        files = Files(table=tmp_path / "match_ball.csv", overlay=None)
        lines: list[str] = []
        add = BallTable.add

        def add_and_stop(table: BallTable, point: BallPoint) -> None:
            add(table, point)
            if point.frame == 9:
                table.rows -= 1
                raise KeyboardInterrupt

        monkeypatch.setattr(BallTable, "add", add_and_stop)
        with pytest.raises(KeyboardInterrupt):
            predict(green_predictor(), open_source(film("match.mp4")), files, Spoken(lines))
        assert len(rows(files.part)) == 10
        assert "holds the 10 frames" in lines[0]

    def test_for_a_live_source_it_is_the_end(self, film: Any, green_predictor: Any, tmp_path: Path) -> None:
        files = Files(table=tmp_path / "match_ball.csv", overlay=None)
        with pytest.raises(KeyboardInterrupt):
            predict(green_predictor(), Interrupted(True, film), files, Silent())
        assert len(rows(tmp_path / "match_ball.csv")) >= 30


class TestNames:
    def test_files_are_called_after_their_sources(self, film: Any, tmp_path: Path) -> None:
        sources = [open_source(film("a.mp4")), open_source(film("b.mp4"))]
        files = plan_files(sources, tmp_path / "out", overlay=True, force=False)
        assert [each.table.name for each in files] == ["a_ball.csv", "b_ball.csv"]
        assert [each.overlay.name for each in files if each.overlay] == ["a_ball.mp4", "b_ball.mp4"]

    def test_two_sources_of_one_name_are_refused(self, film: Any, tmp_path: Path) -> None:
        sources = [open_source(film("a.mp4")), open_source(film("a.mkv"))]
        with pytest.raises(UserError, match="two of the sources"):
            plan_files(sources, tmp_path, overlay=False, force=True)

    @pytest.mark.parametrize("name", ["a_ball.csv", "a_ball.mp4"])
    def test_existing_files_are_kept_unless_forced(self, film: Any, tmp_path: Path, name: str) -> None:
        sources = [open_source(film("a.mp4"))]
        (tmp_path / name).write_text("Frame,Visibility,X,Y\n")
        with pytest.raises(UserError, match=f"{name}: exists already"):
            plan_files(sources, tmp_path, overlay=True, force=False)
        plan_files(sources, tmp_path, overlay=True, force=True)

    def test_what_an_interrupted_prediction_left_is_kept_unless_asked(
        self, film: Any, tmp_path: Path
    ) -> None:
        sources = [open_source(film("a.mp4"))]
        (tmp_path / "a_ball.csv.part").write_text("Frame,Visibility,X,Y\n")
        for resume, message in ((False, "left. Begin anew with --force"), (True, "cannot be gone on with")):
            with pytest.raises(UserError, match=message):
                plan_files(sources, tmp_path, overlay=False, force=False, resume=resume)
        plan_files(sources, tmp_path, overlay=False, force=True)
        (tmp_path / "a_ball.csv.resume").write_bytes(b"")
        with pytest.raises(UserError, match="Go on with it with --resume"):
            plan_files(sources, tmp_path, overlay=False, force=False)
        (files,) = plan_files(sources, tmp_path, overlay=False, force=False, resume=True)
        assert not files.complete

    def test_by_default_they_lie_in_the_run(self) -> None:
        assert default_directory(Path("runs/a")) == Path("runs/a/predictions")
        assert default_directory(Path("tracknet/vit-tiny-synthetic")) == Path("predictions")
        assert default_directory(Path("runs/a/checkpoints/last")) == Path("runs/a/predictions")
