"""The sections that core owns, with their defaults: one attrs class a section.

Sizes are (width, height) in pixels throughout. Plugins own ``backbone`` and sections such as
``lora``; their classes are written in the same way.
"""

from typing import Literal

from attrs import frozen

from tracknet_core.config.options import option


@frozen(kw_only=True)
class DecoderConfig:
    """The top-down path that turns a backbone's maps into heatmaps."""

    channels: tuple[int, ...] | None = option(
        (384, 256, 128, 64),
        "Channels before the first and after each upsampling stage. The first must be that of the "
        "backbone's coarsest map; null derives it and halves from there.",
        at_least=1,
    )
    upsample: tuple[int, ...] = option(
        (2, 2, 2), "Factor of each stage; the heatmap is the coarsest map times their product.", at_least=1
    )
    blocks_per_stage: int = option(1, "Convolution blocks in each stage.", at_least=1)
    norm: Literal["gn", "bn"] = option("gn", "GroupNorm (any batch size) or BatchNorm.")
    activation: Literal["gelu", "relu"] = option("gelu", "Activation after each normalization.")
    use_depthwise: bool = option(True, "Depthwise-separable instead of full 3x3 convolutions.")
    use_se: bool = option(False, "Squeeze-and-excitation at the end of each block.")
    se_reduction: int = option(8, "Reduction of the squeeze-and-excitation bottleneck.", at_least=1)
    dropout: float = option(0.0, "Channel dropout before the head.", at_least=0.0, at_most=0.95)
    detail_channels: int = option(
        32,
        "Channels of the stem over the raw frames that localizes small balls, at stride 2; 0 leaves it out.",
        at_least=0,
    )
    detail_levels: int = option(
        1,
        "Levels of the stem, at strides 2, 4 and 8: coarser ones see what is around the ball.",
        at_least=1,
        at_most=3,
    )
    detail_motion: bool = option(
        True, "Whether the stem also sees how each frame differs from the mean of its window."
    )


@frozen(kw_only=True)
class HeatmapConfig:
    """The map that is learned: a Gaussian around the ball."""

    size: tuple[int, int] = option((256, 144), "Width and height of the heatmap.", at_least=1)
    sigma: float = option(2.0, "Standard deviation of the Gaussian, in heatmap pixels.", above=0.0)


@frozen(kw_only=True)
class SplitConfig:
    """Which games train, validate and test; an absent section splits by game."""

    train_games: tuple[str, ...] | None = option(
        None, "Games to train on; null takes all that are not named elsewhere."
    )
    val_games: tuple[str, ...] | None = option(None, "Games that choose the checkpoint and the threshold.")
    test_games: tuple[str, ...] | None = option(
        None, "Games that are measured at the end; null measures on val_games."
    )


@frozen(kw_only=True)
class PreprocessConfig:
    """From a source frame to the model's input."""

    resize: tuple[int, int] = option((512, 288), "Width and height of the model's input.", at_least=16)
    normalize: bool = option(True, "Normalize with the checkpoint's own mean and standard deviation.")
    flip_prob: float = option(
        0.0, "Probability of a horizontal flip; training only.", at_least=0.0, at_most=1.0
    )
    fit: Literal["stretch", "letterbox"] = option(
        "stretch", "Fill the input, or keep the aspect ratio and pad."
    )


@frozen(kw_only=True)
class SequenceConfig:
    """How many frames the model sees at once."""

    enabled: bool = option(False, "Windows of several frames instead of single frames.")
    length: int = option(1, "Frames in a window, T.", at_least=1)
    stride: int = option(1, "Frames between neighbours in a window.", at_least=1)
    fps: float | None = option(
        None,
        "Frames per second that `stride` counts in. Footage of another rate is given the stride that is "
        "nearest in time, so that a model trained at 30 serves 60. null counts frames, whatever their "
        "rate; training fills in the rate of its clips where they know it and agree.",
        above=0.0,
    )


@frozen(kw_only=True)
class AugmentConfig:
    """Random changes to training windows, the same for all frames of a window and its labels."""

    zoom: float = option(0.0, "Largest relative zoom in or out.", at_least=0.0, at_most=0.9)
    shift: float = option(0.0, "Largest shift, as a share of the picture's size.", at_least=0.0, at_most=0.5)
    rotate: float = option(0.0, "Largest rotation, in degrees.", at_least=0.0, at_most=45.0)
    brightness: float = option(0.0, "Largest relative change of brightness.", at_least=0.0, at_most=1.0)
    contrast: float = option(0.0, "Largest relative change of contrast.", at_least=0.0, at_most=1.0)
    saturation: float = option(0.0, "Largest relative change of saturation.", at_least=0.0, at_most=1.0)
    hue: float = option(0.0, "Largest rotation of the hue, in degrees.", at_least=0.0, at_most=180.0)
    blur: float = option(0.0, "Largest standard deviation of a Gaussian blur, in input pixels.", at_least=0.0)
    compression: float = option(
        0.0, "Probability of JPEG compression at a random quality.", at_least=0.0, at_most=1.0
    )


@frozen(kw_only=True)
class SamplingConfig:
    """Which training windows an epoch draws; its length stays the same."""

    games: Literal["natural", "balanced"] = option(
        "natural", "Each game has its own share of an epoch, or all have the same."
    )
    negatives: float | None = option(
        None,
        "Share of an epoch that are windows without a ball; null takes them as they come.",
        at_least=0.0,
        at_most=0.9,
    )


@frozen(kw_only=True)
class DataConfig:
    """Where labelled clips are and how they reach the model."""

    format: str = option("auto", "Name of a dataset format, or auto to detect it.")
    root: tuple[str, ...] = option(("data/tracknet",), "Folder of labelled clips, or a list of them.")
    split: SplitConfig = option(SplitConfig, "Which games train, validate and test.")
    preprocess: PreprocessConfig = option(PreprocessConfig, "From a source frame to the model's input.")
    sequence: SequenceConfig = option(SequenceConfig, "Windows of frames.")
    sampling: SamplingConfig = option(SamplingConfig, "Which training windows an epoch draws.")
    augment: AugmentConfig = option(AugmentConfig, "Random changes to training windows.")
    cache: Literal["none", "ram", "disk"] = option("none", "Where resized frames are kept between epochs.")
    on_bad_data: Literal["error", "skip"] = option(
        "error", "Stop at a faulty clip, or leave it out and say so."
    )


@frozen(kw_only=True)
class DataLoaderConfig:
    """torch's DataLoader."""

    num_workers: int | None = option(None, "Worker processes; null chooses by device and cores.", at_least=0)
    pin_memory: bool | None = option(None, "Page-locked batches; null follows the device.")
    persistent_workers: bool = option(True, "Keep workers between epochs.")
    prefetch_factor: int = option(2, "Batches each worker prepares ahead.", at_least=1)
    drop_last: bool = option(False, "Leave out a last, smaller batch.")


@frozen(kw_only=True)
class OptimizerConfig:
    """The optimizer."""

    name: Literal["adamw", "sgd"] = option("adamw", "AdamW, or SGD with momentum.")
    lr: float = option(5e-4, "Peak learning rate.", above=0.0)
    backbone_lr: float | None = option(
        None,
        "Learning rate of unfrozen backbone weights; null is a tenth of lr, or lr for random weights.",
        above=0.0,
    )
    weight_decay: float = option(
        0.05, "Weight decay, decoupled in AdamW; never on biases and norms.", at_least=0.0
    )
    momentum: float = option(0.9, "SGD's momentum.", at_least=0.0, at_most=1.0)


@frozen(kw_only=True)
class SchedulerConfig:
    """The learning rate over time."""

    name: Literal["cosine", "constant"] = option("cosine", "Cosine to zero, or constant after the warm-up.")
    warmup_epochs: float = option(
        3.0, "Epochs of linear warm-up; a tenth of the run where it would take more than half.", at_least=0.0
    )
    warmup_start_factor: float = option(
        0.1, "Share of lr at which the warm-up starts.", at_least=0.0, at_most=1.0
    )


@frozen(kw_only=True)
class LossConfig:
    """The heatmap loss."""

    name: Literal["mse", "focal", "wbce"] = option(
        "focal", "CenterNet's focal loss, squared error on the sigmoid, or TrackNetV2's cross-entropy."
    )
    alpha: float = option(2.0, "Focal exponent on hard pixels.", at_least=0.0)
    beta: float = option(4.0, "Focal exponent that spares pixels near the ball.", at_least=0.0)


@frozen(kw_only=True)
class EarlyStoppingConfig:
    """When to stop before the last epoch."""

    enabled: bool = option(False, "Stop when the monitored figure no longer improves.")
    monitor: Literal["f1", "precision", "recall", "accuracy", "ap", "rmse_px", "loss"] = option(
        "f1", "Validation figure that decides, also for the best checkpoint."
    )
    patience: int = option(5, "Epochs without improvement before stopping.", at_least=1)
    min_delta: float = option(0.0, "Smallest change that counts as improvement.", at_least=0.0)


@frozen(kw_only=True)
class TrainingConfig:
    """The training loop."""

    batch_size: int = option(32, "Windows in one optimizer step.", at_least=1)
    epochs: int = option(20, "Passes over the training windows.", at_least=1)
    precision: Literal["fp32", "fp16", "bf16"] = option("fp32", "Arithmetic of forward and backward.")
    grad_clip_norm: float = option(1.0, "Largest gradient norm; 0 leaves gradients alone.", at_least=0.0)
    backbone_freeze_epochs: int = option(
        0,
        "Unfreeze a frozen backbone after this many epochs; 0 never. Never under LoRA or 4-bit.",
        at_least=0,
    )
    adaptive_micro_batch: bool = option(
        True, "Split a batch that does not fit into memory, with the same gradients."
    )
    micro_batch_size: int = option(
        0,
        "Windows in one forward. 0 takes the whole batch, and under an adapter on a CPU one at a time, "
        "which saves memory and costs no time there.",
        at_least=0,
    )
    min_micro_batch_size: int = option(1, "Smallest micro-batch to try.", at_least=1)
    mb_backoff_factor: int = option(2, "Divisor of the micro-batch when memory runs out.", at_least=2)
    oom_retries: int = option(3, "How often one step may run out of memory.", at_least=0)
    data_loader: DataLoaderConfig = option(DataLoaderConfig, "torch's DataLoader.")
    optimizer: OptimizerConfig = option(OptimizerConfig, "The optimizer.")
    scheduler: SchedulerConfig = option(SchedulerConfig, "The learning rate over time.")
    loss: LossConfig = option(LossConfig, "The heatmap loss.")
    early_stopping: EarlyStoppingConfig = option(EarlyStoppingConfig, "When to stop.")
    limit_train_batches: int | float | None = option(
        None, "Batches in an epoch: a count, or a share as a fraction of 1.", above=0
    )
    limit_val_batches: int | float | None = option(None, "The same for validation.", above=0)
    gradient_checkpointing: bool | None = option(
        None,
        "Compute activations again in the backward pass instead of keeping them: those of the backbone, and "
        "those of the decoder a few windows at a time. null does so under an adapter on a GPU.",
    )
    compile: bool = option(
        False,
        "Have torch.compile turn backbone, decoder and stem into kernels of their own: a minute or more at "
        "the start, for faster steps. Needs a C++ compiler on a CPU.",
    )
    log_every: int = option(10, "Steps between rows of history.csv.", at_least=1)
    checkpoint_every: int = option(0, "Steps between checkpoints; 0 writes one each epoch.", at_least=0)
    keep_checkpoints: int = option(1, "Recent checkpoints to keep besides the best.", at_least=1)
    device: Literal["auto", "cpu", "cuda"] = option("auto", "Where to train.")


@frozen(kw_only=True)
class EvaluationConfig:
    """How predictions are measured."""

    protocol: str = option("wasb", "Name of a published protocol.")
    threshold: Literal["auto"] | float = option(
        "auto",
        "Smallest score that counts as a ball; auto is best F1 on validation.",
        at_least=0.0,
        at_most=1.0,
    )


@frozen(kw_only=True)
class TrackingConfig:
    """From candidates in single frames to one track."""

    enabled: bool = option(True, "Join candidates over time with a motion model.")
    max_gap: int = option(8, "Longest gap to interpolate, in frames; longer ones stay empty.", at_least=0)
    fill: Literal["missed", "all"] = option(
        "missed",
        "Which gaps of at most max_gap frames to fill: those in which the detector probably missed the "
        "ball, or also those in which it was probably hidden.",
    )
    ensemble: Literal["none", "average", "weighted"] = option(
        "none", "How overlapping windows vote on a frame."
    )


@frozen(kw_only=True)
class OutputConfig:
    """Where a run is written."""

    dir: str = option("runs", "Parent folder of runs.")
    name: str | None = option(None, "Folder of this run; null is <model_name>-<n>.")
