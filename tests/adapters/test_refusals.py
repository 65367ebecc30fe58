"""`tracknet check` refuses every combination that cannot work, without torch, and says what to do."""

import json
import subprocess
import sys

import pytest

from tracknet_core.cli.main import main

LORA = ["lora.enabled=true"]
QUANTIZED = ["quantization.enabled=true"]
HF = [*QUANTIZED, "quantization.mode=hf"]
RANDOM = ["backbone.pretrained=false", "decoder.channels=[384,16,8]"]

REFUSED = {
    "a target that matches nothing": (
        [*LORA, "lora.target_modules=[q_projj]"],
        "lora.target_modules",
        "Did you mean 'q_proj'?",
    ),
    "a target of random weights that matches nothing": (
        [*LORA, *RANDOM, "lora.target_modules=[nothing]"],
        "lora.target_modules",
        "q_proj",
    ),
    "no target": ([*LORA, "lora.target_modules=[]"], "lora.target_modules", "null"),
    "a norm as a target": ([*LORA, "lora.target_modules=[norm1]"], "lora.target_modules", "q_proj"),
    "a rank of nothing": ([*LORA, "lora.r=0"], "lora.r", "is less than 1"),
    "half a rank": ([*LORA, "lora.r=0.5"], "lora.r", "whole number"),
    "an unknown way of biases": ([*LORA, "lora.bias=some"], "lora.bias", "none"),
    "everything skipped": (
        [*QUANTIZED, "quantization.skip_modules=[layer]"],
        "quantization",
        "Shorten the list",
    ),
    "a skipped layer that is not there": (
        [*QUANTIZED, "quantization.skip_modules=[o_pro]"],
        "quantization.skip_modules",
        "o_proj",
    ),
    "an unknown type": ([*QUANTIZED, "quantization.quant_type=int4"], "quantization.quant_type", "nf4"),
    "an unknown mode": ([*QUANTIZED, "quantization.mode=hff"], "quantization.mode", "hf"),
    "random weights while loading": ([*HF, *RANDOM], "backbone.pretrained", "quantization.mode: manual"),
    "half precision without a GPU": (["training.precision=fp16"], "training.precision", "bf16"),
    "a run that is not there": (["init_from=nowhere"], "init_from", "Name the folder of a run"),
}


def problems(capsys, config, words):
    capsys.readouterr()
    code = main(["check", str(config), *words, "--json"])
    return code, json.loads(capsys.readouterr().out)["problems"]


@pytest.mark.parametrize("case", REFUSED)
def test_it_is_refused_with_the_remedy(bench, capsys, case):
    words, key, remedy = REFUSED[case]
    code, found = problems(capsys, bench.config, words)
    assert code == 2
    (line,) = [p for p in found if p["severity"] == "error" and p["key"].startswith(key)]
    assert remedy in f"{line['message']} {line['remedy']}"


@pytest.mark.parametrize(
    ("words", "key", "remedy"),
    [
        ([*LORA, "backbone.freeze=true"], "backbone.freeze", "Set backbone.freeze: false."),
        (QUANTIZED, "backbone.freeze", "enable lora"),
        ([*QUANTIZED, "quantization.compute_dtype=float16"], "quantization.compute_dtype", "bfloat16"),
        ([*QUANTIZED, "quantization.use_double_quant=false"], "quantization.use_double_quant", "compress"),
        ([*HF, "quantization.compress_statistics=false"], "quantization.compress_statistics", "use_double"),
        ([*LORA, "training.backbone_freeze_epochs=1"], "training.backbone_freeze_epochs", "0"),
        ([*LORA, "lora.target_modules=[query,dense]"], "lora.target_modules", "q_proj"),
    ],
)
def test_what_works_otherwise_than_it_reads_is_said(bench, capsys, words, key, remedy):
    code, found = problems(capsys, bench.config, words)
    assert code == 0
    (line,) = [p for p in found if p["key"] == key]
    assert line["severity"] == "warning"
    assert remedy in f"{line['message']} {line['remedy']}"


def test_a_good_configuration_of_all_parts_is_let_through(bench, capsys):
    assert problems(capsys, bench.config, [*LORA, *HF, "lora.use_dora=true"]) == (0, [])


def test_nothing_heavy_is_loaded_for_it(bench):
    code = (
        "import sys; from tracknet_core.cli.main import main;"
        f"code = main(['check', {str(bench.config)!r}, *{[*LORA, *HF]!r}, 'lora.target_modules=[nothing]']);"
        "heavy = [m for m in ('torch', 'transformers', 'peft', 'bitsandbytes') if m in sys.modules];"
        "sys.exit(f'{code} {heavy}')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip().splitlines()[-1] == "2 []"
    assert "matches no layer" in done.stderr
