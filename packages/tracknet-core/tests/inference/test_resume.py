"""An interrupted prediction that goes on writes, byte for byte, what an uninterrupted one writes."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import av
import pytest
import torch
from attrs import define, evolve
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.problems import UserError
from tracknet_core.config.schema import SequenceConfig, TrackingConfig
from tracknet_core.inference.files import plan_files
from tracknet_core.inference.focus import Focus
from tracknet_core.inference.predictor import Predictor
from tracknet_core.inference.results import Prediction, predict
from tracknet_core.inference.resume import restart_after
from tracknet_core.inference.sources import open_source
from tracknet_core.model.cuts import LATELY
from tracknet_core.model.detection import Detector
from tracknet_core.model.windows import overlapping, side_by_side
from tracknet_core.progress import Silent

UNEVEN = [0.02 * number + 0.002 * (number % 7) for number in range(72)]
EVEN = [number / 30 for number in range(72)]


@define
class InterruptedAt(Silent):
    """Somebody presses Ctrl-C after so many frames."""

    frames: int
    done: int = 0

    @contextmanager
    def task(self, name: str, total: int | None = None) -> Iterator[Any]:
        yield self

    def advance(self, amount: int = 1, **figures: float) -> None:
        self.done += amount
        if self.done >= self.frames:
            raise KeyboardInterrupt


class BatchSensitive(torch.nn.Module):
    """As floating-point sums do, only more: what comes out depends on the place in the batch."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model, self.frames, self.looked_at = model, model.frames, 0
        self.input_size, self.heatmap_size = model.input_size, model.heatmap_size

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        self.looked_at += len(frames)
        place = (torch.arange(len(frames)) + 1) / (1 + len(frames))
        logits: torch.Tensor = self.model(frames)
        return logits * (1 + place[:, None, None, None] / 100)


@pytest.fixture
def sensitive(green_predictor: Callable[..., Predictor]) -> Callable[..., Predictor]:
    def make(**options: Any) -> Predictor:
        predictor = green_predictor(**options)
        engine: Any = predictor.run.engine
        engine = evolve(engine, model=BatchSensitive(engine.model))
        return evolve(predictor, run=evolve(predictor.run, engine=engine))

    return make


def run(
    predictor: Predictor,
    file: str | Path,
    folder: Path,
    *,
    stop: int | None = None,
    overlay: bool = False,
    focus: Focus | None = None,
    **span: float,
) -> Prediction:
    """Predict, going on with what is there; ``stop`` interrupts after so many new frames."""
    source = open_source(file, **span)
    (files,) = plan_files([source], folder, overlay=overlay, force=False, resume=True)
    progress = Silent() if stop is None else InterruptedAt(stop)
    return predict(predictor, source, files, progress, focus=focus or Focus(), resume=True)


def interrupted(
    predictor: Predictor, file: str | Path, folder: Path, stops: Sequence[int], **more: Any
) -> bytes:
    for stop in stops:
        with pytest.raises(KeyboardInterrupt):
            run(predictor, file, folder, stop=stop, **more)
    run(predictor, file, folder, **more)
    return next(folder.glob("*_ball.csv")).read_bytes()


@pytest.mark.parametrize("ensemble", ["none", "weighted"])
@pytest.mark.parametrize(("frames", "stride", "batch_size"), [(1, 1, 3), (3, 1, 2), (3, 2, 3)])
def test_the_finished_table_is_the_same_to_the_byte(
    film: Any, sensitive: Any, tmp_path: Path, ensemble: Any, frames: int, stride: int, batch_size: int
) -> None:
    predictor = sensitive(
        frames=frames,
        stride=stride,
        batch_size=batch_size,
        tracking=TrackingConfig(max_gap=4, ensemble=ensemble),
    )
    file = film(times=EVEN, ball=True, b_frames=2)
    run(predictor, file, tmp_path / "whole")
    expected = (tmp_path / "whole" / "clip_ball.csv").read_bytes()
    assert expected.count(b"\n") == 73
    assert interrupted(predictor, file, tmp_path / "broken", [1, 24, 23]) == expected


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi"])
def test_whatever_the_container_and_its_times(film: Any, sensitive: Any, tmp_path: Path, suffix: str) -> None:
    predictor = sensitive(frames=3, tracking=TrackingConfig(max_gap=4))
    times = EVEN if suffix == "avi" else UNEVEN
    file = film(f"clip.{suffix}", times=times, ball=True, b_frames=2, keyframe_every=12)
    run(predictor, file, tmp_path / "whole", start=0.2)
    expected = (tmp_path / "whole" / "clip_ball.csv").read_bytes()
    assert interrupted(predictor, file, tmp_path / "broken", [40], start=0.2) == expected


def test_pictures_too(film: Any, sensitive: Any, tmp_path: Path) -> None:
    import cv2

    (tmp_path / "rally").mkdir()
    for number in range(40):
        cv2.imwrite(str(tmp_path / "rally" / f"{number}.png"), film.green_ball(number)[..., ::-1])
    predictor = sensitive(frames=3)
    run(predictor, tmp_path / "rally", tmp_path / "whole")
    expected = (tmp_path / "whole" / "rally_ball.csv").read_bytes()
    assert interrupted(predictor, tmp_path / "rally", tmp_path / "broken", [20]) == expected


def test_tiles_too(film: Any, sensitive: Any, tmp_path: Path) -> None:
    predictor, focus = sensitive(frames=3), Focus(region=(4, 0, 60, 48), tiles=(2, 2))
    file = film(times=EVEN, ball=True)
    run(predictor, file, tmp_path / "whole", focus=focus)
    expected = (tmp_path / "whole" / "clip_ball.csv").read_bytes()
    assert interrupted(predictor, file, tmp_path / "broken", [30], focus=focus) == expected


@pytest.mark.parametrize("stops", [[18, 4], [21], [24, 1, 1], [45], [52]])
def test_cuts_too(cut_film: Any, sensitive: Any, tmp_path: Path, stops: list[int]) -> None:
    predictor = sensitive(frames=3, stride=2, tracking=TrackingConfig(max_gap=4))
    file = cut_film(times=EVEN, ball=True)
    run(predictor, file, tmp_path / "whole")
    expected = (tmp_path / "whole" / "clip_ball.csv").read_bytes()
    assert interrupted(predictor, file, tmp_path / "broken", stops) == expected


def test_frames_that_are_known_are_not_looked_at_again(film: Any, sensitive: Any, tmp_path: Path) -> None:
    predictor = sensitive(frames=3, batch_size=2)
    file = film(times=EVEN, ball=True)
    with pytest.raises(KeyboardInterrupt):
        run(predictor, file, tmp_path, stop=50)
    looked_at = predictor.run.engine.model.looked_at
    prediction = run(predictor, file, tmp_path)
    assert prediction.frames == 72
    assert predictor.run.engine.model.looked_at - looked_at <= (22 + LATELY + 1 + 6) / 3
    assert sorted(file.name for file in tmp_path.iterdir()) == ["clip.mp4", "clip_ball.csv"]


def test_the_overlay_is_drawn_anew_and_whole(film: Any, sensitive: Any, tmp_path: Path) -> None:
    predictor, file = sensitive(frames=3), film(times=UNEVEN, ball=True)
    interrupted(predictor, file, tmp_path / "out", [40], overlay=True)
    with av.open(str(tmp_path / "out" / "clip_ball.mp4")) as container:
        times = [frame.time for frame in container.decode(video=0)]
    assert times == pytest.approx(UNEVEN, abs=1e-4)


def test_complete_results_stay_as_they_are(film: Any, sensitive: Any, tmp_path: Path) -> None:
    predictor, file = sensitive(), film(times=EVEN, ball=True)
    first = run(predictor, file, tmp_path)
    looked_at = predictor.run.engine.model.looked_at
    again = run(predictor, file, tmp_path)
    assert predictor.run.engine.model.looked_at == looked_at
    assert (again.frames, again.visible) == (first.frames, first.visible) == (72, 72)
    assert again.frames_per_second is None


class TestRefusal:
    @pytest.fixture
    def begun(self, film: Any, sensitive: Any, tmp_path: Path) -> tuple[Predictor, Path]:
        predictor, file = sensitive(frames=3), film(times=EVEN, ball=True)
        with pytest.raises(KeyboardInterrupt):
            run(predictor, file, tmp_path, stop=30)
        return predictor, file

    def test_another_source(self, begun: Any, film: Any, tmp_path: Path) -> None:
        predictor, file = begun
        file.write_bytes(file.read_bytes() + b"more")
        with pytest.raises(UserError, match="had another source"):
            run(predictor, file, tmp_path)

    @pytest.mark.parametrize(
        ("more", "message"),
        [
            ({"start": 1.0}, "had another --start"),
            ({"focus": Focus(tiles=(2, 1))}, "had another tiles"),
            ({"focus": Focus(region=(0, 0, 32, 32))}, "had another region"),
        ],
    )
    def test_other_options(self, begun: Any, tmp_path: Path, more: Any, message: str) -> None:
        with pytest.raises(UserError, match=message):
            run(*begun, tmp_path, **more)

    def test_another_run_or_batch(self, begun: Any, tmp_path: Path) -> None:
        predictor, file = begun
        with pytest.raises(UserError, match="had another batch size"):
            run(evolve(predictor, batch_size=5), file, tmp_path)
        with pytest.raises(UserError, match="had another threshold"):
            run(evolve(predictor, run=evolve(predictor.run, threshold=0.6)), file, tmp_path)
        (tmp_path / "other").mkdir()
        (tmp_path / "other" / "tracknet.json").write_text("{}")
        with pytest.raises(UserError, match="had another model"):
            run(evolve(predictor, run=evolve(predictor.run, directory=tmp_path / "other")), file, tmp_path)

    def test_nothing_is_lost_by_a_refusal(self, begun: Any, tmp_path: Path) -> None:
        predictor, file = begun
        with pytest.raises(UserError):
            run(evolve(predictor, batch_size=5), file, tmp_path)
        assert run(predictor, file, tmp_path).frames == 72


@given(
    length=st.integers(1, 5),
    stride=st.integers(1, 4),
    batch=st.integers(1, 5),
    frames=st.integers(1, 120),
    share=st.floats(0, 1),
    ensemble=st.sampled_from(["none", "average"]),
)
def test_the_model_sees_what_it_would_have_seen(
    length: int, stride: int, batch: int, frames: int, share: float, ensemble: Any
) -> None:
    def batches(first: int) -> dict[int, list[Any]]:
        """For each frame, the batches that score it and its place in them."""
        cut = side_by_side if ensemble == "none" else overlapping
        windows, seen = cut(range(first, frames), length, stride), dict[int, list[Any]]()
        while group := list(islice(windows, batch)):
            whole = [window.frames for window in group]
            for place, window in enumerate(group):
                for frame, scored in zip(window.frames, window.scored, strict=True):
                    if scored:
                        seen.setdefault(frame, []).append((place, whole))
        return seen

    known = round(share * frames)
    sequence = SequenceConfig(enabled=True, length=length, stride=stride)
    engine: Any = None
    detector = Detector(engine=engine, batch_size=batch, sequence=sequence, ensemble=ensemble)
    restart = restart_after(known, detector, None)
    assert 0 <= restart <= known
    whole, rest = batches(0), batches(restart)
    assert all(rest[frame] == whole[frame] for frame in range(known, frames))
