"""The published ways of deciding whether a ball was found.

A number of ball tracking means little without its protocol: which pixels the distance is counted
in, whether the limit itself still counts, and which labelled balls are to be found at all.
"""

from attrs import frozen

from tracknet_core.config.problems import UserError
from tracknet_core.config.suggest import did_you_mean

EVERY_CLASS_BUT_NONE = (1, 2, 3)


@frozen(kw_only=True)
class Protocol:
    """When a predicted position counts as the labelled ball.

    With the offset ``(dx, dy)`` between the two in source pixels, of a picture ``(W, H)`` large,
    the distance is ``hypot(dx * w / W, dy * h / H)`` where ``(w, h)`` is the reference size, or
    ``hypot(dx, dy)`` without one. The ball is found when the distance is below ``distance_px``,
    or at it if ``inclusive``.

    Attributes:
        name: Value of ``evaluation.protocol`` and of ``--protocol``.
        distance_px: Limit of the distance, in pixels of the reference size.
        inclusive: Whether a distance of exactly ``distance_px`` still counts as found.
        reference_size: Width and height that distances are scaled to; None for source pixels.
        visible_classes: Visibility classes whose balls are to be found; a prediction in a frame
            of any other class is false.
        source: Where the definition was published.
    """

    name: str
    distance_px: float
    inclusive: bool
    reference_size: tuple[int, int] | None
    visible_classes: tuple[int, ...]
    source: str


WASB = Protocol(
    name="wasb",
    distance_px=4.0,
    inclusive=False,
    reference_size=None,
    visible_classes=(1, 2),
    source="Tarashima et al., Widely Applicable Strong Baseline for Sports Ball Detection and Tracking, "
    "BMVC 2023; nttcom/WASB-SBDT, src/utils/evaluator.py, dist_threshold 4, visible_flags [1, 2]",
)
"""``d < 4`` in source pixels; clear and hard-to-see balls count, occluded ones do not."""

TRACKNETV3 = Protocol(
    name="tracknetv3",
    distance_px=4.0,
    inclusive=True,
    reference_size=(512, 288),
    visible_classes=EVERY_CLASS_BUT_NONE,
    source="Chen and Wang, TrackNetV3: Enhancing ShuttleCock Tracking with Augmentations and Trajectory "
    "Rectification, MMAsia 2023; qaz812345/TrackNetV3, test.py, tolerance 4",
)
"""``d <= 4`` at 512x288; TrackNetV2's badminton figures are counted in the same way."""

TRACKNETV2_TENNIS = Protocol(
    name="tracknetv2-tennis",
    distance_px=5.0,
    inclusive=False,
    reference_size=(1280, 720),
    visible_classes=EVERY_CLASS_BUT_NONE,
    source="Huang et al., TrackNet: A Deep Learning Network for Tracking High-speed and Tiny Objects in "
    "Sports Applications, AVSS 2019 (5 pixels); as computed by yastrebksv/TrackNet, general.py, min_dist 5",
)
"""``d < 5`` at 1280x720, the size of the tennis data set's frames."""

PCK = Protocol(
    name="pck",
    distance_px=3.0,
    inclusive=True,
    reference_size=(256, 144),
    visible_classes=EVERY_CLASS_BUT_NONE,
    source="percentage of correct keypoints, Yang and Ramanan, TPAMI 2013; PCK@3 in heatmap pixels, as older "
    "versions of TrackNet printed it",
)
"""``d <= 3`` at 256x144, the size of the heatmap; read ``pck``, the share of visible balls found."""

PROTOCOLS = {protocol.name: protocol for protocol in (WASB, TRACKNETV3, TRACKNETV2_TENNIS, PCK)}


def protocol_named(name: str) -> Protocol:
    """Look a protocol up.

    Raises:
        UserError: There is none of this name; the message lists those there are.
    """
    if name in PROTOCOLS:
        return PROTOCOLS[name]
    guess = did_you_mean(name, PROTOCOLS)
    known = f"There are: {', '.join(PROTOCOLS)}."
    raise UserError(f"{name}: no such evaluation protocol. {guess} {known}".replace("  ", " "))
