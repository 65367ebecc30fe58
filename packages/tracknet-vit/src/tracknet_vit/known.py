"""Architectures of published checkpoints, known by their hub id, so that shapes need no download.

Every value is that of the checkpoint's own ``config.json`` on the hub, as the scripts that made it
write it: huggingface/transformers, ``models/dinov3_vit/convert_dinov3_vit_to_hf.py``,
``models/dinov2/convert_dinov2_to_hf.py``,
``models/dinov2_with_registers/convert_dinov2_with_registers_to_hf.py`` and
``models/vit/convert_vit_timm_to_pytorch.py``. What they leave to transformers' config classes is left
to them here too. Means and deviations are those of facebookresearch/dinov3, ``README.md`` (Image
transforms), and of the ``preprocessor_config.json`` of google's models.
"""

from collections.abc import Mapping

from tracknet_core.descriptors import IMAGENET_MEAN, IMAGENET_STD

Triple = tuple[float, float, float]

SATELLITE = (0.430, 0.411, 0.296), (0.213, 0.156, 0.143)
HALF = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)


def config_of(name: str) -> Mapping[str, object] | None:
    """Tell the transformers config, ``model_type`` among it, of a published model; None if not known."""
    return _CONFIGS.get(name)


def normalization_of(name: str) -> tuple[Triple, Triple]:
    """Tell the mean and the standard deviation, by channel, that a published model wants; else ImageNet's."""
    if name in _CONFIGS and name.endswith("-sat493m"):
        return SATELLITE
    if name in _CONFIGS and name.startswith("google/"):
        return HALF
    return IMAGENET_MEAN, IMAGENET_STD


def _size(hidden: int, blocks: int, heads: int) -> dict[str, object]:
    return {"hidden_size": hidden, "num_hidden_layers": blocks, "num_attention_heads": heads}


def _dinov3(size: Mapping[str, object], inner: int, **more: object) -> Mapping[str, object]:
    patches = {"patch_size": 16, "image_size": 224, "num_register_tokens": 4}
    return {"model_type": "dinov3_vit", **size, "intermediate_size": inner, **patches, **more}


def _dinov2(size: Mapping[str, object], **more: object) -> Mapping[str, object]:
    return {"model_type": "dinov2", **size, "mlp_ratio": 4, "patch_size": 14, "image_size": 518, **more}


def _with_registers(plain: Mapping[str, object]) -> Mapping[str, object]:
    return {**plain, "model_type": "dinov2_with_registers", "num_register_tokens": 4}


def _vit(size: Mapping[str, object], inner: int, patch: int, image: int) -> Mapping[str, object]:
    return {"model_type": "vit", **size, "intermediate_size": inner, "patch_size": patch, "image_size": image}


_SMALL, _BASE, _LARGE = _size(384, 12, 6), _size(768, 12, 12), _size(1024, 24, 16)
_GATED = {"use_gated_mlp": True, "hidden_act": "silu"}

_DINOV3_L = _dinov3(_LARGE, 4096)
_DINOV3_7B = _dinov3(_size(4096, 40, 32), 8192, query_bias=False, value_bias=False, **_GATED)
_DINOV2_S, _DINOV2_B, _DINOV2_L = _dinov2(_SMALL), _dinov2(_BASE), _dinov2(_LARGE)
_DINOV2_G = _dinov2(_size(1536, 40, 24), use_swiglu_ffn=True)

_CONFIGS: Mapping[str, Mapping[str, object]] = {
    "facebook/dinov3-vits16-pretrain-lvd1689m": _dinov3(_SMALL, 1536),
    "facebook/dinov3-vits16plus-pretrain-lvd1689m": _dinov3(_SMALL, 1536, **_GATED),
    "facebook/dinov3-vitb16-pretrain-lvd1689m": _dinov3(_BASE, 3072),
    "facebook/dinov3-vitl16-pretrain-lvd1689m": _DINOV3_L,
    "facebook/dinov3-vitl16-pretrain-sat493m": _DINOV3_L,
    "facebook/dinov3-vith16plus-pretrain-lvd1689m": _dinov3(_size(1280, 32, 20), 5120, **_GATED),
    "facebook/dinov3-vit7b16-pretrain-lvd1689m": _DINOV3_7B,
    "facebook/dinov3-vit7b16-pretrain-sat493m": _DINOV3_7B,
    "facebook/dinov2-small": _DINOV2_S,
    "facebook/dinov2-base": _DINOV2_B,
    "facebook/dinov2-large": _DINOV2_L,
    "facebook/dinov2-giant": _DINOV2_G,
    "facebook/dinov2-with-registers-small": _with_registers(_DINOV2_S),
    "facebook/dinov2-with-registers-base": _with_registers(_DINOV2_B),
    "facebook/dinov2-with-registers-large": _with_registers(_DINOV2_L),
    "facebook/dinov2-with-registers-giant": _with_registers(_DINOV2_G),
    "google/vit-base-patch16-224": _vit(_BASE, 3072, 16, 224),
    "google/vit-base-patch16-224-in21k": _vit(_BASE, 3072, 16, 224),
    "google/vit-base-patch16-384": _vit(_BASE, 3072, 16, 384),
    "google/vit-base-patch32-224-in21k": _vit(_BASE, 3072, 32, 224),
    "google/vit-base-patch32-384": _vit(_BASE, 3072, 32, 384),
    "google/vit-large-patch16-224": _vit(_LARGE, 4096, 16, 224),
    "google/vit-large-patch16-224-in21k": _vit(_LARGE, 4096, 16, 224),
    "google/vit-large-patch16-384": _vit(_LARGE, 4096, 16, 384),
    "google/vit-large-patch32-224-in21k": _vit(_LARGE, 4096, 32, 224),
    "google/vit-large-patch32-384": _vit(_LARGE, 4096, 32, 384),
    "google/vit-huge-patch14-224-in21k": _vit(_size(1280, 32, 16), 5120, 14, 224),
}
"""Configs by hub id."""
