"""The ``lora:`` section."""

from typing import Literal

from attrs import frozen

from tracknet_core.config.options import option

TaskType = Literal["SEQ_CLS", "SEQ_2_SEQ_LM", "CAUSAL_LM", "TOKEN_CLS", "QUESTION_ANS", "FEATURE_EXTRACTION"]


@frozen(kw_only=True)
class LoraConfig:
    """Low-rank adapters beside the frozen layers of the backbone."""

    enabled: bool = option(False, "Train low-rank adapters instead of the backbone's own weights.")
    r: int = option(16, "Rank of the adapters: 8, 16, 32, 64 …", at_least=1)
    lora_alpha: int = option(32, "Scale of the adapters, usually twice the rank.", at_least=1)
    lora_dropout: float = option(0.05, "Dropout before the adapters.", at_least=0.0, at_most=0.99)
    target_modules: tuple[str, ...] | None = option(
        None,
        "Names of the layers to adapt, whole components of dotted names with * and ? as globs; null "
        "takes those that suit the backbone.",
    )
    bias: Literal["none", "all", "lora_only"] = option(
        "none", "Which biases train as well: none, all, or those of the adapted layers."
    )
    task_type: TaskType = option(
        "FEATURE_EXTRACTION", "PEFT's task type; it is recorded and changes nothing."
    )
    use_dora: bool = option(
        False, "Train the magnitude of the weights apart from their direction (DoRA); slower."
    )
    use_rslora: bool = option(False, "Scale by alpha / √r instead of alpha / r, which suits large ranks.")
    init: Literal[True, "gaussian"] = option(
        True, "How A begins: true (Kaiming) or gaussian. B begins at zero, so that nothing changes at first."
    )
