"""What of a heap would be resident."""

import sys

import pytest
import torch

from tracknet_core.training.estimate.heap import PAGE, Heap
from tracknet_core.training.estimate.ledger import Ledger

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells where its heap is")

OUTSIDE = 2**46


@pytest.fixture
def heap() -> Heap:
    heap = Heap.of_this_process()
    assert heap is not None
    heap.clear()  # as if nothing were there yet
    return heap


def test_memory_outside_of_the_heap_is_gone_with_its_tensor(heap: Heap) -> None:
    place = heap.take(OUTSIDE, 10 * PAGE)
    assert heap.resident_bytes == 11 * PAGE  # with the allocator's own words before it
    heap.give_back(place)
    assert heap.resident_bytes == 0


def test_a_page_of_the_heap_counts_once_and_stays(heap: Heap) -> None:
    start = heap._start
    first = heap.take(start, 2 * PAGE)
    heap.take(start + PAGE, 2 * PAGE)
    assert heap.resident_bytes == 3 * PAGE
    heap.give_back(first)
    assert heap.resident_bytes == 3 * PAGE
    heap.take(start + PAGE // 2, PAGE // 4)
    assert heap.resident_bytes == 3 * PAGE


def test_a_trimmed_heap_holds_what_is_alive(heap: Heap) -> None:
    heap.take(heap._start, 4 * PAGE)
    alive = heap.take(heap._start + 8 * PAGE, PAGE)
    heap.clear()
    heap.keep(alive)
    assert heap.resident_bytes == PAGE


def test_tensors_lie_where_the_ledger_says() -> None:
    ledger = Ledger(Heap.of_this_process())
    large = torch.empty(2**26, dtype=torch.uint8)  # above what glibc ever puts into its heap
    ledger.see(large.untyped_storage(), real=False)
    assert ledger.peak().total_bytes == pytest.approx(2**26, rel=0.001)
