"""LoRA adapters for TrackNet backbones, through PEFT."""

__version__ = "0.1.0"
