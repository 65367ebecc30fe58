"""The conformance kits that plugin authors subclass; they need pytest."""

from tracknet_core.testing.adapter import AdapterConformance
from tracknet_core.testing.backbone import BackboneConformance
from tracknet_core.testing.quantizer import QuantizerConformance

__all__ = ["AdapterConformance", "BackboneConformance", "QuantizerConformance"]
