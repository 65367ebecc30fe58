"""From files to a Plan: what is accepted, and what each mistake says and where."""

import re
from pathlib import Path
from typing import Any

import attrs
import pytest

from tracknet_core.config.problems import Severity
from tracknet_core.registry import PluginFailure, PluginRecord, Registry

ROOT = Path(__file__).parents[4]
GUIDE = (ROOT / "docs/ja/migration-guide.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```(?:yaml|bash)\n(.*?)```", GUIDE, flags=re.DOTALL)
COMPLETE = [block for block in BLOCKS if "model_name" in block]
FRAGMENTS = [block for block in BLOCKS if "model_name" not in block]

BASE = """\
model_name: vit_heatmap
pretrained_model_name: some/weights
backbone:
  freeze: true
"""


def errors(resolution: Any) -> list[str]:
    return [str(problem) for problem in resolution.problems if problem.severity is Severity.ERROR]


def warnings(resolution: Any) -> list[str]:
    return [str(problem) for problem in resolution.problems if problem.severity is Severity.WARNING]


def test_the_guide_has_three_complete_configurations_and_fragments_in_two_kinds_of_fence() -> None:
    assert len(COMPLETE) == 3
    assert len(FRAGMENTS) >= 6


@pytest.mark.parametrize("text", COMPLETE)
def test_every_complete_configuration_of_the_guide_is_accepted(reads: Any, text: str) -> None:
    resolution = reads(text)

    assert errors(resolution) == []
    assert resolution.plan.heatmap.size == (256, 144)
    assert (resolution.plan.adapter is not None) == ("lora:" in text)
    assert (resolution.plan.quantizer is not None) == ("quantization:" in text)


@pytest.mark.parametrize("fragment", FRAGMENTS)
def test_every_fragment_of_the_guide_is_accepted_as_an_overlay(reads: Any, fragment: str) -> None:
    assert errors(reads(COMPLETE[-1], fragment)) == []


def test_everything_but_the_model_name_has_a_default(reads: Any) -> None:
    plan = reads("model_name: vit_heatmap").plan

    assert plan.seed == 42
    assert plan.training.optimizer.lr == 5e-4
    assert plan.data.root == ("data/tracknet",)
    assert plan.adapter is None
    assert plan.frames == 1


BAD = [
    ("heatmap: {size: [256, 144]}", 1, 1, "model_name: is missing. Name a backbone"),
    (BASE + "heatmpa: {}", 5, 1, "heatmpa: unknown key. Did you mean 'heatmap'?"),
    (BASE + "whatever: 3", 5, 1, "whatever: unknown key."),
    (BASE + "lr: 1e-4", 5, 1, "lr: unknown key. Did you mean 'lora' or 'training.optimizer.lr'?"),
    (BASE + "training:\n  momentum: 0.9", 6, 3, "Did you mean 'training.optimizer.momentum'?"),
    (BASE + "training: 3", 5, 1, "training: expected a section of keys, got 3"),
    (BASE + "training:\n  epochs: 0.5", 6, 3, "training.epochs: expected a whole number, got 0.5"),
    (BASE + "training:\n  precision: bf61", 6, 3, "Did you mean 'bf16'?"),
    (BASE + "lora:\n  enabled: true\n  r: 0.5", 7, 3, "lora.r: expected a whole number, got 0.5"),
    (BASE + "lora:\n  enabled: true\n  r: '8'", 7, 3, "lora.r: expected a whole number, got the text '8'"),
    (BASE + "lora:\n  rr: 8", 6, 3, "lora.rr: unknown key. Did you mean 'r'?"),
    (BASE + "lora: {enabled: false, bias: al}", 5, 24, "lora.bias: expected one of none, all, lora_only"),
    (BASE + "quantization: {enabled: true, mode: hff}", 5, 31, "Did you mean 'hf'?"),
    (
        BASE + "quantization: {enabled: true, mode: 3}",
        5,
        31,
        "no installed plugin registers the quantizer '3'",
    ),
    (BASE + "fpn: {channels: 3}", 5, 1, "fpn: is a section of pyramid, not of vit_heatmap. Take it out."),
    (BASE + "seed: -1", 5, 1, "seed: -1 is less than 0"),
    (BASE + "seed: x", 5, 1, "seed: expected a whole number"),
    ("model_name: vit_heatmpa", 1, 1, "Did you mean 'vit_heatmap'?"),
    ("model_name: ''", 1, 1, "model_name: is missing. Name a backbone"),
    ("model_name: 3", 1, 1, "model_name: expected text, got 3"),
    ("model_name: hrnet_heatmap", 1, 1, "no longer offered. Use vit_heatmap"),
    ("model_name: deformable_vit", 1, 1, "no longer offered. Use vit_heatmap"),
    ("model_name: convnext_fpn_heatmap\nfpn: {a: 1}", 1, 1, "Run: pip install ./examples/tracknet-convnext"),
    (BASE + "evaluation:\n  protocol: wasbb", 6, 3, "Did you mean 'wasb'?"),
    (BASE + "data:\n  format: traknet", 6, 3, "Did you mean 'tracknet'?"),
    (
        BASE + "data:\n  split:\n    train_games: [a, b]\n    val_games: [b]",
        8,
        5,
        "b stands in train_games too",
    ),
    (
        BASE + "training:\n  batch_size: 2\n  micro_batch_size: 4",
        7,
        3,
        "4 is more than training.batch_size 2",
    ),
    (BASE + "training:\n  limit_val_batches: 2.5", 6, 3, "2.5 is neither a count nor a share"),
    (
        BASE + "decoder:\n  channels: [384, 64]",
        6,
        3,
        "has 2 entries, but 3 stages of decoder.upsample need 4",
    ),
    (BASE + "training:\n  amp: true\n  precision: fp32", 6, 3, "contradicts training.precision"),
    (BASE + "seed: 1\nseed: 2", 6, 1, "seed: duplicate key, first on line 5"),
]


@pytest.mark.parametrize(("text", "line", "column", "says"), BAD)
def test_a_mistake_is_one_error_at_its_place(
    reads: Any, text: str, line: int, column: int, says: str
) -> None:
    resolution = reads(text)

    (error,) = errors(resolution)
    assert error.startswith(f"model.yaml:{line}:{column}: ")
    assert says in error
    assert resolution.plan is None


MODEL_BAD = [
    (
        "heatmap:\n  size: [250, 144]",
        6,
        "the backbone's stride 16 and decoder.upsample [2, 2, 2]. Write size: [256, 144].",
    ),
    ("heatmap:\n  size: [144, 256]", 6, "Write size: [256, 144]."),
    ("data:\n  preprocess:\n    resize: [500, 280]\nheatmap: {sigma: 1.0}", 8, "Write size: [256, 144]."),
    (
        "decoder:\n  channels: [192, 128, 64, 32]",
        6,
        "the first is 192, but the backbone's coarsest map has 384 channels. Write channels: [384, 128,",
    ),
    ("lora:\n  enabled: true\n  target_modules: [q_proj, qkv]", 7, "qkv matches no layer"),
]


@pytest.mark.parametrize(("text", "line", "says"), MODEL_BAD)
def test_what_does_not_fit_the_backbone_is_an_error(reads: Any, text: str, line: int, says: str) -> None:
    Path("data").mkdir(exist_ok=True)
    resolution = reads(BASE + text + "\n", machine=True)

    relevant = [error for error in errors(resolution) if "data.root" not in error]
    if "500" in text:  # ceil(500 / 16) * 8 is 256 and ceil(280 / 16) * 8 is 144: the default fits
        assert relevant == []
    else:
        (error,) = relevant
        assert error.startswith(f"model.yaml:{line}:")
        assert says in error


def test_an_odd_resize_counts_the_cells_that_are_begun(reads: Any) -> None:
    text = BASE + "data: {preprocess: {resize: [520, 290]}}\nheatmap: {size: [264, 152]}\n"

    assert [e for e in errors(reads(text, machine=True)) if "data.root" not in e] == []


WARN = [
    ("lora: {enabled: true}", "backbone.freeze: true, but lora is enabled and wins"),
    ("data:\n  sequence: {length: 3}", "3 has no effect while data.sequence.enabled is false"),
    ("training: {amp: true}", "training.amp: is deprecated"),
    ("training: {log_dir: x}", "has no effect"),
    ("training: {early_stopping: {enabled: true, patience: 50}}", "training never stops early"),
    ("data: {split: {val_games: [a], test_games: [a]}}", "the test is no test"),
    (
        "lora: {enabled: true}\nbackbone: {freeze: false}\ntraining: {backbone_freeze_epochs: 2}",
        "stays frozen",
    ),
    ("quantization: {enabled: true}\nbackbone: {freeze: false}", "keeps the backbone frozen"),
    ("data: {preprocess: {normalize: yes}}", "'yes' is read as true"),
]


@pytest.mark.parametrize(("text", "says"), WARN)
def test_what_is_odd_but_runs_is_a_warning(reads: Any, text: str, says: str) -> None:
    resolution = reads(BASE, text)

    (warning,) = warnings(resolution)
    assert says in warning
    assert resolution.plan is not None


def test_lora_does_not_complain_of_a_freeze_that_nobody_wrote(reads: Any) -> None:
    resolution = reads("model_name: vit_heatmap\nlora: {enabled: true}")

    assert resolution.problems == ()


def test_all_problems_are_reported_at_once_and_sorted_by_place(reads: Any) -> None:
    text = BASE + "training:\n  epochs: x\n  loss: {name: mes}\nlora: {r: 0.5}\nheatmpa: 1\n"

    resolution = reads(text, overrides=("decoder.norm=gm", "data.cache=rma"))

    places = [(p.place.file, p.place.line) for p in resolution.problems]
    assert places == [*[("command line", 1)] * 2, *[("model.yaml", n) for n in (6, 7, 8, 9)]]


def test_a_faulty_key_silences_only_the_checks_that_read_it(reads: Any) -> None:
    text = BASE + "heatmap: {size: [1, 1]}\ndecoder: {channels: [1, 2, 3, 4], norm: gm}\n"

    found = " ".join(errors(reads(text, machine=True)))

    assert "Write size: [256, 144]" in found
    assert "decoder.norm: expected one of" in found
    assert "coarsest map has 384" in found
    assert "Write size" not in " ".join(errors(reads(text, "decoder: {upsample: x}", machine=True)))


def test_a_known_section_without_its_plugin_says_which_distribution_to_install(
    reads: Any, plugins: Registry
) -> None:
    bare = Registry.of([(plugins.plugins[0], [plugins.backbones["vit_heatmap"]])])
    text = "\n" * 20 + BASE + "quantization:\n  enabled: true\nlora:\n  enabled: false\n  r: nonsense\n"

    (error,) = errors(reads(text[1:], registry=bare))

    says = "quantization: no installed plugin owns this section. Run: pip install tracknet-quant"
    assert error == f"model.yaml:24:1: {says}"


def test_a_needed_plugin_that_failed_is_fatal_and_others_are_not(reads: Any, plugins: Registry) -> None:
    def broken(distribution: str) -> Any:
        failure = PluginFailure(cause="ImportError: no peft")
        return PluginRecord(
            name="x", distribution=distribution, version="1.2", file=None, failure=failure
        ), []

    vit = (plugins.plugins[0], [plugins.backbones["vit_heatmap"]])
    registry = Registry.of([vit, broken("tracknet-lora"), broken("tracknet-other")])

    assert errors(reads(BASE, registry=registry)) == []
    (error,) = errors(reads(BASE + "lora: {enabled: true}", registry=registry))
    assert (
        "no installed plugin owns this section, since tracknet-lora 1.2 failed to load: ImportError" in error
    )


def test_duplicate_names_stop_every_configuration(reads: Any, plugins: Registry) -> None:
    vit = plugins.backbones["vit_heatmap"]
    one, two = (PluginRecord(name=n, distribution=n, version="1", file=None) for n in ("one", "two"))
    registry = Registry.of([(one, [vit, plugins.backbones["pyramid"]]), (two, [vit])])

    (error,) = errors(reads("model_name: pyramid", registry=registry))

    assert "the backbone 'vit_heatmap' is registered by one 1" in error
    assert "and by two 1" in error


@pytest.mark.parametrize(
    ("mode", "name"),
    [("", "bnb-manual"), ("mode: manual", "bnb-manual"), ("mode: hf", "bnb-hf"), ("mode: half", "half")],
)
def test_the_mode_names_the_quantizer(reads: Any, mode: str, name: str) -> None:
    plan = reads(BASE + f"quantization:\n  enabled: true\n  {mode}\n").plan

    assert plan.quantizer.name == name
    assert plan.quantizer.section == "quantization"


def test_a_backbone_may_own_sections_at_the_top(reads: Any) -> None:
    plan = reads("model_name: pyramid\nfpn: {channels: 64}\nbackbone: {freeze: false}").plan

    assert plan.backbone.fpn == {"channels": 64}


def test_a_key_that_stands_at_the_top_is_not_accepted_below_backbone(reads: Any) -> None:
    resolution = reads("model_name: pyramid\nbackbone:\n  fpn: {channels: 64}\n")

    (error,) = errors(resolution)
    assert error.startswith("model.yaml:3:3: backbone.fpn:")


def test_old_three_file_setups_are_nested(reads: Any) -> None:
    for data in ("root: there", "data: {root: there}"):
        plan = reads(BASE, data=data, training="batch_size: 4\nseed: 9\namp: false\ngrad_clip: 0.5").plan

        assert plan.data.root == ("there",)
        assert plan.training.batch_size == 4
        assert plan.training.grad_clip_norm == 0.5
        assert plan.seed == 9


def test_a_problem_in_a_nested_file_is_placed_in_that_file(reads: Any) -> None:
    (error,) = errors(reads(BASE, training="epochs: 3\nbatch_size: x\n"))

    assert error.startswith("training.yaml:2:1: training.batch_size:")


def test_a_later_files_new_name_overrides_an_earlier_files_old_one(reads: Any) -> None:
    plan = reads(BASE + "training: {grad_clip: 2.0}", "training: {grad_clip_norm: 0.5}").plan

    assert plan.training.grad_clip_norm == 0.5


def test_an_override_wins_over_every_file_and_its_problems_are_at_the_command_line(reads: Any) -> None:
    assert reads(BASE, "seed: 3", overrides=("seed=4",)).plan.seed == 4
    (error,) = errors(reads(BASE, overrides=("training.optimzer.lr=3",)))
    assert error == "command line:1:1: training.optimzer: unknown key. Did you mean 'optimizer'?"


def test_a_problem_inside_the_value_of_an_override_is_at_the_command_line_too(reads: Any) -> None:
    (error,) = errors(reads(BASE, overrides=("training={optimizer: {nmae: sgd}}",)))

    assert error == "command line:1:1: training.optimizer.nmae: unknown key. Did you mean 'name'?"


def test_a_plugin_cannot_claim_a_section_of_core(reads: Any, plugins: Registry) -> None:
    greedy = attrs.evolve(plugins.adapters["peft-lora"], section="training")
    registry = Registry.of([(plugins.plugins[0], [plugins.backbones["vit_heatmap"], greedy])])

    (error,) = errors(reads(BASE, registry=registry))

    assert "'peft-lora' claims the section 'training', which is core's" in error


def test_only_one_adapter_or_quantizer_can_be_enabled(reads: Any, plugins: Registry) -> None:
    lora = plugins.adapters["peft-lora"]
    other = attrs.evolve(lora, name="other", section="other")
    registry = Registry.of([(plugins.plugins[0], [plugins.backbones["vit_heatmap"], lora, other])])

    (error,) = errors(reads(BASE + "lora: {enabled: true}\nother: {enabled: true}", registry=registry))

    assert "other: lora is enabled as well, and there can be only one adapter" in error


@pytest.mark.parametrize(
    ("make", "says"),
    [(None, "does not exist"), ("empty", "is empty"), ("odd", "holds no clips in the layout of tracknet")],
)
def test_absent_data_says_how_to_make_some_and_how_it_must_look(
    reads: Any, make: str | None, says: str
) -> None:
    if make:
        Path("there").mkdir()
    if make == "odd":
        Path("there/readme").write_text("")

    (error,) = errors(reads(BASE + "data:\n  root: there", machine=True))

    assert error.startswith(
        f"model.yaml:6:3: data.root: there {says}. Make synthetic data with `tracknet synth there`"
    )
    assert "ROOT/game1/Clip1/Label.csv" in error


def test_the_layout_is_shown_once_however_many_roots_are_absent(reads: Any) -> None:
    one, two = errors(reads(BASE + "data: {root: [here, there]}", machine=True))

    assert "Label.csv" in one
    assert two.endswith("there does not exist. Make synthetic data with `tracknet synth there`.")


@pytest.mark.parametrize("text", ["- a list", "a: [", "a:\n\tb: 1"])
def test_a_file_that_cannot_be_read_is_the_only_thing_said_of_it(reads: Any, text: str) -> None:
    (error,) = errors(reads(text, machine=True))

    assert error.startswith("model.yaml:")


def test_files_that_cannot_be_read_are_all_named(reads: Any) -> None:
    found = errors(reads(BASE, "- a", "- b"))

    assert [error.partition(":")[0] for error in found] == ["2.yaml", "3.yaml"]


def test_data_that_is_there_is_accepted(reads: Any) -> None:
    Path("there/game1").mkdir(parents=True)

    assert errors(reads(BASE + "data: {root: there}", machine=True)) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("precision: fp16", "training.precision: fp16 needs a GPU: no driver. Write precision: bf16."),
        ("device: cuda", "training.device: cuda cannot be used: no driver."),
    ],
)
def test_what_needs_a_gpu_says_so_without_one(
    reads: Any, monkeypatch: pytest.MonkeyPatch, text: str, says: str
) -> None:
    monkeypatch.setattr("tracknet_core.config.machine_checks.no_gpu", lambda: "no driver")
    Path("data/tracknet/game1").mkdir(parents=True)

    (error,) = errors(reads(BASE + f"training:\n  {text}", machine=True))

    assert says in error
    assert errors(reads(BASE + f"training:\n  {text}", machine=False)) == []


def test_fp16_on_the_cpu_of_a_machine_with_a_gpu_is_an_error(
    reads: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tracknet_core.config.machine_checks.no_gpu", lambda: None)
    Path("data/tracknet/game1").mkdir(parents=True)

    (error,) = errors(reads(BASE + "training: {precision: fp16, device: cpu}", machine=True))

    assert "fp16 needs a GPU: training.device is cpu" in error
    assert errors(reads(BASE + "training: {precision: fp16}", machine=True)) == []


def test_the_run_to_start_from_must_exist(reads: Any) -> None:
    Path("data/tracknet/game1").mkdir(parents=True)

    (error,) = errors(reads(BASE + "init_from: runs/absent", machine=True))

    assert error.startswith("model.yaml:5:1: init_from: runs/absent is no folder")


def test_a_checkpoint_that_comes_with_a_plugin_can_be_started_from(reads: Any) -> None:
    Path("data/tracknet/game1").mkdir(parents=True)

    assert errors(reads(BASE + "init_from: stub/pyramid", machine=True)) == []
    (error,) = errors(reads(BASE + "init_from: stub/pyramide", machine=True))
    assert error.endswith("Name the folder of a run, or stub/pyramid.")


@pytest.mark.parametrize(("freeze", "refused"), [(False, True), (True, False)])
def test_activations_that_cannot_be_computed_again_are_kept(reads: Any, freeze: bool, refused: bool) -> None:
    Path("data/tracknet/game1").mkdir(parents=True)
    text = f"""model_name: pyramid
backbone: {{freeze: {str(freeze).lower()}}}
training: {{gradient_checkpointing: true}}
"""
    found = [error.partition(": ")[2] for error in errors(reads(text, machine=True))]
    expected = "training.gradient_checkpointing: true, but pyramid cannot compute its activations again."
    assert [error.startswith(expected) for error in found] == [True] * refused


def test_the_names_of_protocols_are_those_of_evaluation() -> None:
    from tracknet_core.config.checks import PROTOCOL_NAMES
    from tracknet_core.evaluation.protocols import PROTOCOLS

    assert set(PROTOCOL_NAMES) == set(PROTOCOLS)
