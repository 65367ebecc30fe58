"""What memory tensors take, what it is for, and when it is most."""

import weakref
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from functools import partial

import torch
from attrs import define, field, frozen
from torch import Tensor

from tracknet_core.training.estimate.heap import Heap, Place
from tracknet_core.training.estimate.journal import Journal


class Part(StrEnum):
    """What memory is for; the values name parts of an estimate."""

    WEIGHTS = "weights"
    ADAPTER = "adapter"
    GRADIENTS = "gradients"
    OPTIMIZER = "optimizer_state"
    ACTIVATIONS = "activations"
    WORKSPACE = "workspace"
    DATA = "data"


@frozen(kw_only=True)
class Peak:
    """The moment at which most memory was taken.

    Attributes:
        total_bytes: How much; with a heap, what the process has resident for it.
        parts: Bytes of tensors by what they are for. With a heap, when most tensors were there: it keeps
            what is freed, and may grow a little later, when few are.
        moment: Number of the event.
    """

    total_bytes: int
    parts: Mapping[Part, int]
    moment: int


@define(eq=False)
class _Block:
    serial: int
    size: int
    real: bool
    reference: object = None
    place: Place | None = None


@define(eq=False)
class Ledger:
    """Notes each piece of memory that comes and goes.

    Args:
        heap: Where it lies in this process; None to add bytes up and no more.

    Attributes:
        peak_tensor_bytes: Most bytes of tensors that were alive at the same time.
    """

    heap: Heap | None = None
    _alive: dict[int, _Block] = field(factory=dict, init=False)
    _events: Journal = field(factory=Journal, init=False)
    _parts: dict[int, Part] = field(factory=dict, init=False)
    peak_tensor_bytes: int = field(default=0, init=False)
    _most: int = field(default=0, init=False)
    _now: int = field(default=0, init=False)
    _moment: int = field(default=0, init=False)

    def see(self, storage: torch.UntypedStorage, *, real: bool) -> None:
        """Note memory unless it is known.

        Args:
            storage: The memory.
            real: Whether it holds the values that it should.
        """
        key = storage._cdata
        if key in self._alive:
            return
        block = _Block(serial=len(self._events), size=storage.nbytes(), real=real)
        block.reference = weakref.ref(storage, partial(self._gone, key))
        self._alive[key] = block
        self._events.add(block.serial, block.size)
        self._now += block.size
        if self.heap is not None and block.size:
            block.place = self.heap.take(storage.data_ptr(), block.size)
        self.peak_tensor_bytes = max(self.peak_tensor_bytes, self._now)
        total = self._now if self.heap is None else self.heap.resident_bytes
        if total > self._most:
            self._most, self._moment = total, len(self._events)

    def pass_through(self, sizes: Sequence[int]) -> None:
        """Note memory of a kernel that comes and goes at once; only the heap shows it."""
        if self.heap is None or not sizes:
            return
        blocks = [torch.empty(size, dtype=torch.uint8) for size in sizes]
        for block in blocks:
            self.see(block.untyped_storage(), real=False)

    def see_all(self, tensors: Iterable[Tensor]) -> None:
        """Note the memory of tensors that came from elsewhere, such as a file."""
        for tensor in tensors:
            self.see(tensor.untyped_storage(), real=True)

    def is_real(self, storage: torch.UntypedStorage) -> bool:
        """Whether memory holds the values that it should; what is not known does."""
        block = self._alive.get(storage._cdata)
        return block is None or block.real

    def lose_values(self, storage: torch.UntypedStorage) -> None:
        """Note that memory would hold other values now."""
        self.see(storage, real=False)
        self._alive[storage._cdata].real = False

    @property
    def now(self) -> int:
        """Moment: the number of events so far."""
        return len(self._events)

    def assign(self, part: Part, tensors: Iterable[Tensor]) -> None:
        """Say what the memory of some tensors is for."""
        for tensor in tensors:
            block = self._alive.get(tensor.untyped_storage()._cdata)
            if block is not None:
                self._parts[block.serial] = part

    def assign_new(self, part: Part, since: int) -> None:
        """Say what memory is for that came after a moment, is there still and has no purpose so far."""
        for block in self._alive.values():
            if block.serial >= since:
                self._parts.setdefault(block.serial, part)

    def trimmed(self) -> None:
        """Note that the allocator has just given back all memory that is free."""
        if self.heap is None:
            return
        self.heap.clear()
        for block in self._alive.values():
            if block.place is not None:
                self.heap.keep(block.place)

    def forget_peak(self) -> None:
        """Look for the peak from now on."""
        self.peak_tensor_bytes = self._now
        self._most = self._now if self.heap is None else self.heap.resident_bytes
        self._moment = len(self._events)

    def peak(self, loaded: int = 0) -> Peak:
        """Tell when most memory was taken, and what for.

        Args:
            loaded: The moment at which training begins: a peak after it has the parts of training.
        """
        moment = self._moment
        if self.heap is not None:
            phase = (loaded, self.now) if moment > loaded else (0, loaded)
            moment = self._events.fullest(*phase)
        parts = dict.fromkeys(Part, 0)
        for serial, size in self._events.alive_at(moment).items():
            parts[self._parts.get(serial, Part.WORKSPACE)] += size
        return Peak(total_bytes=self._most, parts=parts, moment=moment)

    def _gone(self, key: int, _: object) -> None:
        block = self._alive.pop(key)
        self._now -= block.size
        if block.size:  # an event of no bytes would read as a birth
            self._events.add(block.serial, -block.size)
        if self.heap is not None and block.place is not None:
            self.heap.give_back(block.place)
