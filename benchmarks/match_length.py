"""Whether `tracknet predict` keeps its memory flat over a whole match, and writes exactly one row a frame.

Renders two synthetic clips of 720p, joins their H.264 packets again and again to a video of the wanted
length (nothing is encoded twice), trains a model that is all but free to run, so that reading the video
is what takes the time, and predicts the video from the command line while the resident memory of that
process is read from /proc every second. Then it counts the rows and compares their times with the
container's own timestamps. Linux only.

    python benchmarks/match_length.py --output match_length.json
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
from attrs import asdict, frozen

GROWTH = 50.0
"""Largest growth of resident memory after the first minute that the design allows, MB."""

SETTLED = 60.0
"""When memory is expected to have settled, seconds after the start."""

FPS = 30
CLIP_FRAMES = 150
CONFIG = """
model_name: vit_heatmap
backbone:
  pretrained: false
  freeze: false
  config: {hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 16}
decoder: {channels: [16, 8, 8], upsample: [2, 2], detail_channels: 0}
heatmap: {size: [16, 8], sigma: 1.0}
data:
  root: clips
  preprocess: {resize: [64, 32]}
  sequence: {enabled: true, length: 3}
training: {epochs: 1, batch_size: 8, device: cpu, limit_train_batches: 1, data_loader: {num_workers: 0}}
evaluation: {threshold: 0.3}
"""


@frozen(kw_only=True)
class Sample:
    """Resident memory of the process at one moment.

    Attributes:
        seconds: Since it was started.
        megabytes: Resident set size, in units of 10^6 bytes.
        rows: Rows written by then.
    """

    seconds: float
    megabytes: float
    rows: int


def tracknet(*words: str, folder: Path) -> subprocess.Popen[bytes]:
    """Start a command in a folder."""
    return subprocess.Popen([sys.executable, "-m", "tracknet_core", *words], cwd=folder)


def call(*words: str, folder: Path) -> None:
    """Run a command to its end."""
    if code := tracknet(*words, folder=folder).wait():
        raise SystemExit(f"tracknet {' '.join(words)}: exit code {code}")


def prepare(folder: Path, minutes: float) -> Path:
    """Render clips, train the model on them and join them to a video; returns the video."""
    clips = folder / "clips"
    size = ("--games", "3", "--clips", "1", "--frames", str(CLIP_FRAMES), "--size", "1280x720")
    call("synth", str(clips), *size, "--fps", str(FPS), "--quiet", folder=folder)
    (folder / "config.yaml").write_text(CONFIG, encoding="utf-8")
    call("run", "config.yaml", "--output", "run", "--quiet", folder=folder)
    match = folder / "match.mp4"
    join(sorted(clips.glob("game*/Clip1.mp4")), match, minutes)
    return match


def join(clips: list[Path], match: Path, minutes: float) -> None:
    """Copy the packets of clips one after the other, until the video is long enough."""
    shift = Fraction(0)
    with av.open(str(match), "w") as target:
        stream = None
        while shift < 60 * minutes:
            for clip in clips:
                with av.open(str(clip)) as source:
                    video = source.streams.video[0]
                    stream = stream or target.add_stream_from_template(video)
                    for packet in source.demux(video):
                        if packet.pts is None or packet.dts is None:
                            continue
                        packet.pts = round((packet.pts * packet.time_base + shift) * FPS * 1024)
                        packet.dts = round((packet.dts * packet.time_base + shift) * FPS * 1024)
                        packet.time_base = Fraction(1, FPS * 1024)
                        packet.stream = stream
                        target.mux(packet)
                shift += Fraction(CLIP_FRAMES, FPS)


def timestamps(match: Path) -> list[float]:
    """Read when the container says that each frame is shown, seconds."""
    with av.open(str(match)) as container:
        packets = container.demux(video=0)
        return sorted(float(packet.pts * packet.time_base) for packet in packets if packet.pts is not None)


def watch(process: subprocess.Popen[bytes], part: Path) -> list[Sample]:
    """Sample the memory of a process until it ends."""
    page = os.sysconf("SC_PAGE_SIZE")
    statm = Path(f"/proc/{process.pid}/statm")
    samples: list[Sample] = []
    started, rows, read = time.monotonic(), 0, 0
    while process.poll() is None:
        time.sleep(1.0)
        try:
            resident = int(statm.read_text().split()[1]) * page / 1e6
        except (OSError, IndexError):
            break
        if part.exists():
            with part.open("rb") as stream:
                stream.seek(read)
                new = stream.read()
            rows, read = rows + new.count(b"\n"), read + len(new)
        if resident > 0:
            samples.append(
                Sample(seconds=time.monotonic() - started, megabytes=resident, rows=max(0, rows - 1))
            )
    return samples


def main() -> None:
    """Predict a long video and print what its memory did."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=30.0, help="length of the video")
    parser.add_argument("--overlay", action="store_true", help="write the overlay video too")
    parser.add_argument("--tiles", help="look at tiles, such as 2x2")
    parser.add_argument("--output", type=Path, default=Path("match_length.json"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        match = prepare(folder, arguments.minutes)
        expected = timestamps(match)
        print(f"{len(expected)} frames of 1280x720, {match.stat().st_size / 1e6:.0f} MB", flush=True)
        words = ["--overlay"] * arguments.overlay + ["--tiles", arguments.tiles] * bool(arguments.tiles)
        started = time.monotonic()
        process = tracknet("predict", "run", str(match), "--output", "out", *words, folder=folder)
        samples = watch(process, folder / "out" / "match_ball.csv.part")
        code, seconds = process.wait(), time.monotonic() - started
        with (folder / "out" / "match_ball.csv").open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    times = [float(row["Time"]) for row in rows]
    settled = [sample.megabytes for sample in samples if sample.seconds >= SETTLED]
    at_a_minute = settled[0] if settled else samples[-1].megabytes
    checks = {
        "exit code 0": code == 0,
        "one row a frame": [int(row["Frame"]) for row in rows] == list(range(len(expected))),
        "times are the container's": len(times) == len(expected)
        and all(abs(time - pts) < 1e-6 for time, pts in zip(times, expected, strict=True)),
        "times rise": all(before < after for before, after in pairwise(times)),
        f"growth after a minute <= {GROWTH:g} MB": max(settled, default=at_a_minute) - at_a_minute <= GROWTH,
    }
    figures = {
        "frames": len(rows),
        "seconds": seconds,
        "frames_per_second": len(rows) / seconds,
        "megabytes_after_a_minute": at_a_minute,
        "most_megabytes": max(settled, default=at_a_minute),
        "growth_megabytes": max(settled, default=at_a_minute) - at_a_minute,
    }
    for name, value in figures.items():
        print(f"{name:28} {value:12.1f}")
    for name, held in checks.items():
        print(f"{name:40} {'yes' if held else 'NO'}")
    told = {**figures, "checks": checks, "samples": [asdict(sample) for sample in samples]}
    arguments.output.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    if not all(checks.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()
