"""The changelog fragments that no release holds yet."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def unreleased_page() -> str:
    """Write towncrier's draft of the next release as Markdown."""
    draft = subprocess.run(
        [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "unreleased", "--date", "none"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return draft.replace("## unreleased (none)", "## Not released yet").strip()
