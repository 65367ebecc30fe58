"""Rules between keys of the plan alone; each is run only while the keys it reads are sound."""

from collections.abc import Callable, Iterator

from tracknet_core.config.plan import Plan
from tracknet_core.config.problems import Problem
from tracknet_core.config.situation import warning
from tracknet_core.config.suggest import did_you_mean

PROTOCOL_NAMES = ("wasb", "tracknetv3", "tracknetv2-tennis", "pck")
"""Values of ``evaluation.protocol``; the protocols themselves belong to evaluation."""


def _channels_length(plan: Plan) -> Iterator[Problem]:
    channels, stages = plan.decoder.channels, len(plan.decoder.upsample)
    if channels is not None and len(channels) != stages + 1:
        yield Problem(
            key="decoder.channels",
            message=f"has {len(channels)} entries, but {stages} stages of decoder.upsample need {stages + 1}",
            remedy="Give the channels before the first and after each stage, or null to derive them.",
        )


def _micro_batches(plan: Plan) -> Iterator[Problem]:
    training = plan.training
    for key in ("micro_batch_size", "min_micro_batch_size"):
        if getattr(training, key) > training.batch_size:
            yield Problem(
                key=f"training.{key}",
                message=f"{getattr(training, key)} is more than training.batch_size {training.batch_size}",
                remedy=f"Give at most {training.batch_size}.",
            )
    if 0 < training.micro_batch_size < training.min_micro_batch_size:
        yield Problem(
            key="training.min_micro_batch_size",
            message=f"{training.min_micro_batch_size} is more than training.micro_batch_size "
            f"{training.micro_batch_size}",
            remedy=f"Give at most {training.micro_batch_size}.",
        )


def _batch_limits(plan: Plan) -> Iterator[Problem]:
    for key in ("limit_train_batches", "limit_val_batches"):
        limit = getattr(plan.training, key)
        if isinstance(limit, float) and limit > 1:
            yield Problem(
                key=f"training.{key}",
                message=f"{limit} is neither a count nor a share",
                remedy=f"Write {max(1, round(limit))} for a count of batches, or a share of at most 1.0.",
            )


def _sequence(plan: Plan) -> Iterator[Problem]:
    sequence = plan.data.sequence
    for key in ("length", "stride"):
        if not sequence.enabled and getattr(sequence, key) > 1:
            yield warning(
                f"data.sequence.{key}",
                f"{getattr(sequence, key)} has no effect while data.sequence.enabled is false",
                "Set enabled: true, or take it out.",
            )


def _shared_games(plan: Plan) -> Iterator[Problem]:
    split = plan.data.split
    train, val, test = (set(games or ()) for games in (split.train_games, split.val_games, split.test_games))
    for key, games, other in (("val_games", val, train), ("test_games", test, train)):
        if shared := sorted(games & other):
            yield Problem(
                key=f"data.split.{key}",
                message=f"{', '.join(shared)} stands in train_games too",
                remedy="Put each game on one side.",
            )
    if val & test:
        yield warning(
            "data.split.test_games",
            f"{', '.join(sorted(val & test))} stands in val_games too, so the test is no test",
            "Leave test_games out to measure on val_games, or name other games.",
        )


def _protocol(plan: Plan) -> Iterator[Problem]:
    name = plan.evaluation.protocol
    if name not in PROTOCOL_NAMES:
        yield Problem(
            key="evaluation.protocol",
            message=f"{name!r} is no protocol",
            remedy=did_you_mean(name, PROTOCOL_NAMES) or f"Write one of {', '.join(PROTOCOL_NAMES)}.",
        )


def _patience(plan: Plan) -> Iterator[Problem]:
    stopping = plan.training.early_stopping
    if stopping.enabled and stopping.patience >= plan.training.epochs:
        yield warning(
            "training.early_stopping.patience",
            f"{stopping.patience} of {plan.training.epochs} epochs: training never stops early",
            "Give less than training.epochs.",
        )


PLAN_CHECKS: tuple[tuple[tuple[str, ...], Callable[[Plan], Iterator[Problem]]], ...] = (
    (("decoder.channels", "decoder.upsample"), _channels_length),
    (("training.batch_size", "training.micro_batch_size", "training.min_micro_batch_size"), _micro_batches),
    (("training.limit_train_batches", "training.limit_val_batches"), _batch_limits),
    (("data.sequence",), _sequence),
    (("data.split",), _shared_games),
    (("evaluation.protocol",), _protocol),
    (("training.early_stopping", "training.epochs"), _patience),
)
"""The keys that a check reads, and the check."""
