"""Sphinx configuration: MyST pages, the furo theme, reference pages made from the program itself."""

import sys
from pathlib import Path

from tracknet_core import __version__

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "TrackNet"
author = "The TrackNet authors"
copyright = "The TrackNet authors, Apache-2.0"  # noqa: A001 - Sphinx's own name
release = __version__

extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design", "generated"]
exclude_patterns = ["_build"]
autodoc_typehints = "none"
napoleon_use_ivar = True

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"TrackNet {release}"
html_static_path = ["_static"]
html_css_files = ["tracknet.css"]
html_show_sphinx = False
