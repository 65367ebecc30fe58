"""What single keys cannot tell: everything that is checked once they have been read."""

from collections.abc import Iterator

from tracknet_core.config.machine_checks import check_data, check_device, check_init_from
from tracknet_core.config.model_checks import check_backbone, check_freeze
from tracknet_core.config.plan_checks import PLAN_CHECKS, PROTOCOL_NAMES
from tracknet_core.config.problems import Problem
from tracknet_core.config.situation import Situation

__all__ = ["PROTOCOL_NAMES", "cross_check"]


def cross_check(situation: Situation) -> list[Problem]:
    """Find everything that is wrong between sections, with the plugins and with this machine."""
    return list(_problems(situation))


def _problems(situation: Situation) -> Iterator[Problem]:
    for keys, check in PLAN_CHECKS:
        if situation.sound(*keys):
            yield from check(situation.plan)
    yield from _format(situation)
    yield from check_freeze(situation)
    if not situation.machine:
        return
    yield from check_backbone(situation)
    yield from check_data(situation)
    yield from check_device(situation)
    yield from check_init_from(situation)


def _format(situation: Situation) -> Iterator[Problem]:
    name, known = situation.plan.data.format, ("auto", *situation.plugins.datasets)
    if name not in known:
        yield situation.plugins.missing("dataset format", name, known, key="data.format")
