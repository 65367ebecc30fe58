"""4-bit quantization (NF4, FP4) of TrackNet backbones, through bitsandbytes."""

__version__ = "0.1.0"
