"""What memory came and went."""

import pytest

from tracknet_core.training.estimate.journal import Journal


@pytest.fixture
def journal() -> Journal:
    """Three blocks of 5, 3 and 9 bytes: the second goes before the third comes."""
    journal = Journal()
    for serial, size in ((0, 5), (1, 3), (1, -3), (3, 9), (3, -9)):
        journal.add(serial, size)
    return journal


def test_blocks_are_alive_until_they_go(journal: Journal) -> None:
    assert journal.alive_at(2) == {0: 5, 1: 3}
    assert journal.alive_at(4) == {0: 5, 3: 9}


@pytest.mark.parametrize(
    ("first", "last", "moment"), [(0, 5, 4), (0, 3, 2), (1, 3, 2), (2, 3, 3), (4, 5, 5), (5, 5, 5)]
)
def test_the_fullest_moment_of_a_time(journal: Journal, first: int, last: int, moment: int) -> None:
    assert journal.fullest(first, last) == moment


def test_many_entries_are_kept() -> None:
    journal = Journal()
    for serial in range(2**17):
        journal.add(serial, 1)
    assert len(journal.alive_at(len(journal))) == 2**17
