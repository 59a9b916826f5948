"""Diagrams become part of the page, so that a reader's choice of light or dark, made on the page, reaches them.

In the Markdown they are images, which a code host shows; as an image a file follows the browser's choice alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def inline(app: Sphinx, page: nodes.document) -> None:
    """Put the text of each image below diagrams/ in its place."""
    for image in list(page.findall(nodes.image)):
        path = Path(app.srcdir, image["uri"])
        if path.suffix == ".svg" and path.parent.name == "diagrams":
            image.parent["classes"].append("cell-diagrams")
            image.replace_self(nodes.raw("", path.read_text(encoding="utf-8"), format="html"))


def setup(app: Sphinx) -> dict[str, Any]:
    """Add it to the build, before images are copied."""
    app.connect("doctree-read", inline, priority=100)
    return {"parallel_read_safe": True}
