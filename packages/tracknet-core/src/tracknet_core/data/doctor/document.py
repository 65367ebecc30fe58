"""An examination as JSON, for scripts."""

from collections import Counter

from tracknet_core.config.problems import Severity
from tracknet_core.data.doctor.counts import QUANTILES, SPEED_BINS, Counts, count, count_by
from tracknet_core.data.doctor.examine import Examination
from tracknet_core.data.doctor.findings import Finding


def as_json(found: Examination) -> dict[str, object]:
    """Everything that an examination found, as values that JSON has."""
    clips = found.clips
    return {
        "ok": not any(finding.severity is Severity.ERROR for finding in found.findings),
        "formats": list(found.formats),
        "notes": list(found.notes),
        "pictures_looked_at": found.looked_at,
        "counts": {
            "all": _counts(count(clips)),
            "by_split": {
                side: _counts(counts)
                for side, counts in count_by(clips, [found.sides.get(clip.name) for clip in clips]).items()
            },
            "by_game": {
                game: _counts(counts)
                for game, counts in count_by(clips, [clip.game for clip in clips]).items()
            },
        },
        "findings_by_kind": dict(Counter(finding.kind.value for finding in found.findings)),
        "findings": [_finding(finding) for finding in found.findings],
    }


def _counts(counts: Counts) -> dict[str, object]:
    lower = [f"{edge:g}" for edge in SPEED_BINS]
    return {
        "games": counts.games,
        "clips": counts.clips,
        "frames": counts.frames,
        "by_visibility": {str(number): frames for number, frames in enumerate(counts.by_visibility)},
        "share_without_ball": counts.without_ball,
        "speed_px_per_frame": _named(counts.speed),
        "speed_diagonals_per_frame": _named(counts.speed_in_diagonals),
        "speed_histogram_px_per_frame_from": dict(zip(lower, counts.speed_histogram, strict=True)),
        "sizes": {f"{width}x{height}": frames for (width, height), frames in counts.sizes.items()},
        "clips_by_fps": {"unknown" if fps is None else f"{fps:g}": n for fps, n in counts.fps.items()},
    }


def _named(quantiles: tuple[float, ...]) -> dict[str, float] | None:
    return (
        {f"q{round(100 * q)}": value for q, value in zip(QUANTILES, quantiles, strict=True)}
        if quantiles
        else None
    )


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "kind": finding.kind.value,
        "severity": finding.severity.value,
        "clip": finding.clip,
        "frames": list(finding.frames),
        "place": finding.place,
        "message": finding.message,
        "remedy": finding.remedy,
    }
