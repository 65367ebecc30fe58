"""The named protocols are the published ones."""

import pytest

from tracknet_core.config.checks import PROTOCOL_NAMES
from tracknet_core.config.problems import UserError
from tracknet_core.evaluation.protocols import PROTOCOLS, protocol_named


@pytest.mark.parametrize(
    ("name", "distance_px", "inclusive", "reference_size", "visible_classes"),
    [
        ("wasb", 4, False, None, (1, 2)),
        ("tracknetv3", 4, True, (512, 288), (1, 2, 3)),
        ("tracknetv2-tennis", 5, False, (1280, 720), (1, 2, 3)),
        ("pck", 3, True, (256, 144), (1, 2, 3)),
    ],
)
def test_named_protocols(name, distance_px, inclusive, reference_size, visible_classes):
    protocol = protocol_named(name)
    assert protocol.name == name
    assert protocol.distance_px == distance_px
    assert protocol.inclusive is inclusive
    assert protocol.reference_size == reference_size
    assert protocol.visible_classes == visible_classes
    assert protocol.source


def test_the_table_above_is_complete():
    assert list(PROTOCOLS) == ["wasb", "tracknetv3", "tracknetv2-tennis", "pck"]


def test_the_configuration_knows_the_same_names():
    assert tuple(PROTOCOL_NAMES) == tuple(PROTOCOLS)


def test_an_unknown_name_is_answered_with_the_nearest_and_all():
    with pytest.raises(
        UserError, match=r"tracknet3: .*Did you mean 'tracknetv3'\? There are: wasb, tracknetv3"
    ):
        protocol_named("tracknet3")
