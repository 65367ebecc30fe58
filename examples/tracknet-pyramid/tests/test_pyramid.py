from tracknet_pyramid.plugin import PyramidConfig

from tracknet_core.testing import BackboneConformance


class TestPyramid(BackboneConformance):
    name = "conv_pyramid"
    plugin = "tracknet_pyramid.plugin"
    config = PyramidConfig(width=8)
