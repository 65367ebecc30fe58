"""The conformance kits that plugin authors subclass; they need pytest."""

from tracknet_core.testing.adapter import AdapterConformance
from tracknet_core.testing.backbone import BackboneConformance

__all__ = ["AdapterConformance", "BackboneConformance"]
