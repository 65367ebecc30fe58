"""Live tensors are counted by storage, from birth to death, in forward and backward."""

import torch
from torch import nn

from tracknet_core.training.trial.tensors import LiveTensors

KIB = 256
"""Float32 numbers in a KiB."""


def test_the_peak_is_what_lived_at_the_same_time():
    with LiveTensors() as live:
        first = torch.zeros(3 * KIB)
        del first
        second = torch.zeros(2 * KIB)
        third = torch.zeros(2 * KIB)
    assert live.peak == 4 * 1024
    assert live.now == second.nbytes + third.nbytes


def test_views_and_changes_in_place_cost_nothing():
    with LiveTensors() as live:
        whole = torch.zeros(KIB)
        _part = whole.view(16, -1)[3].add_(1)
    assert live.peak == 1024


def test_what_the_backward_pass_needs_is_counted():
    with LiveTensors() as live:
        layer = nn.Linear(KIB, KIB, bias=False)
        rows = torch.ones(KIB, KIB)
        loss = torch.relu(layer(rows)).sum()
        kept = live.now
        loss.backward()
    size = rows.nbytes
    assert kept >= 3 * size  # with the weight: the input for its gradient, and the output for relu's
    assert live.peak >= 4 * size
    assert live.now == 3 * size + loss.nbytes  # the weight, its gradient and the input
