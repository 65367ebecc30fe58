"""What can be wrong with a configuration, and where it stands."""

from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import evolve, field, frozen


class Severity(StrEnum):
    """Whether a problem stops a run (``error``) or is only said aloud (``warning``)."""

    ERROR = "error"
    WARNING = "warning"


@frozen
class Place:
    """A position in a configuration file; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@frozen(kw_only=True)
class Problem:
    """One thing wrong with a configuration.

    A check names the key; the configuration that was read knows where the key stands and fills
    in ``place``.

    Attributes:
        key: Dotted key from the top of the file, such as ``decoder.channels``; empty for a
            problem with the file itself.
        message: What is wrong, in a sentence without a full stop at its end.
        remedy: What to do, in full sentences.
        severity: Errors stop the run before anything is started.
        place: Where the key stands, or its nearest parent that the user wrote.
    """

    key: str
    message: str
    remedy: str = ""
    severity: Severity = Severity.ERROR
    place: Place | None = None

    def under(self, parent: str, place: Place | None) -> "Problem":
        """This problem as one of a key's section; ``place`` is used where it has none."""
        key = f"{parent}.{self.key}" if self.key else parent
        return evolve(self, key=key, place=self.place or place)

    def __str__(self) -> str:
        where = f"{self.place}: " if self.place else ""
        name = f"{self.key}: " if self.key else ""
        kind = "" if self.severity is Severity.ERROR else "warning: "
        text = f"{where}{kind}{name}{self.message}."
        return f"{text} {self.remedy}" if self.remedy else text


def _order(problem: Problem) -> tuple[str, int, int, str]:
    place = problem.place or Place(file="", line=0, column=0)
    return (place.file, place.line, place.column, problem.key)


def in_order(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Sort problems by file, line, column and key, dropping exact repetitions."""
    return tuple(sorted(dict.fromkeys(problems), key=_order))


class UserError(Exception):
    """Something only the user can mend: one or a few lines on stderr, exit code 2.

    Raise it where the fact is known, with the thing, the place and the remedy in the message.
    """


class RunError(Exception):
    """A run that had started and failed for a reason worth a line: exit code 1.

    Raise it where the fact is known, with the thing, the place and the remedy in the message.
    """


@frozen(init=False)
class ConfigError(UserError):
    """A configuration that cannot be run; it carries every problem found.

    Attributes:
        problems: All errors and warnings, in the order of their places.
    """

    problems: tuple[Problem, ...] = field()

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.__attrs_init__(in_order(problems))

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)
