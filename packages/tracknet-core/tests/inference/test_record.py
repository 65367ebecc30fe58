"""The record of what the model saw: complete up to wherever the process died, and never of something else."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracknet_core.config.problems import UserError
from tracknet_core.inference.record import Record
from tracknet_core.inference.sighting import Sighting

FACTS = {"source": "1000 bytes", "threshold": 0.5}
NUMBERS = st.floats(allow_nan=False, width=64)


def same(one: Sighting, other: Sighting) -> bool:
    facts = ("index", "time", "lost", "cut")
    return (
        all(getattr(one, name) == getattr(other, name) for name in facts)
        and one.xy.tobytes() == other.xy.tobytes()
        and one.score.tobytes() == other.score.tobytes()
    )


def sighting(index: int, count: int = 2, **flags: bool) -> Sighting:
    numbers = np.random.default_rng(index)
    return Sighting(
        index=index, time=index / 30, xy=numbers.random((count, 2)), score=numbers.random(count), **flags
    )


def write(file: Path, *sightings: Sighting) -> None:
    record = Record(file, FACTS)
    for each in sightings:
        record.add(each)
    record.close()


def recovered(file: Path) -> list[Sighting]:
    record = Record(file, FACTS)
    record.recover()
    found = list(record.replay())
    assert len(found) == record.frames
    return found


@given(
    table=st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), max_size=9),
    index=st.integers(0, 2**62),
    time=NUMBERS,
    lost=st.booleans(),
    cut=st.booleans(),
)
def test_every_bit_comes_back(
    tmp_path_factory: pytest.TempPathFactory,
    table: list[tuple[float, float, float]],
    index: int,
    time: float,
    lost: bool,
    cut: bool,
) -> None:
    rows = np.array(table, np.float64).reshape(-1, 3)
    before = Sighting(
        index=index, time=time, xy=rows[:, :2].copy(), score=rows[:, 2].copy(), lost=lost, cut=cut
    )
    file = tmp_path_factory.mktemp("record") / "clip.resume"
    write(file, before)
    (after,) = recovered(file)
    assert same(before, after)


def test_a_torn_end_is_cut_off_wherever_it_tore(tmp_path: Path) -> None:
    file, written = tmp_path / "clip.resume", [sighting(0), sighting(1, 0, lost=True), sighting(2, 3)]
    write(file, *written[:2])
    whole = file.stat().st_size
    write(file, *written)
    data = file.read_bytes()
    for end in range(whole, len(data)):
        file.write_bytes(data[:end])
        assert len(recovered(file)) == 2
        assert file.stat().st_size == whole, "the next record follows the last whole one"
    file.write_bytes(data)
    assert len(recovered(file)) == 3


def test_a_record_that_was_not_written_to_its_end_is_noticed(tmp_path: Path) -> None:
    file = tmp_path / "clip.resume"
    write(file, sighting(0), sighting(1))
    data = file.read_bytes()
    file.write_bytes(data[:-20] + bytes(20))
    assert [each.index for each in recovered(file)] == [0]


def test_it_goes_on_where_it_ended(tmp_path: Path) -> None:
    file, written = tmp_path / "clip.resume", [sighting(index, index % 4) for index in range(6)]
    write(file, *written[:4])
    record = Record(file, FACTS)
    record.recover()
    for each in written[4:]:
        record.add(each)
    record.close()
    assert all(same(*pair) for pair in zip(recovered(file), written, strict=True))


def test_without_recovery_it_begins_anew(tmp_path: Path) -> None:
    file = tmp_path / "clip.resume"
    write(file, *map(sighting, range(5)))
    write(file, sighting(7))
    assert [each.index for each in recovered(file)] == [7]


def test_lost_frames_are_counted(tmp_path: Path) -> None:
    file = tmp_path / "clip.resume"
    write(file, sighting(0), sighting(1, 0, lost=True))
    record = Record(file, FACTS)
    record.recover()
    assert (record.frames, record.lost) == (2, 1)


def test_nothing_is_written_before_the_first_frame(tmp_path: Path) -> None:
    Record(tmp_path / "clip.resume", FACTS).close()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("facts", "message"),
    [
        ({**FACTS, "source": "2000 bytes"}, "had another source"),
        ({**FACTS, "source": "2000 bytes", "threshold": 0.4}, "had another source, threshold"),
        ({"source": "1000 bytes"}, "had another threshold"),
    ],
)
def test_another_prediction_is_refused_by_what_differs(
    tmp_path: Path, facts: dict[str, object], message: str
) -> None:
    file = tmp_path / "clip.resume"
    write(file, sighting(0))
    before = file.read_bytes()
    with pytest.raises(UserError, match=message):
        Record(file, facts).recover()
    assert file.read_bytes() == before


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "clip.resume"
    for content in (b"", b"[]\n", b"\xff\xfe\n", b"Frame,Visibility\n"):
        file.write_bytes(content)
        with pytest.raises(UserError, match="is not a record"):
            Record(file, FACTS).recover()
