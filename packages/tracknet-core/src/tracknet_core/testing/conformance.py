"""What all conformance kits share: tests that are inherited and never overridden."""

import functools
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import ClassVar

import pytest

HEAVY = ("torch", "transformers", "peft", "bitsandbytes")


class Conformance:
    """A set of tests that a plugin author inherits.

    Set the class attributes that a kit documents and let pytest collect the subclass. A test that
    cannot pass yet is named in ``known_failures`` with its reason; it is then expected to fail,
    strictly, so that mending it without removing the entry fails as well. Overriding an inherited
    test is an error: a kit that can be edited proves nothing.
    """

    known_failures: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if Conformance in cls.__bases__:
            return  # a kit, not a plugin's use of it
        kit_tests = {name for base in cls.__mro__[1:] for name in vars(base) if name.startswith("test_")}
        if overridden := sorted(kit_tests & set(vars(cls))):
            raise TypeError(
                f"{cls.__name__} overrides {', '.join(overridden)}. Conformance tests cannot be overridden; "
                "name one that fails in known_failures, with the reason."
            )
        if unknown := sorted(set(cls.known_failures) - kit_tests):
            raise TypeError(
                f"{cls.__name__}.known_failures names {', '.join(unknown)}, which the kit does not have."
            )
        for name, reason in cls.known_failures.items():
            setattr(cls, name, _expected_to_fail(getattr(cls, name), reason))


def heavy_imports(plugin: str) -> list[str]:
    """The heavy libraries that importing a module in a fresh process brings with it."""
    code = f"import sys, {plugin}; print(*[m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def _expected_to_fail(test: Callable[..., None], reason: str) -> Callable[..., None]:
    @functools.wraps(test)
    def copy(*args: object, **fixtures: object) -> None:
        test(*args, **fixtures)

    marked: Callable[..., None] = pytest.mark.xfail(reason=reason, strict=True)(copy)
    return marked
