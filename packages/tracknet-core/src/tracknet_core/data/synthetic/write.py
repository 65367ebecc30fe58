"""Synthetic clips on disk, in the TrackNet layout; each clip appears whole or not at all.

The layout::

    DIR/synthetic.json             what the clips were made from
    DIR/game1/Clip1/0000.jpg, …    and Label.csv
    DIR/game1/Clip1.mp4            the same pictures as a video
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import ExitStack
from multiprocessing.synchronize import Event
from pathlib import Path

import cv2
from attrs import frozen

from tracknet_core.atomic import replace_directory, replace_file
from tracknet_core.data.formats.tracknet import LABELS
from tracknet_core.data.label_csv import Label as Row
from tracknet_core.data.label_csv import write_labels
from tracknet_core.data.synthetic.clip import render_clip
from tracknet_core.data.synthetic.manifest import claim
from tracknet_core.data.synthetic.render import Label
from tracknet_core.data.synthetic.spec import SynthSpec
from tracknet_core.data.synthetic.venue import venue_of
from tracknet_core.data.video.writer import VideoWriter
from tracknet_core.progress import Progress, Silent

WORTH_A_PROCESS = 60
"""Frames below which starting another process costs more than it saves."""


@frozen(kw_only=True)
class Generated:
    """What :func:`generate` did.

    Attributes:
        directory: Where the clips are.
        clips: How many are there.
        rendered: How many of them were made now; the others were there already.
    """

    directory: Path
    clips: int
    rendered: int


def generate(
    directory: Path, spec: SynthSpec, progress: Progress | None = None, *, jobs: int | None = None
) -> Generated:
    """Write the clips of a spec that are not there yet.

    The bytes do not depend on ``jobs``. After an interruption the next call goes on.

    Args:
        directory: A new or empty folder, or one that was made from an equal spec.
        spec: What to generate.
        progress: Where a bar of clips is shown.
        jobs: Processes; None takes as many as there are CPUs and work for.

    Raises:
        UserError: The folder holds something else.
    """
    progress = progress or Silent()
    claim(directory, spec)
    wanted = list(_clips(spec))
    pending = [(game, clip) for game, clip in wanted if not _is_there(directory, spec, game, clip)]
    if pending:
        workers = min(jobs or _workers(spec, len(pending)), len(pending))
        with progress.task("rendering", total=len(pending)) as task:
            for _ in _render(directory, spec, pending, workers):
                task.advance()
    return Generated(directory=directory, clips=len(wanted), rendered=len(pending))


def clip_folder(directory: Path, game: int, clip: int) -> Path:
    """Where the pictures and labels of a clip are."""
    return directory / f"game{game}" / f"Clip{clip}"


def video_file(directory: Path, game: int, clip: int) -> Path:
    """Where the video of a clip is."""
    return directory / f"game{game}" / f"Clip{clip}.mp4"


def _clips(spec: SynthSpec) -> Iterator[tuple[int, int]]:
    for game in range(spec.first_game, spec.first_game + spec.games):
        for clip in range(1, spec.clips + 1):
            yield game, clip


def _is_there(directory: Path, spec: SynthSpec, game: int, clip: int) -> bool:
    video = not spec.video or video_file(directory, game, clip).is_file()
    return video and (clip_folder(directory, game, clip) / LABELS).is_file()


def _workers(spec: SynthSpec, clips: int) -> int:
    cpus = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cpus, clips * spec.frames // WORTH_A_PROCESS))


def _render(directory: Path, spec: SynthSpec, pending: list[tuple[int, int]], workers: int) -> Iterator[None]:
    """Write clips, yielding after each."""
    if workers == 1:
        for game, clip in pending:
            _write_clip(directory, spec, game, clip)
            yield
        return
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with ProcessPoolExecutor(
        workers, mp_context=context, initializer=_start_worker, initargs=(stop,)
    ) as executor:
        futures = [executor.submit(_write_clip, directory, spec, game, clip) for game, clip in pending]
        try:
            for future in as_completed(futures):
                future.result()
                yield
        except BaseException:
            stop.set()
            executor.shutdown(wait=True, cancel_futures=True)
            raise


_stop: Event | None = None
"""In a worker: set when the main process wants it to end."""


def _start_worker(stop: Event) -> None:
    global _stop  # noqa: PLW0603 - a process pool hands its initializer's arguments on in no other way
    _stop = stop
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the main one decides
    cv2.setNumThreads(1)


def _write_clip(directory: Path, spec: SynthSpec, game: int, clip: int) -> None:
    sensor = venue_of(spec, game).sensor
    quality = [cv2.IMWRITE_JPEG_QUALITY, sensor.jpeg_quality]
    rows: list[Row] = []
    with ExitStack() as stack:
        folder = stack.enter_context(replace_directory(clip_folder(directory, game, clip)))
        video = None
        if spec.video:
            file = stack.enter_context(replace_file(video_file(directory, game, clip)))
            video = stack.enter_context(VideoWriter(file, spec.size, spec.fps, sensor.video_quality))
        for number, (picture, label) in enumerate(render_clip(spec, game, clip)):
            if _stop is not None and _stop.is_set():
                raise KeyboardInterrupt
            name = f"{number:04d}.jpg"
            _, encoded = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), quality)
            (folder / name).write_bytes(encoded.tobytes())
            if video:
                video.add(picture)
            rows.append(_row(name, label))
        write_labels(folder / LABELS, rows)


def _row(name: str, label: Label) -> Row:
    return Row(
        name=name,
        visibility=label.visibility,
        xy=label.xy,
        status=str(label.status),
        diameter=label.diameter,
    )
