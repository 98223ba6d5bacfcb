"""Sphinx: the pages of this folder, also readable as they are on a forge. `bin/docs` builds them."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]

project = "django-litefs"
author = "the django-litefs contributors"
project_copyright = "the django-litefs contributors"
version = release = re.findall(
    r'^__version__ = "(.*)"', (ROOT / "django_litefs" / "__init__.py").read_text(), re.M
)[0]

extensions = ["myst_parser"]
myst_heading_anchors = 3  # links to headings are written as on a forge
html_theme = "furo"
html_title = f"django-litefs {version}"
html_show_sphinx = False
html_copy_source = False
templates_path: list[str] = []
exclude_patterns = ["_build"]
nitpicky = True
