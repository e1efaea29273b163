"""How Sphinx builds the site: Markdown by MyST, the theme furo, nothing from the network."""

from __future__ import annotations

from heapsnap import __version__

project = "heapsnap"
author = "the heapsnap authors"
release = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["make", "_build"]
source_suffix = {".md": "markdown"}

# A link to a heading that does not exist is a warning, and warnings are errors in .ci/run.
myst_heading_anchors = 4
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_numpy_docstring = False
napoleon_use_rtype = False

html_theme = "furo"
html_title = "heapsnap"
html_copy_source = False
html_show_sphinx = False
# The page's own colours follow the screen, and so do the pictures in it.
# A block that does not name its language is a shell line or an answer, not Python.
highlight_language = "none"
pygments_style = "friendly"
pygments_dark_style = "monokai"
