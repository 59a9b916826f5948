"""How Sphinx makes the site of these pages: ``make docs`` writes it into site/, and a warning is an error."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "gatedrnn"
author = "gatedrnn maintainers"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "inline_svg", "navigation", "public_names"]
root_doc = "index"
exclude_patterns = ["_extensions"]

myst_heading_anchors = 4  # as code hosts name headings: [text](page.md#a-heading)

add_module_names = False
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
maximum_signature_line_length = 88
napoleon_use_ivar = True
napoleon_attr_annotations = False  # shapes such as "*B H" would be read as markup
python_use_unqualified_type_names = True

html_theme = "furo"
html_title = "gatedrnn"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["costs.js"]
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "github-dark"
