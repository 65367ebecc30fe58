import os
import re
import signal
from collections.abc import Mapping
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from tracknet_core.config.problems import ConfigError, UserError
from tracknet_core.data.cache.lease import Lease
from tracknet_core.data.cache.room import claim, describe_need
from tracknet_core.progress import Silent

BLOCK = 2**16


class Told(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, text: str) -> None:
        self.lines.append(text)


def limit(blocks: float) -> Mapping[str, str]:
    return {"TRACKNET_CACHE_LIMIT": str(int(blocks * BLOCK))}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Four files of one block each, d used last, b longest ago."""
    for used, name in enumerate("bcad"):
        file = tmp_path / f"{name}.frames"
        file.write_bytes(os.urandom(BLOCK))
        os.utime(file, (1e9 + 86400 * used, 1e9 + 86400 * used))
    return tmp_path


def left(folder: Path) -> str:
    return "".join(sorted(file.stem for file in folder.glob("*.frames")))


def test_what_was_used_least_recently_goes_first_and_is_told(folder: Path) -> None:
    told = Told()
    claim(folder, {"x.frames": BLOCK}, told, limit(3))
    assert left(folder) == "adx"
    (line,) = told.lines
    assert re.fullmatch(
        r"data.cache: removed 2 clips \(0.1 MiB\) that no run has opened since 2001-09-1. ..:46 from "
        rf"{re.escape(str(folder))}, to make room",
        line,
    )


def test_nothing_goes_while_there_is_room(folder: Path) -> None:
    told = Told()
    claim(folder, {"x.frames": BLOCK}, told, limit(5))
    assert left(folder) == "abcdx"
    assert told.lines == []


def test_opening_counts_as_use(folder: Path) -> None:
    claim(folder, {"b.frames": BLOCK}, Silent(), limit(9))
    claim(folder, {"x.frames": BLOCK}, Silent(), limit(3))
    assert left(folder) == "bdx"


def test_a_file_that_is_there_already_needs_room_once(folder: Path) -> None:
    claim(folder, {"b.frames": BLOCK}, Silent(), limit(4))
    assert left(folder) == "abcd"


def test_what_is_in_use_stays(folder: Path) -> None:
    lease = claim(folder, {"b.frames": BLOCK, "c.frames": BLOCK}, Silent(), limit(4))
    claim(folder, {"x.frames": BLOCK}, Silent(), limit(3))
    assert left(folder) == "bcx"
    del lease
    claim(folder, {"y.frames": BLOCK}, Silent(), limit(1))
    assert left(folder) == "xy"  # x takes nothing yet


def test_what_is_in_use_counts_with_its_full_size(folder: Path) -> None:
    lease = claim(folder, {"x.frames": 3 * BLOCK}, Silent(), limit(9))
    claim(folder, {"y.frames": BLOCK}, Silent(), limit(5))
    assert left(folder) == "dxy"
    del lease


def _hold(folder: Path, ready: Connection) -> None:
    lease = claim(folder, {"b.frames": BLOCK}, Silent(), limit(9))
    ready.send("held")
    signal.pause()
    del lease


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a test's own functions reach forked processes only")
def test_another_process_holds_its_files_until_it_dies_in_whatever_way(folder: Path) -> None:
    here, there = get_context("fork").Pipe()
    other = get_context("fork").Process(target=_hold, args=(folder, there))
    other.start()
    assert here.recv() == "held"
    claim(folder, {"x.frames": BLOCK}, Silent(), limit(2))
    assert left(folder) == "bx"
    assert other.pid is not None
    os.kill(other.pid, signal.SIGKILL)
    other.join()
    claim(folder, {"y.frames": BLOCK}, Silent(), limit(1))
    assert left(folder) == "xy"  # x takes nothing yet


def _work(_: Lease, ready: Connection) -> None:
    ready.send("working")
    ready.recv()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a test's own functions reach forked processes only")
def test_a_forked_worker_holds_what_its_run_held(folder: Path) -> None:
    here, there = get_context("fork").Pipe()
    lease = claim(folder, {"b.frames": BLOCK}, Silent(), limit(9))
    worker = get_context("fork").Process(target=_work, args=(lease, there))
    worker.start()
    assert here.recv() == "working"
    del lease
    claim(folder, {"x.frames": BLOCK}, Silent(), limit(2))
    assert left(folder) == "bx"
    here.send("done")
    worker.join()
    claim(folder, {"y.frames": BLOCK}, Silent(), limit(1))
    assert left(folder) == "xy"  # x takes nothing yet


def test_what_cannot_fit_is_refused_and_nothing_is_removed(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        claim(folder, {"x.frames": 4 * BLOCK}, Silent(), limit(3.9))
    assert str(caught.value) == (
        f"data.cache: disk takes 0.2 MiB in {folder} with what other runs are using, and "
        "TRACKNET_CACHE_LIMIT is 0.2 MiB. Set the environment variable TRACKNET_CACHE_LIMIT to more, "
        "let TRACKNET_CACHE name a folder on a larger disk, or set data.cache to none."
    )
    assert left(folder) == "abcd"


@pytest.mark.parametrize(
    ("environ", "reason"), [({}, "it may have .* half of the disk"), (limit(1e12), "the disk has")]
)
def test_the_disk_itself_is_a_limit(folder: Path, environ: Mapping[str, str], reason: str) -> None:
    with pytest.raises(ConfigError, match=reason):
        claim(folder, {"x.frames": 2**60}, Silent(), environ)


def test_a_limit_that_is_no_number_is_refused(folder: Path) -> None:
    with pytest.raises(
        UserError, match=r"TRACKNET_CACHE_LIMIT: 'much' is no number of bytes. Write one such as"
    ):
        claim(folder, {}, Silent(), {"TRACKNET_CACHE_LIMIT": "much"})


def test_leases_of_the_dead_are_cleared_away(folder: Path) -> None:
    for _ in range(5):
        claim(folder, {"b.frames": BLOCK}, Silent(), limit(9))
        assert len(list(folder.glob("*.lease"))) == 1


def test_the_need_is_told_until_all_is_there(folder: Path) -> None:
    there = {"a.frames": BLOCK, "b.frames": BLOCK}
    assert describe_need(folder, there) is None
    need = describe_need(folder, there | {"x.frames": 2**20})
    assert need is not None
    assert re.fullmatch(
        rf"data.cache: disk takes up to 1.0 MiB more in {re.escape(str(folder))}, where .* GiB are free", need
    )
