"""Figures as SVG that lives in a page: its text stays text, its colours follow the page, and it can be read aloud."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from xml.etree import ElementTree

from gatedrnn.errors import needed

with needed("plots need Matplotlib", "matplotlib", "gatedrnn[compare]"):
    import matplotlib
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.layout_engine import ConstrainedLayoutEngine

INK, MUTED, RULE, BAND, PAPER = "#22252a", "#6a6f77", "#d8d5ce", "#ebe7df", "#fffefd"
CELLS = ("#0072b2", "#c9560b", "#00795a", "#9a4c89", "#7a6a00")
"""Near those that colour-blind readers tell apart (Okabe and Ito 2008), dark enough for text, beside shapes."""
SHAPES = ("o", "s", "D", "P", "h")
DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))

VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    BAND: "--band",
    PAPER: "--paper",
    **{colour: f"--cell-{k + 1}" for k, colour in enumerate(CELLS)},
}
"""CSS variables that a page may set; where it does not, the colour itself is used."""

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"
WIDTH = 360
"""Of every figure, in its own units; at that width text has 11 pixels, and a phone is little narrower."""

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",
    "text.parse_math": False,
    "svg.hashsalt": "gatedrnn",
    "font.family": "DejaVu Sans",
    "font.size": 11,
    "axes.edgecolor": RULE,
    "axes.labelcolor": MUTED,
    "axes.labelsize": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "axes.axisbelow": True,
    "axes.unicode_minus": True,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0,
    "text.color": INK,
    "grid.color": RULE,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.labelcolor": INK,
}


@contextmanager
def canvas(height: float, panels: int = 1, rows: int = 1) -> Iterator[tuple[Figure, list[Axes]]]:
    """Open a figure of ``WIDTH`` by ``height``, its panels side by side, row after row, on one vertical scale."""
    with matplotlib.rc_context(STYLE):
        layout = ConstrainedLayoutEngine(w_pad=0.03, h_pad=0.03, wspace=0.05, hspace=0.05)
        figure = Figure(figsize=(WIDTH / 72, height / 72), layout=layout)
        axes = figure.subplots(rows, panels, sharey=True, squeeze=False)
        yield figure, list(axes.flat)


def style_of(k: int) -> tuple[str, str, Any]:
    """Return colour, marker and dashes of the k-th cell; with more cells than there are, they come again."""
    k %= len(CELLS)
    return CELLS[k], SHAPES[k], DASHES[k]


def to_svg(figure: Figure, name: str, title: str, description: str) -> str:
    """Return a figure as an ``<svg>`` element for a page, free of references to anything outside it.

    Args:
        figure: made by ``canvas``, and still inside it.
        name: the prefix of the ids in it, unique in a page.
        title: a few words for what it shows.
        description: the same in words and numbers, for those who don't see it.
    """
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(buffer.getvalue())
    for element in root.iter():
        element.tag = element.tag.split("}")[-1]
    for parent in list(root.iter()):
        for child in [child for child in parent if child.tag in ("metadata", "style")]:
            parent.remove(child)
    _tidy(root, name)
    view = root.get("viewBox", "")
    root.attrib.clear()
    root.attrib |= {"xmlns": "http://www.w3.org/2000/svg", "viewBox": view, "class": "plot", "role": "img"}
    root.attrib |= {"aria-labelledby": f"{name}-title {name}-description", "font-family": FONTS}
    root.attrib |= {"stroke-linejoin": "round", "fill": "none"}
    for tag, text in (("description", description), ("title", title)):
        element = ElementTree.Element("desc" if tag == "description" else tag, {"id": f"{name}-{tag}"})
        element.text = text
        root.insert(0, element)
    return ElementTree.tostring(root, encoding="unicode")


def _tidy(root: ElementTree.Element, name: str) -> None:
    """Make ids unique in a page, drop those that nothing uses, and hand colours and fonts over to CSS."""
    used = set(re.findall(r"(?:href=\"|url\()#([^\")]+)", ElementTree.tostring(root, encoding="unicode")))
    for element in root.iter():
        attributes = {key.split("}")[-1]: value for key, value in element.attrib.items()}
        element.attrib.clear()
        for key, value in attributes.items():
            if key == "id" and value in used:
                element.set(key, f"{name}-{value}")
            elif key == "id" and value.startswith("halo"):
                element.set("class", "halo")
            elif key in ("href", "clip-path"):
                element.set(key, value.replace("#", f"#{name}-", 1))
            elif key == "style":
                element.set(key, _style(value))
            elif key in ("d", "x", "y"):
                element.set(key, re.sub(r"-?\d+\.\d+", lambda m: f"{float(m[0]):.2f}", value).replace("\n", ""))
            elif key not in ("id", "type") and not value.startswith("rotate(-0 "):
                element.set(key, value)
    for element in root.iter():
        _share_style(element)


def _share_style(group: ElementTree.Element) -> None:
    """Say once what all markers of a group have in common: hundreds of points share one style."""
    styles = {child.get("style") for child in group}
    if len(group) > 1 and len(styles) == 1 and all(child.tag == "use" for child in group) and None not in styles:
        group.set("style", str(styles.pop()))
        for child in group:
            del child.attrib["style"]


def _style(style: str) -> str:
    """Replace colours by variables; a font is the page's, but for its size and weight."""
    kept = [part.strip() for part in style.split(";") if not part.strip().startswith("font-family")]
    joined = "; ".join(part for part in kept if part)
    joined = re.sub(r"#[0-9a-f]{6}", lambda m: f"var({VARIABLES[m[0]]}, {m[0]})" if m[0] in VARIABLES else m[0], joined)
    if "font-size" in joined and "fill:" not in joined:
        joined += f"; fill: var(--ink, {INK})"
    return joined
