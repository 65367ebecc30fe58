"""What plugins may ask about this machine before torch is imported."""

from tracknet_core.config.hardware import no_gpu, page_out

__all__ = ["no_gpu", "page_out"]
