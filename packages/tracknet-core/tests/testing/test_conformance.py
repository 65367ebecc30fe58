"""A kit cannot be edited by those it tests."""

import pytest

from tracknet_core.testing.conformance import Conformance


class Kit(Conformance):
    def test_one(self) -> None:
        raise AssertionError

    def test_two(self) -> None:
        pass


def test_overriding_a_test_of_the_kit_is_an_error() -> None:
    with pytest.raises(TypeError, match="Mine overrides test_one"):
        type("Mine", (Kit,), {"test_one": lambda self: None})


def test_overriding_it_further_down_is_an_error_too() -> None:
    mine = type("Mine", (Kit,), {})
    with pytest.raises(TypeError, match="Again overrides test_two"):
        type("Again", (mine,), {"test_two": lambda self: None})


def test_a_known_failure_is_a_strict_xfail_with_its_reason() -> None:
    mine = type("Mine", (Kit,), {"known_failures": {"test_one": "the maker says so"}})
    (mark,) = mine.test_one.pytestmark
    assert (mark.name, mark.kwargs) == ("xfail", {"reason": "the maker says so", "strict": True})
    with pytest.raises(AssertionError):
        mine().test_one()


def test_the_kit_itself_and_other_users_are_not_touched() -> None:
    type("Mine", (Kit,), {"known_failures": {"test_one": "the maker says so"}})
    assert not hasattr(Kit.test_one, "pytestmark")
    assert not hasattr(type("Other", (Kit,), {}).test_one, "pytestmark")


def test_a_known_failure_that_the_kit_does_not_have_is_an_error() -> None:
    with pytest.raises(TypeError, match="names test_three, which the kit does not have"):
        type("Mine", (Kit,), {"known_failures": {"test_three": "a typo"}})
