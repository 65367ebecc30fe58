"""An export predicts what the run does, through another engine, and never stands in for what it is not."""

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from tracknet_core import load
from tracknet_core.cli.main import main
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_core.model.peaks import candidates_of

LORA = ["lora.enabled=true", "lora.r=4"]
EXPORTS = ["onnx", "openvino"]
BOTH_ENDS = pytest.mark.parametrize("engine", EXPORTS)


@pytest.fixture(scope="module")
def run(bench) -> Path:
    """A run with LoRA and its exports; it sees a ball in most pictures, wherever that is."""
    run = bench.run("engines", [*LORA, "training.epochs=12", "evaluation.threshold=0.1"])
    for name in EXPORTS:
        assert main(["export", str(run), "--format", name, "--quiet"]) == 0
    return run


@pytest.fixture(scope="module")
def video(clips, tmp_path_factory) -> Path:
    """Eighteen pictures, a folder of which is a source."""
    return clips / "game1" / "Clip1"


def windows(bench, count: int = 3) -> np.ndarray:
    frames = bench.frames().numpy()
    return np.concatenate([np.roll(frames, 17 * number, axis=-1) for number in range(count)])


def predict(run: Path, video: Path, output: Path, *words: str) -> list[dict[str, str]]:
    arguments = ["predict", str(run), str(video / "*.jpg"), "--output", str(output), "--quiet", *words]
    assert main(arguments) == 0
    (table,) = output.glob("*_ball.csv")
    with table.open() as stream:
        return list(csv.DictReader(stream))


def refused(capsys, *words: str) -> str:
    assert main(list(words)) == 2
    return capsys.readouterr().err


@BOTH_ENDS
@pytest.mark.parametrize("count", [1, 2, 5])
def test_heatmaps_and_peaks_are_those_of_torch_for_any_number_of_windows(bench, run, engine, count):
    torch_engine, other = load(run).run.engine, load(run, engine=engine).run.engine
    assert (other.frames, other.input_size, other.heatmap_size) == (3, (64, 64), (16, 16))
    frames = windows(bench, count)
    heatmaps = other.heatmaps(frames)
    torch.testing.assert_close(heatmaps, torch_engine.heatmaps(frames), atol=1e-5, rtol=0)
    assert other.candidates(frames).shape == (count, 3, 5, 3)
    torch.testing.assert_close(
        other.candidates(frames), candidates_of(heatmaps), atol=1e-4, rtol=0, equal_nan=True
    )


@BOTH_ENDS
@pytest.mark.parametrize("words", [[], ["--tiles", "2x1"]], ids=["whole", "tiles"])
def test_predict_writes_the_same_table(run, video, engine, words, tmp_path):
    with_torch = predict(run, video, tmp_path / "torch", *words)
    with_export = predict(run, video, tmp_path / engine, *words, "--engine", engine)
    assert len(with_torch) == 18
    assert any(row["Visibility"] == "1" for row in with_torch)
    for one, other in zip(with_torch, with_export, strict=True):
        assert (one["Frame"], one["Visibility"], one["Source"]) == (
            other["Frame"],
            other["Visibility"],
            other["Source"],
        )
        for name in ("X", "Y", "Score"):
            assert float(one[name] or 0) == pytest.approx(float(other[name] or 0), abs=0.02)


@BOTH_ENDS
def test_overlapping_windows_vote_on_heatmaps(run, engine, capsys):
    results = {}
    for name in ("torch", engine):
        capsys.readouterr()
        assert main(["eval", str(run), "tracking.ensemble=weighted", "--engine", name, "--json"]) == 0
        results[name] = json.loads(capsys.readouterr().out)
    assert results[engine]["tracking"]["ensemble"] == "weighted"
    assert results[engine]["f1"] == pytest.approx(results["torch"]["f1"], abs=1e-6)
    assert results[engine]["rmse_px"] == pytest.approx(results["torch"]["rmse_px"], abs=0.01)
    assert "trainable_parameters" not in results[engine]


@BOTH_ENDS
def test_the_report_says_how_close_it_is(run, engine):
    parity = json.loads((run / engine / "parity.json").read_text())
    assert 0 <= parity["heatmap_mean_difference"] <= parity["heatmap_max_difference"] <= 1e-5
    assert parity["compared_on"] == "test"
    assert parity["as_predicted"]["exported"]["engine"] == engine
    assert parity["as_predicted"]["run"]["engine"] == "torch"
    assert parity["metrics"]["exported"]["f1"] == pytest.approx(parity["metrics"]["run"]["f1"], abs=1e-6)


@BOTH_ENDS
def test_an_export_stands_alone(bench, run, engine, video, tmp_path):
    moved = (run / engine).rename(tmp_path / "moved")
    try:
        alone = predict(moved, video, tmp_path / "alone")
        assert load(moved).run.engine.name == engine
    finally:
        moved.rename(run / engine)
    assert alone == predict(run, video, tmp_path / "beside", "--engine", engine)
    assert "lora" not in (run / engine / "config.yaml").read_text()


@BOTH_ENDS
def test_an_export_is_loaded_without_torch_weights_plugins_or_converters(run, engine):
    without = """
import sys
for module in ("peft", "bitsandbytes", "onnx", "onnxscript", "transformers"):
    sys.modules[module] = None
from tracknet_core import load
print(load(sys.argv[1]).run.engine.name)
"""
    done = subprocess.run(
        [sys.executable, "-c", without, str(run / engine)],
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert done.stdout.split() == [engine]


def test_precision_is_that_of_torch_where_openvino_has_it(bench, run, tmp_path):
    config = run / "openvino" / "config.yaml"
    before = config.read_text()
    assert load(run, engine="openvino").run.engine.precision == "fp32"
    try:
        config.write_text(before.replace("precision: fp32", "precision: bf16"))
        engine = load(run / "openvino").run.engine
    finally:
        config.write_text(before)
    assert engine.precision == ("bf16" if torch.cpu._is_avx512_bf16_supported() else "fp32")
    frames = windows(bench)
    heatmaps = engine.heatmaps(frames)
    torch.testing.assert_close(heatmaps, load(run).run.engine.heatmaps(frames), atol=0.05, rtol=0)
    # peaks are refined in float32 all the same: rounded to bfloat16, a pixel would be lost
    torch.testing.assert_close(
        engine.candidates(frames), candidates_of(heatmaps), atol=1e-5, rtol=0, equal_nan=True
    )


@BOTH_ENDS
def test_4_bit_weights_are_exported_as_what_they_stand_for(bench, engine, capsys):
    words = ["quantization.enabled=true", "quantization.compute_dtype=float32"]
    run = bench.run(f"q-{engine}", [*LORA, *words])
    assert main(["export", str(run), "--format", engine]) == 0
    assert "quantized weights are written as the plain ones" in capsys.readouterr().err
    frames = windows(bench)
    apart = load(run, engine=engine).run.engine.heatmaps(frames) - load(run).run.engine.heatmaps(frames)
    assert apart.abs().max() <= 1e-4


@BOTH_ENDS
def test_single_frames_are_exported_too(bench, engine):
    run = bench.run(f"single-{engine}", [*LORA, "data.sequence.enabled=false"])
    assert main(["export", str(run), "--format", engine, "--quiet"]) == 0
    frames = windows(bench)[:, :1]
    apart = load(run, engine=engine).run.engine.heatmaps(frames) - load(run).run.engine.heatmaps(frames)
    assert apart.abs().max() <= 1e-5


@BOTH_ENDS
def test_an_export_that_is_not_there_says_how_to_make_it(bench, engine, video, capsys):
    run = bench.run(f"none-{engine}", LORA)
    message = refused(capsys, "predict", str(run), str(video / "*.jpg"), "--engine", engine)
    assert f"tracknet export {run} --format {engine}" in message


def test_an_export_of_another_checkpoint_is_refused(bench, run, video, capsys):
    facts = run / "checkpoints" / "best" / "tracknet.json"
    before = facts.read_text()
    try:
        facts.write_text(json.dumps({**json.loads(before), "step": 1_000_000}))
        message = refused(capsys, "predict", str(run), str(video / "*.jpg"), "--engine", "onnx")
    finally:
        facts.write_text(before)
    assert "another checkpoint" in message
    assert f"tracknet export {run} --format onnx" in message


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--engine", "tensorrt"], "torch, onnx, openvino"),
        (["--engine", "openvino", "--device", "cuda"], "OpenVINO computes on the CPU"),
        (["--engine", "onnx", "--device", "cuda"], "does not compute there"),
        (["--engine", "onnx", "--device", "pancake"], "no such kind of device"),
    ],
)
def test_what_does_not_exist_is_refused(run, video, capsys, words, message):
    assert message in refused(capsys, "predict", str(run), str(video / "*.jpg"), *words)


def test_an_export_is_for_one_engine(run, video, capsys):
    words = ["predict", str(run / "onnx"), str(video / "*.jpg"), "--engine", "openvino"]
    assert "is an export for onnx" in refused(capsys, *words)


def test_a_run_is_compared_with_its_export(run, capsys):
    capsys.readouterr()
    assert main(["eval", str(run), str(run / "openvino"), "--json", "--quiet"]) == 0
    comparison = json.loads(capsys.readouterr().out)
    assert str(run / "openvino") in json.dumps(comparison)
    assert "--engine: is of one run" in refused(
        capsys, "eval", str(run), str(run / "onnx"), "--engine", "onnx"
    )


def test_an_export_is_no_checkpoint(bench, run, capsys):
    assert "is an export for onnx" in refused(capsys, "export", str(run / "onnx"), "--format", "merged")
    assert "is an export for openvino" in refused(
        capsys, "run", str(bench.config), f"init_from={run / 'openvino'}", "--output", str(bench.folder / "x")
    )


@BOTH_ENDS
def test_a_damaged_export_is_refused(run, engine, video, capsys, tmp_path):
    facts = json.loads((run / engine / "tracknet.json").read_text())
    (tmp_path / "tracknet.json").write_text(json.dumps(facts))
    (tmp_path / "config.yaml").write_text((run / engine / "config.yaml").read_text())
    assert facts["graph"] in refused(capsys, "predict", str(tmp_path), str(video / "*.jpg"))
    (tmp_path / "tracknet.json").write_text(json.dumps({"engine": engine, "format_version": 1}))
    assert "damaged" in refused(capsys, "predict", str(tmp_path), str(video / "*.jpg"))


@pytest.mark.parametrize(
    ("module", "words"),
    [
        ("onnxruntime", ["predict", "RUN", "VIDEO", "--engine", "onnx"]),
        ("openvino", ["predict", "RUN", "VIDEO", "--engine", "openvino"]),
        ("onnxscript", ["export", "RUN", "--format", "openvino", "--output", "elsewhere"]),
        ("onnx", ["export", "RUN", "--format", "onnx", "--output", "elsewhere"]),
    ],
)
def test_what_is_not_installed_is_named_with_its_extra(run, video, capsys, monkeypatch, module, words):
    monkeypatch.setitem(sys.modules, module, None)
    places = {"RUN": str(run), "VIDEO": str(video / "*.jpg"), "elsewhere": str(run / "elsewhere")}
    message = refused(capsys, *(places.get(word, word) for word in words))
    extra = "openvino" if "openvino" in words else "onnx"
    assert f"pip install 'tracknet-core[{extra}]'" in message
    assert not (run / "elsewhere").exists()


def test_going_on_with_another_engine_is_refused(run, video, tmp_path, capsys):
    output = tmp_path / "out"
    pictures = ["predict", str(run), str(video / "*.jpg"), "--output", str(output), "--quiet"]
    assert main(pictures) == 0
    (table,) = output.glob("*_ball.csv")
    record = table.with_name(f"{table.name}.resume")
    record.write_bytes(_interrupted(run, video, tmp_path / "other"))
    table.rename(table.with_name(f"{table.name}.part"))
    assert "engine" in refused(capsys, *pictures, "--resume", "--engine", "onnx")


def _interrupted(run: Path, video: Path, folder: Path) -> bytes:
    """The record of a prediction by torch that somebody stopped."""
    from tracknet_core.inference.files import plan_files
    from tracknet_core.inference.focus import Focus
    from tracknet_core.inference.resume import record_of
    from tracknet_core.inference.sources import open_source

    source = open_source(str(video / "*.jpg"))
    (files,) = plan_files([source], folder, overlay=False, force=False)
    predictor = load(run)
    record = record_of(files.record, source, Focus(), predictor)
    followed = predictor.follow(source, record=record)
    next(followed)
    followed.close()
    record.close()
    return files.record.read_bytes()


def test_the_run_itself_is_unchanged_by_its_exports(bench, run):
    model = load_checkpoint(run).model
    assert model.adapted
