"""The migration guide, in both languages, as existing users follow it.

Its complete configurations run as they stand, its parts run laid over one, its tables of options are
those of the program, and each of its answers is held by tests.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import attrs
import pytest
import yaml
from bitsandbytes.nn.modules import Linear4bit
from safetensors import safe_open

from tracknet_core.cli.main import main
from tracknet_core.config.annotations import fields_of
from tracknet_core.config.layout import DEFAULT_MODE, mode_of
from tracknet_core.model.checkpoint import load_checkpoint
from tracknet_core.plugins import registry

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "how-to" / "migration-guide.md").read_text(encoding="utf-8")
JAPANESE = (ROOT / "docs" / "ja" / "migration-guide.md").read_text(encoding="utf-8")

FILES = (
    "dinov3",
    "lora",
    "qlora",
    "overlays/out-of-memory",
    "overlays/unstable-training",
    "overlays/lost-accuracy",
    "overlays/small-dataset",
    "overlays/large-dataset",
    "overlays/tight-memory",
)
"""The same configurations under configs/, in the guide's order."""

SHOWN_BY = {
    "Can I go on using existing models?": ("tests/end_to_end/test_guide.py::test_it_runs",),
    "Do I have to use LoRA and quantization together?": (
        "tests/adapters/test_life_cycle.py::test_what_comes_back_predicts_what_was_saved",
        "tests/adapters/test_what_trains.py::test_quantization_alone_leaves_the_decoder_to_train",
    ),
    "Which models can use LoRA and quantization?": (
        "packages/tracknet-lora/tests/test_folder.py::test_gives_the_same_features",
        "examples/tracknet-convnext/tests/test_run.py::test_lora_trains_over_4_bit_weights",
        "examples/tracknet-unet/tests/test_run.py::test_lora_acts_on_every_convolution",
        "tests/examples/test_examples.py::test_its_own_tests_pass",
    ),
    "How do I save a trained LoRA adapter?": (
        "packages/tracknet-lora/tests/test_folder.py::test_opens_it_in_a_process_without_tracknet",
        "tests/adapters/test_export.py::test_its_base_is_a_plain_model",
        "tests/end_to_end/test_guide.py::test_the_adapter_is_in_the_checkpoint_and_the_base_is_not",
    ),
    "Is the model quantized in inference too?": (
        "tests/adapters/test_life_cycle.py::test_it_follows_the_ball_through_every_frame",
        "tests/end_to_end/test_guide.py::test_in_inference_the_weights_are_still_in_4_bits",
    ),
}
"""The guide's questions, and the tests that show the answers."""


def configurations(guide: str) -> list[str]:
    """Every configuration of a guide as text; one of them stands in a ``bash`` fence."""
    return re.findall(r"```(?:yaml|bash)\n(.*?)```", guide, re.DOTALL)


def option_tables(guide: str) -> list[dict[str, tuple[str, object, str]]]:
    """Type, default and description by key, of the tables with four columns that begin with ``enabled``."""
    tables: list[dict[str, tuple[str, object, str]]] = []
    for key, kind, default, meaning in re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", guide, re.MULTILINE
    ):
        if key == "enabled":
            tables.append({})
        tables[-1][key] = (kind, yaml.safe_load(default), meaning)
    return tables


def leaves(document: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in document.items():
        if isinstance(value, dict):
            yield from leaves(value, f"{above}{key}.")
        else:
            yield f"{above}{key}", value


WRITTEN = [pytest.param(text, id=file) for text, file in zip(configurations(GUIDE), FILES, strict=True)]


class TestConfigurations:
    def test_both_languages_and_the_files_hold_the_same(self) -> None:
        english, japanese = (
            [yaml.safe_load(text) for text in configurations(guide)] for guide in (GUIDE, JAPANESE)
        )
        files = [yaml.safe_load((ROOT / f"configs/{file}.yaml").read_text("utf-8")) for file in FILES]
        assert english == japanese == files

    def test_the_first_lacks_nothing_but_data_and_weights(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.chdir(tmp_path)
        monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "empty"))
        (tmp_path / "model.yaml").write_text(configurations(JAPANESE)[0], encoding="utf-8")
        assert main(["check", "model.yaml", "--json"]) == 2
        problems = json.loads(capsys.readouterr().out)["problems"]
        assert [problem["key"] for problem in problems] == ["data.root", "pretrained_model_name"]


@pytest.fixture(scope="module", params=WRITTEN)
def ran(request, supplies, tmp_path_factory) -> tuple[dict[str, Any], Path]:
    """One configuration, run as it stands with weights and data named; parts over the last complete one."""
    folder, text = tmp_path_factory.mktemp("guide"), request.param
    base, file = folder / "model.yaml", folder / "fragment.yaml"
    base.write_text(configurations(GUIDE)[FILES.index("qlora")], encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    supplies.run([file] if "model_name:" in text else [base, file], folder / "run")
    return yaml.safe_load(text), folder / "run"


def test_it_runs(ran) -> None:
    _, run = ran
    metrics = json.loads((run / "metrics.json").read_text(encoding="utf-8"))
    assert 0 < metrics["trainable_parameters"] < metrics["total_parameters"]
    assert not (run / "base").exists()


def test_what_it_says_is_what_was_run(ran) -> None:
    written, run = ran
    resolved = dict(leaves(yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))))
    for key, value in leaves(written):
        if key.endswith(".enabled") and not value:
            assert key not in resolved
        elif key == "training.optimizer.lr":
            assert resolved[key] == float(value)  # 1e-5 is text to YAML
        elif key != "pretrained_model_name":
            assert resolved[key] == value


def test_the_adapter_is_in_the_checkpoint_and_the_base_is_not(ran) -> None:
    _, run = ran
    config = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8"))
    best = run / "checkpoints" / "best"
    with safe_open(best / "model.safetensors", "pt") as file:
        assert {name.split(".")[0] for name in file.keys()} == {"decoder", "stem"}  # noqa: SIM118 - no mapping
    assert (best / "adapter").is_dir() == ("lora" in config)
    if "lora" in config:
        adapter = json.loads((best / "adapter" / "adapter_config.json").read_text(encoding="utf-8"))
        for key in ("r", "lora_alpha", "lora_dropout", "bias"):
            assert adapter[key] == config["lora"][key]
        ends = {name.rpartition(".")[2] for name in adapter["target_modules"]}
        assert ends == {"q_proj", "k_proj", "v_proj", "o_proj"}


def test_in_inference_the_weights_are_still_in_4_bits(ran) -> None:
    _, run = ran
    quantization = yaml.safe_load((run / "config.yaml").read_text(encoding="utf-8")).get("quantization")
    modules = load_checkpoint(run).model.modules()
    layers = [module for module in modules if isinstance(module, Linear4bit)]
    assert bool(layers) == bool(quantization)
    for layer in layers:
        assert layer.weight.quant_type == quantization["quant_type"]
        assert str(layer.compute_dtype) == f"torch.{quantization['compute_dtype']}"


class TestOptions:
    @pytest.mark.parametrize("guide", [GUIDE, JAPANESE], ids=["english", "japanese"])
    def test_the_tables_are_those_of_the_program(self, guide: str) -> None:
        lora, quantization = option_tables(guide)
        assert _without_meaning(lora) == _of_class(registry().adapters["peft-lora"].config)
        expected = _of_class(registry().quantizers["bnb-manual"].config) | {"mode": ("str", DEFAULT_MODE)}
        assert _without_meaning(quantization) == expected
        assert _of_class(registry().quantizers["bnb-hf"].config) == {
            key: value for key, value in expected.items() if key != "mode"
        }

    @pytest.mark.parametrize("guide", [GUIDE, JAPANESE], ids=["english", "japanese"])
    def test_a_row_names_every_value_that_its_key_admits(self, guide: str) -> None:
        lora, quantization = option_tables(guide)
        quantizers = registry().quantizers
        modes = [mode_of(name) for name, one in quantizers.items() if one.section == "quantization"]
        assert all(f'"{mode}"' in quantization["mode"][2] for mode in modes)
        for table, cls in (
            (lora, registry().adapters["peft-lora"].config),
            (quantization, quantizers["bnb-manual"].config),
        ):
            for attribute in fields_of(cls):
                if get_origin(attribute.type) is Literal and attribute.name != "task_type":
                    values = {v if isinstance(v, str) else str(v).lower() for v in get_args(attribute.type)}
                    named = set(re.findall(r"\w+", table[attribute.name][2]))
                    assert values <= named, attribute.name


class TestAnswers:
    def test_every_question_names_the_tests_that_show_its_answer(self) -> None:
        assert re.findall(r"^### Q: (.*)$", GUIDE, re.MULTILINE) == list(SHOWN_BY)
        assert len(re.findall(r"^### Q: ", JAPANESE, re.MULTILINE)) == len(SHOWN_BY)

    @pytest.mark.parametrize("test", [test for tests in SHOWN_BY.values() for test in tests])
    def test_those_tests_exist(self, test: str) -> None:
        file, _, name = test.partition("::")
        assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")


def _without_meaning(table: Mapping[str, tuple[str, object, str]]) -> dict[str, tuple[str, object]]:
    return {key: (kind, default) for key, (kind, default, _) in table.items()}


def _of_class(cls: type) -> dict[str, tuple[str, object]]:
    """Type and default by key, as a table spells them."""
    return {
        attribute.name: (_type_in_words(attribute.type), _default(attribute)) for attribute in fields_of(cls)
    }


def _type_in_words(annotation: Any) -> str:
    if get_origin(annotation) is Literal:
        return ", ".join(dict.fromkeys(type(value).__name__ for value in get_args(annotation)))
    return "list" if "tuple" in str(annotation) else annotation.__name__


def _default(attribute: "attrs.Attribute[Any]") -> object:
    default = attribute.default
    value = default.factory() if isinstance(default, attrs.Factory) else default
    return list(value) if isinstance(value, tuple) else value
