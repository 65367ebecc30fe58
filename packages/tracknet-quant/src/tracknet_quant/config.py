"""The ``quantization:`` section, which both modes read."""

from typing import Literal

from attrs import frozen

from tracknet_core.config.options import option


@frozen(kw_only=True)
class QuantizationConfig:
    """How the frozen backbone's linear layers are kept in 4 bits."""

    enabled: bool = option(
        False, "Keep the backbone's linear layers in 4 bits; its weights then never train."
    )
    quant_type: Literal["nf4", "fp4"] = option(
        "nf4",
        "The 16 values that 4 bits stand for: nf4 for weights as a normal distribution has them, or fp4.",
    )
    compute_dtype: Literal["bfloat16", "float16", "float32"] = option(
        "bfloat16",
        "Type that weights are unpacked to and multiplied in. All three need the same memory at rest.",
    )
    skip_modules: tuple[str, ...] = option(
        tuple,
        "Layers left as they are, by dotted components, each of which may be a glob: layer.0, mlp, *_proj.",
    )
    compress_statistics: bool = option(
        True, "In mode manual: keep the scale of each block in 8 bits too (double quantization)."
    )
    use_double_quant: bool = option(True, "The same in mode hf, which reads this key instead.")
