"""A saved adapter: plain PEFT opens it, and only the right base takes it back."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file
from torch import Tensor, nn
from transformers import AutoModel

from tracknet_core.config.problems import UserError
from tracknet_core.testing.tiny import TinyBackbone
from tracknet_lora.adapter import adapt
from tracknet_lora.config import LoraConfig
from tracknet_lora.folder import load, save

BackboneOf = Callable[[str], nn.Module]
FolderOf = Callable[[str], Path]

PIXELS = torch.randn(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
CONFIG = LoraConfig(enabled=True)


def learned(backbone: nn.Module, config: LoraConfig = CONFIG) -> nn.Module:
    """Adapt a backbone and give the adapter values that it could have learned."""
    torch.manual_seed(1)
    adapt(backbone.model, config, backbone)
    for parameter in backbone.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.randn_like(parameter)
    return backbone.eval()


def features(model: nn.Module) -> Tensor:
    with torch.no_grad():
        return model(pixel_values=PIXELS).last_hidden_state


ELSEWHERE = """
import sys
import torch
from peft import PeftModel
from transformers import AutoModel

base, adapter, pixels, result = sys.argv[1:]
model = PeftModel.from_pretrained(AutoModel.from_pretrained(base), adapter).eval()
with torch.no_grad():
    features = model(pixel_values=torch.load(pixels)).last_hidden_state
assert not [name for name in sys.modules if name.startswith("tracknet")]
torch.save(features, result)
"""


class TestPlainPeft:
    def test_opens_it_in_a_process_without_tracknet(
        self, backbone_of: BackboneOf, family_folder: FolderOf, tmp_path: Path
    ) -> None:
        backbone = learned(backbone_of("dinov3"))
        save(backbone.model, tmp_path, backbone)
        torch.save(PIXELS, tmp_path / "pixels.pt")
        arguments = (family_folder("dinov3"), tmp_path, tmp_path / "pixels.pt", tmp_path / "features.pt")
        subprocess.run([sys.executable, "-c", ELSEWHERE, *map(str, arguments)], check=True)
        torch.testing.assert_close(torch.load(tmp_path / "features.pt"), features(backbone.model))

    @pytest.mark.parametrize("family", ["dinov3", "dinov3-gated", "dinov2", "vit"])
    @pytest.mark.parametrize(
        "settings",
        [
            {},
            {"use_dora": True},
            {"use_rslora": True},
            {"bias": "all"},
            {"bias": "lora_only", "target_modules": ("query", "dense", "embeddings")},
        ],
        ids=lambda settings: "-".join(settings) or "default",
    )
    def test_gives_the_same_features(
        self,
        backbone_of: BackboneOf,
        family_folder: FolderOf,
        tmp_path: Path,
        family: str,
        settings: dict[str, object],
    ) -> None:
        plain = AutoModel.from_pretrained(family_folder(family))
        backbone = learned(backbone_of(family), LoraConfig(**settings))
        assert not torch.allclose(features(backbone.model), features(plain.eval()), rtol=1e-2)
        save(backbone.model, tmp_path, backbone)
        opened = PeftModel.from_pretrained(plain, tmp_path).eval()
        torch.testing.assert_close(features(opened), features(backbone.model))

    @pytest.mark.parametrize("settings", [{}, {"use_dora": True, "bias": "all"}])
    def test_what_it_writes_itself_has_the_same_names(
        self, backbone_of: BackboneOf, family_folder: FolderOf, tmp_path: Path, settings: dict[str, object]
    ) -> None:
        backbone = learned(backbone_of("dinov3"), LoraConfig(**settings))
        save(backbone.model, tmp_path, backbone)
        PeftModel.from_pretrained(
            AutoModel.from_pretrained(family_folder("dinov3")), tmp_path
        ).save_pretrained(tmp_path / "again")
        ours, theirs = (load_file(tmp_path / name / "adapter_model.safetensors") for name in ("", "again"))
        assert ours.keys() == theirs.keys()
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)
        config, again = (
            json.loads((tmp_path / n / "adapter_config.json").read_text()) for n in ("", "again")
        )
        assert config.keys() == again.keys()
        assert config["auto_mapping"] == again["auto_mapping"]


class TestConfigFile:
    def written(self, folder: Path, backbone: nn.Module, config: LoraConfig = CONFIG) -> dict[str, object]:
        save(learned(backbone, config).model, folder, backbone)
        return json.loads((folder / "adapter_config.json").read_text())

    def test_it_has_no_task_since_pefts_wrapper_for_features_knows_only_text(
        self, backbone_of: BackboneOf, tmp_path: Path
    ) -> None:
        written = self.written(tmp_path, backbone_of("dinov3"))
        assert (written["task_type"], written["inference_mode"]) == (None, True)
        assert sorted(written["target_modules"]) == written["target_modules"]

    def test_where_the_base_lies_on_this_machine_is_no_name(
        self, backbone_of: BackboneOf, tmp_path: Path
    ) -> None:
        backbone = backbone_of("dinov3")
        assert Path(backbone.model.config._name_or_path).is_dir()
        assert self.written(tmp_path, backbone)["base_model_name_or_path"] is None
        for file in ("adapter_config.json", "README.md"):
            assert str(tmp_path.parent) not in (tmp_path / file).read_text()

    def test_a_name_of_the_hub_is_kept(self, backbone_of: BackboneOf, tmp_path: Path) -> None:
        backbone = backbone_of("dinov3")
        backbone.model.config._name_or_path = "facebook/dinov3-vits16-pretrain-lvd1689m"
        written = self.written(tmp_path, backbone)
        assert written["base_model_name_or_path"] == "facebook/dinov3-vits16-pretrain-lvd1689m"


READ_ON = """
import torch

with torch.no_grad():
    features = model(pixel_values=torch.load("pixels.pt")).last_hidden_state
torch.save({"features": features, "inflated": model.inflated}, "features.pt")
"""


class TestReadme:
    def test_its_snippet_runs_as_it_stands(
        self,
        backbone_of: BackboneOf,
        family_folder: FolderOf,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        repository = tmp_path / "hub" / "models--some--vit"
        (repository / "refs").mkdir(parents=True)
        (repository / "refs" / "main").write_text("abc")
        (repository / "snapshots").mkdir()
        (repository / "snapshots" / "abc").symlink_to(family_folder("vit"))
        backbone = backbone_of("vit")
        backbone.model.config._name_or_path = "some/vit"
        backbone.plain_recipe = "model.inflated = True\n"
        save(learned(backbone).model, tmp_path, backbone)
        (snippet,) = re.findall(r"```python\n(.*?)```", (tmp_path / "README.md").read_text(), re.DOTALL)
        snippet += READ_ON
        torch.save(PIXELS, tmp_path / "pixels.pt")
        environ = {"HF_HUB_CACHE": str(tmp_path / "hub"), "HF_HUB_OFFLINE": "1", "PATH": ""}
        subprocess.run([sys.executable, "-c", snippet], cwd=tmp_path, env=environ, check=True)
        found = torch.load(tmp_path / "features.pt")
        assert found["inflated"]
        torch.testing.assert_close(found["features"], features(backbone.model))

    def test_it_says_what_the_adapter_is(self, backbone_of: BackboneOf, tmp_path: Path) -> None:
        backbone = learned(backbone_of("dinov3"), LoraConfig(use_dora=True, use_rslora=True, r=8))
        save(backbone.model, tmp_path, backbone)
        text = (tmp_path / "README.md").read_text()
        assert "A DoRA adapter for PEFT over a frozen `DINOv3ViTModel`" in text
        assert "Rank 8, scale 32 / √8, biases trained: none" in text
        assert "Adapted layers: 8 (`k_proj`, `o_proj`, `q_proj`, `v_proj`)" in text
        assert "Call it with `model(pixel_values=frames)`" in text
        assert "normalized with\nmean (0.485, 0.456, 0.406)" in text

    def test_how_a_model_is_called_that_must_be_asked_to_take_any_size(
        self, backbone_of: BackboneOf, tmp_path: Path
    ) -> None:
        backbone = learned(backbone_of("vit"))
        save(backbone.model, tmp_path, backbone)
        text = (tmp_path / "README.md").read_text()
        assert "`model(pixel_values=frames, interpolate_pos_encoding=True)`" in text

    def test_a_base_in_4_bits_is_mentioned(self, backbone_of: BackboneOf, tmp_path: Path) -> None:
        backbone = backbone_of("dinov3")
        backbone.model.is_loaded_in_4bit = True
        save(learned(backbone).model, tmp_path, backbone)
        assert "trained over a base in 4 bits" in (tmp_path / "README.md").read_text()

    def test_of_a_module_that_transformers_does_not_know(self, tmp_path: Path) -> None:
        backbone = TinyBackbone()
        adapt(backbone.network, CONFIG, backbone)
        save(backbone.network, tmp_path, backbone)
        text = (tmp_path / "README.md").read_text()
        assert "model = ...  # the plain TinyNetwork with its pretrained weights" in text
        assert "`model(frames)`" in text
        assert "transformers" not in text


class TestLoad:
    @pytest.fixture
    def saved(self, tmp_path: Path) -> Path:
        backbone = TinyBackbone()
        adapt(backbone.network, CONFIG, backbone)
        save(backbone.network, tmp_path, backbone)
        return tmp_path

    def refusal(self, folder: Path, config: LoraConfig = CONFIG) -> str:
        backbone = TinyBackbone()
        with pytest.raises(UserError) as caught:
            load(backbone.network, folder, config, backbone)
        return str(caught.value).replace(str(folder), "adapter")

    def change(self, folder: Path, change: Callable[[dict[str, Tensor]], object]) -> None:
        state = load_file(folder / "adapter_model.safetensors")
        change(state)
        save_file(state, folder / "adapter_model.safetensors")

    KEY = "layer.0.attention.q_proj.lora_B.weight"

    def test_a_missing_tensor(self, saved: Path) -> None:
        self.change(saved, lambda state: state.pop(f"base_model.model.{self.KEY}"))
        assert self.refusal(saved) == (
            f"adapter/adapter_model.safetensors: lacks {self.KEY}. The adapter is damaged or of another "
            "model: use the checkpoint whole, with the config.yaml beside it."
        )

    def test_a_tensor_too_many(self, saved: Path) -> None:
        extra = {"base_model.model.head.lora_A.weight": torch.zeros(2)}
        self.change(saved, lambda state: state.update(extra))
        assert ": has head.lora_A.weight. The adapter is damaged or" in self.refusal(saved)

    def test_a_tensor_of_another_shape(self, saved: Path) -> None:
        other = {f"base_model.model.{self.KEY}": torch.zeros(2)}
        self.change(saved, lambda state: state.update(other))
        assert f": has another shape of {self.KEY}. The adapter" in self.refusal(saved)

    def test_other_targets(self, saved: Path) -> None:
        line = self.refusal(saved, LoraConfig(target_modules=("q_proj",)))
        assert line.startswith(
            "adapter/adapter_model.safetensors: has layer.0.attention.k_proj.lora_A.weight."
        )

    def test_another_scale_which_no_tensor_shows(self, saved: Path) -> None:
        assert self.refusal(saved, LoraConfig(lora_alpha=64)) == (
            "adapter/adapter_config.json: has lora_alpha 32, but the configuration has 64. "
            "Set lora.lora_alpha: 32, with which it was trained."
        )

    def test_another_method(self, saved: Path) -> None:
        assert "Set lora.use_dora: false" in self.refusal(saved, LoraConfig(use_dora=True))

    @pytest.mark.parametrize("file", ["adapter_model.safetensors", "adapter_config.json"])
    @pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(path.read_bytes()[:-9])])
    def test_damaged_files(self, saved: Path, file: str, damage: Callable[[Path], object]) -> None:
        damage(saved / file)
        assert self.refusal(saved) == (
            f"adapter/{file}: cannot be read. The adapter is damaged: use another checkpoint."
        )
