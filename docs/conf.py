"""Sphinx configuration of the documentation site; contributing.md has the command that builds it.

The pages are plain Markdown that also reads well on a code host. What only the site needs is added here: the navigation, the
reference and the gallery (`docs/site`).
"""

import os
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("MPLBACKEND", "agg")
os.environ.setdefault("MINIDL_COMPILED", "0")  # the gallery shows no times of compilation and no paths of this machine

import minidl  # noqa: E402  # the path is set above

project = "minidl"
author = "the minidl founders"
copyright = author
version = release = minidl.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_gallery.gen_gallery",
    "docs.site.navigation",
    "docs.site.mathml",
    "docs.site.reference",
    "docs.site.gallery",
]
exclude_patterns = ["_build", "_examples", "gallery/*.md5", "gallery/*.ipynb"]
suppress_warnings = ["config.cache"]  # sphinx-gallery's configuration holds functions
nitpicky = True

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4
napoleon_google_docstring, napoleon_numpy_docstring = True, False
napoleon_use_param = napoleon_use_rtype = False
napoleon_custom_sections = ["Shapes"]
copybutton_prompt_text = r">>> |\.\.\. |\$ "
copybutton_prompt_is_regexp = True
highlight_language = "python"
html_math_renderer = "mathml"
python_display_short_literal_types = True
toc_object_entries_show_parents = "domain"

html_theme = "pydata_sphinx_theme"
html_title = "minidl"
html_logo = html_favicon = "site/static/minidl.svg"
html_static_path = ["site/static"]
html_css_files = ["minidl.css"]
html_js_files = ["minidl.js"]
html_context = {"default_mode": "auto"}
html_copy_source = html_show_sourcelink = False
html_sidebars = {"index": [], "changelog": [], "gallery/index": []}
html_theme_options: dict[str, Any] = {
    "logo": {"text": "minidl"},
    "navbar_align": "left",
    "navbar_end": ["theme-switcher"],
    "navbar_persistent": ["search-button-field"],
    "header_links_before_dropdown": 6,
    "show_nav_level": 1,
    "navigation_depth": 3,
    "show_toc_level": 1,
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": ["theme-version"],
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
    "back_to_top_button": False,
}
