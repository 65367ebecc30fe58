"""What an estimate tells."""

from collections.abc import Mapping

from attrs import frozen

from tracknet_core.training.estimate.rehearsal import Rehearsal
from tracknet_core.training.estimate.target import CUDA_BYTES, Target


@frozen(kw_only=True)
class Footprint:
    """What a run takes.

    Attributes:
        parts: Bytes at the peak by what they are for; they add up to the peak. On a CPU, ``libraries``
            are the program itself and ``allocator`` the holes that its heap keeps; ``cuda`` is what is
            assumed of a GPU besides tensors.
        rehearsal: What was counted.
        target: Where it is to fit.
    """

    parts: Mapping[str, int]
    rehearsal: Rehearsal
    target: Target

    @classmethod
    def of(cls, rehearsal: Rehearsal, target: Target, *, libraries_bytes: int) -> "Footprint":
        """Add to a rehearsal what is there besides tensors.

        Args:
            rehearsal: What was counted on a device of this kind.
            target: Where it is to fit.
            libraries_bytes: What is resident of this process with all that a run imports.
        """
        parts = {str(part): size for part, size in rehearsal.peak.parts.items()}
        if target.device == "cuda":
            parts["cuda"] = CUDA_BYTES
        else:
            parts["allocator"] = rehearsal.peak.total_bytes - sum(parts.values())
            parts["libraries"] = libraries_bytes + rehearsal.libraries_bytes
        return cls(parts=parts, rehearsal=rehearsal, target=target)

    @property
    def peak_bytes(self) -> int:
        """Memory at the peak."""
        return sum(self.parts.values())

    @property
    def fits(self) -> bool:
        """Whether it fits; where nobody knows how much there is, it does."""
        return self.target.memory_bytes is None or self.peak_bytes <= self.target.memory_bytes

    def to_json(self) -> dict[str, object]:
        """Return what ``tracknet estimate --json`` prints, without remedies."""
        rehearsal = self.rehearsal
        return {
            "device": self.target.device,
            "memory_bytes": self.target.memory_bytes,
            "fits": self.fits,
            "peak_bytes": self.peak_bytes,
            "parts": dict(self.parts),
            "peak_is_reached": "while loading" if rehearsal.while_loading else "in training",
            "peak_tensor_bytes": rehearsal.peak_tensor_bytes,
            "trainable_parameters": rehearsal.trainable_parameters,
            "total_parameters": rehearsal.total_parameters,
            "checkpoint_bytes": rehearsal.checkpoint_bytes,
            "micro_batch_size": rehearsal.windows,
            "gradient_checkpointing": rehearsal.recomputes,
        }
