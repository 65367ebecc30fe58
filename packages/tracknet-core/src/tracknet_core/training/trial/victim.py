"""Who has to go when the machine itself runs out of memory."""

import sys
from pathlib import Path

MOST_WILLING = "1000"


def go_first_when_memory_runs_out() -> None:
    """Ask Linux to end this process before any other, so that whoever waits for it lives to tell."""
    if sys.platform == "linux":
        Path("/proc/self/oom_score_adj").write_text(MOST_WILLING, encoding="ascii")
