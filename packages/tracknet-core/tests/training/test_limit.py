import numpy as np
import pytest
from attrs import evolve

from tracknet_core.config.schema import SequenceConfig
from tracknet_core.data.clips import Clip
from tracknet_core.training.limit import limited_clips


class Numbers:
    """A picture whose pixels tell its number."""

    size = (4, 4)

    def __init__(self, count):
        self.count = count

    def __len__(self):
        return self.count

    def read(self, index, at_least=None):
        return np.full((4, 4, 3), index, dtype=np.uint8)

    def name(self, index):
        return str(index)

    def fingerprint(self):
        return f"numbers {self.count}"


def clip(frames):
    return Clip(
        game="g",
        name=f"g/{frames}",
        frames=Numbers(frames),
        visibility=np.ones(frames, np.uint8),
        xy=np.arange(2.0 * frames).reshape(frames, 2),
    )


@pytest.mark.parametrize(
    ("limit", "left"), [(None, [40, 24]), (0.5, [20, 12]), (1.0, [40, 24]), (4, [10, 6]), (1000, [40, 24])]
)
def test_every_clip_keeps_the_same_share(training, limit, left):
    plan = training(batch_size=4, limit_val_batches=limit)  # 64 frames are 16 batches
    assert [len(short) for short in limited_clips([clip(40), clip(24)], plan)] == left


def test_a_batch_of_windows_counts_all_their_frames(training):
    plan = training(batch_size=4, limit_val_batches=1)
    plan = evolve(plan, data=evolve(plan.data, sequence=SequenceConfig(enabled=True, length=3)))
    assert len(limited_clips([clip(60)], plan)[0]) == 12


def test_what_is_left_is_the_beginning(training):
    short = limited_clips([clip(40)], training(batch_size=4, limit_val_batches=0.1))[0]
    assert short.xy.tolist() == clip(40).xy[: len(short)].tolist()
    assert short.frames.read(2)[0, 0, 0] == 2
    assert short.frames.fingerprint() != clip(40).frames.fingerprint()


def test_every_label_is_shortened_with_its_frames(training):
    full = evolve(clip(8), diameter=np.arange(8.0))
    (short,) = limited_clips([full], training(batch_size=4, limit_val_batches=0.5))
    assert short.diameter.tolist() == [0, 1, 2, 3]
