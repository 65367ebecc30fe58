"""What is trained here belongs to its user: plain PEFT and plain transformers open it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from tracknet_core.config.resolve import load_plan
from tracknet_core.model.assembly import assemble
from tracknet_core.model.checkpoint import load_checkpoint

LORA = ["lora.enabled=true", "lora.r=4"]
VARIANTS = {
    "single frames": ["data.sequence.enabled=false"],
    "windows of three": [],
    "dora": ["lora.use_dora=true"],
    "rank-stabilized, gaussian": ["lora.use_rslora=true", "lora.init=gaussian"],
    "biases": ["lora.bias=lora_only", "data.sequence.enabled=false"],
    "older names": ["lora.target_modules=[query,key,value,dense]"],
}

ALONE = """
import sys

{snippet}
import torch
pixels = torch.load("pixels.pt")
torch.save(model(pixel_values=pixels).last_hidden_state, "features.pt")
assert not [name for name in sys.modules if name.startswith("tracknet")]
"""

RELOADED = """
import sys
import torch
from transformers import AutoModel

model = AutoModel.from_pretrained("quantized").eval()
for layer in model.modules():
    if hasattr(layer, "support_avx512bf16_for_cpu"):
        layer.support_avx512bf16_for_cpu = False
assert model.is_loaded_in_4bit
with torch.no_grad():
    torch.save(model(pixel_values=torch.load("pixels.pt")).last_hidden_state, "features.pt")
assert not [name for name in sys.modules if name.startswith("tracknet")]
"""


def run_alone(code: str, folder: Path) -> torch.Tensor:
    """Run code in a process of its own, in a folder; what it saved as features."""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    features: torch.Tensor = torch.load(folder / "features.pt")
    return features


@pytest.mark.parametrize("variant", VARIANTS)
def test_an_adapter_opens_in_plain_peft_as_its_readme_says(bench, variant):
    run = bench.run(re.sub(r"\W+", "-", variant), [*LORA, *VARIANTS[variant]])
    model = load_checkpoint(run).model
    adapter = run / "checkpoints" / "best" / "adapter"
    pixels = torch.randn(2, 3 * model.frames, 64, 64, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        expected = model.pretrained(pixel_values=pixels).last_hidden_state
    torch.save(pixels, adapter / "pixels.pt")
    readme = (adapter / "README.md").read_text()
    snippet = re.search(r"```python\n(.*?)```", readme, re.DOTALL)[1]
    snippet = re.sub(
        r'AutoModel.from_pretrained\(".*?"\)', f'AutoModel.from_pretrained("{bench.base}")', snippet
    )
    found = run_alone(ALONE.format(snippet=snippet), adapter)
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    assert _moved_by_training(model, bench, pixels, expected)


def _moved_by_training(model, bench, pixels, expected) -> bool:
    """Whether the adapter does anything at all."""
    plan, _ = load_plan([bench.config], [f"data.sequence.enabled={str(model.frames > 1).lower()}"])
    with torch.no_grad():
        base = assemble(plan).pretrained(pixel_values=pixels).last_hidden_state
    return not torch.allclose(base, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("kind", ["nf4", "fp4"])
def test_an_hf_backbone_saves_and_opens_in_plain_transformers(bench, tmp_path, kind):
    words = ["quantization.enabled=true", "quantization.mode=hf", f"quantization.quant_type={kind}"]
    run = bench.run(f"hf-{kind}", [*words, "data.sequence.enabled=false"])
    backbone = load_checkpoint(run).model.pretrained
    backbone.save_pretrained(tmp_path / "quantized")
    pixels = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    torch.save(pixels, tmp_path / "pixels.pt")
    with torch.no_grad():
        expected = backbone(pixel_values=pixels).last_hidden_state
    assert torch.equal(run_alone(RELOADED, tmp_path), expected)
