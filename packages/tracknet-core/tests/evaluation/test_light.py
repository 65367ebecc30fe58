"""Anybody's CSV is scored without torch: evaluation and tracking never import it."""

import subprocess
import sys


def test_evaluation_and_tracking_leave_torch_alone():
    code = (
        "import sys; import tracknet_core.evaluation.evaluate, tracknet_core.tracking.track; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
