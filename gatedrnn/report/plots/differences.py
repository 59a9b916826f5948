"""Each replicate's difference between two cells, their mean, and the region in which it would not matter."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gatedrnn.comparison.verdict.judge import score_differences
from gatedrnn.experiment.formatting import MINUS, decimals, interval, number
from gatedrnn.report.plots import svg
from gatedrnn.report.plots.parts import in_short
from gatedrnn.report.plots.svg import BAND, INK, MUTED, PAPER, RULE, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gatedrnn.comparison.verdict.pairs import TaskOfPair

MOST_ROWS = 24
"""With more replicates, rows come closer, and not every one is numbered."""


def paired_differences(pair: TaskOfPair, name: str, places: tuple[int, int] = (0, 1)) -> str:
    """Plot each replicate's difference A - B, and their mean with both intervals, over the region of equivalence.

    Args:
        pair: two cells of a task, as ``verdict.pairs.pairs`` gives them.
        name: prefix of the ids in the SVG, unique in a page.
        places: the places of both cells among all that are compared, for their colours.
    """
    a, b = pair["cells"]
    d = score_differences(pair, a, b)
    difference, region = pair["statistics"]["difference"], pair["statistics"]["equivalence"]["region"]
    unit, digits = in_short(pair["metric"]), decimals((difference["high"] - difference["low"]) / 2)
    with svg.canvas(100 + 17 * min(len(d), MOST_ROWS)) as (figure, (axes,)):
        axes.axvspan(-region, region, color=BAND, linewidth=0)
        axes.axvline(0, color=MUTED, linewidth=1)
        _draw_replicates(axes, d, places)
        _draw_mean_row(axes, pair, len(d) + 0.6, digits)
        shown = [*d, 0.0, region, -region, difference["low"], difference["high"]]
        margin = 0.08 * (max(shown) - min(shown)) or 1.0
        axes.set_xlim(min(shown) - margin, max(shown) + margin)
        axes.locator_params(axis="x", nbins=6)
        axes.set_xlabel(f"{a} {MINUS} {b} in the test, {unit}")
        axes.set_ylabel("replicate")
        sides = ((0.0, "left", f"← {a} better"), (1.0, "right", f"{b} better →"))
        for place, (x, ha, words) in zip(places, sides, strict=True):
            colour = style_of(place)[0]
            axes.text(x, 1.02, words, ha=ha, va="bottom", color=colour, weight="bold", transform=axes.transAxes)
        return svg.to_svg(
            figure,
            name,
            f"Paired differences between {a} and {b}",
            f"{a} minus {b} in {len(d)} replicates, {unit}: {', '.join(number(x, digits) for x in d)}. "
            f"Mean {number(difference['mean'], digits)}, 95 % interval "
            f"{interval(difference['low'], difference['high'], digits)}. Region of practical equivalence "
            f"plus or minus {number(region, max(digits, decimals(region)))}.",
        )


def _draw_replicates(axes: Axes, d: NDArray, places: tuple[int, int]) -> None:
    rows = range(len(d))
    axes.hlines(rows, 0, d, color=RULE, linewidth=1.2)
    for k, better in zip(places, (d < 0, d > 0), strict=True):
        colour, shape, _ = style_of(k)
        where = [row for row in rows if better[row]]
        axes.plot(d[where], where, shape, color=colour, markersize=6.5, linestyle="none")
    even = [row for row in rows if d[row] == 0]
    axes.plot(d[even], even, "D", color=MUTED, markersize=5, linestyle="none")


def _draw_mean_row(axes: Axes, pair: TaskOfPair, row: float, digits: int) -> None:
    """Draw the mean below the replicates: thin the 95 % interval, thick the 90 % one that equivalence looks at."""
    difference, equivalence = pair["statistics"]["difference"], pair["statistics"]["equivalence"]
    axes.hlines(row, difference["low"], difference["high"], color=INK, linewidth=1.4)
    axes.hlines(row, equivalence["low"], equivalence["high"], color=INK, linewidth=4.5)
    axes.plot(difference["mean"], row, "D", color=INK, markersize=8.5, markeredgecolor=PAPER)
    words = number(difference["mean"], digits)
    axes.text(difference["mean"], row + 0.55, words, ha="center", va="top", weight="bold", gid="halo-mean")
    every = max(1, math.ceil(difference["n"] / MOST_ROWS))
    rows = range(0, difference["n"], every)
    axes.set_yticks([*rows, row], [*(str(i + 1) for i in rows), "mean"])
    axes.set_ylim(row + 1.9, -0.8)
