"""The table of contents of the site: captions, and the pages under each in their order.

It stands here and not in the first page, whose file so stays plain Markdown for those who read it on a code host.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NAVIGATION = (
    ("Which cell", ("lstm-or-gru", "evidence", "study", "statistics")),
    (
        "Tutorials",
        (
            "tutorials/compose",
            "tutorials/write-a-cell",
            "tutorials/reinforcement-learning",
            "tutorials/sweep",
            "tutorials/compare",
            "tutorials/from-pytorch",
            "launch",
        ),
    ),
    ("Coming from", tuple(f"coming-from/{name}" for name in ("pytorch", "keras", "flax", "equinox", "haiku"))),
    ("Guide", ("sequences", "networks", "inside", "convert", "parallel", "populations", "sweeps", "data")),
    ("Gallery of cells", ("cells", "cells-lstm", "cells-gru")),
    ("Reference", ("api/index", "results", "glossary")),
    ("Benchmarks", ("performance",)),
    ("Design", ("architecture", "log")),
)


def append(app: Sphinx, page: str, source: list[str]) -> None:
    """Append the table of contents to the first page before it is read."""
    if page == app.config.root_doc:
        for caption, pages in NAVIGATION:
            source[0] += "\n".join(["", "```{toctree}", ":hidden:", f":caption: {caption}", "", *pages, "```", ""])


def setup(app: Sphinx) -> dict[str, Any]:
    """Add it to the build."""
    app.connect("source-read", append)
    return {"parallel_read_safe": True}
