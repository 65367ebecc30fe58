"""Rendered clips of ball sports with exact labels.

``generate`` writes a data set in the TrackNet layout; ``render_clip`` yields pictures and labels
without a disk. The way of a clip: a :mod:`venue` is painted once, a :mod:`rally` is planned on its
court, :mod:`scene` joins them with a moving camera, :mod:`render` paints each frame.
"""

from tracknet_core.data.synthetic.clip import render_clip
from tracknet_core.data.synthetic.render import Label
from tracknet_core.data.synthetic.spec import SynthSpec
from tracknet_core.data.synthetic.write import Generated, generate

__all__ = ["Generated", "Label", "SynthSpec", "generate", "render_clip"]
