"""Where two cells differ: their scores on each test sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.experiment.formatting import MINUS, plain
from gatedrnn.report.plots import data, svg
from gatedrnn.report.plots.parts import in_short, name_axes
from gatedrnn.report.plots.svg import MUTED, RULE, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gatedrnn.comparison.verdict.pairs import TaskOfPair

FEWEST = 3
"""Test sequences below which there is nothing to sort."""


def sequence_differences(pair: TaskOfPair, name: str, places: tuple[int, int] = (0, 1)) -> str | None:
    """Plot each test sequence's mean difference A - B: in order of size, and against how hard it is for both.

    Args:
        pair: two cells of a task, as ``verdict.pairs.pairs`` gives them.
        name: prefix of the ids in the SVG, unique in a page.
        places: the places of both cells among all that are compared, for their colours.

    Returns:
        The plot; None where the test part has too few sequences, or the metric is no mean over them.
    """
    if pair["statistics"]["two_way_bootstrap"] is None:
        return None
    found = data.sequences(pair)
    if len(found.mean) < FEWEST:
        return None
    a, b = pair["cells"]
    better = found.better()
    with svg.canvas(250, panels=2) as (figure, (by_size, by_level)):
        ends = np.concatenate([found.mean, found.low[better != 0], found.high[better != 0]])
        low, high = np.quantile(ends, 0.01), np.quantile(ends, 0.99)
        margin = 0.15 * (high - low) or 1.0
        by_size.set_ylim(min(low, 0) - margin, max(high, 0) + margin)
        rank = np.argsort(np.argsort(found.mean))
        _draw(by_size, rank + 1, found, places)
        _draw(by_level, found.level, found, places)
        name_axes(by_size, "test sequences, sorted", f"{a} {MINUS} {b}, {in_short(pair['metric'])}")
        name_axes(by_level, "mean score of both", None)
        by_size.set_xticks([1, len(found.mean)])
        by_level.locator_params(axis="x", nbins=3)
        for place, y, va, words in ((places[1], 1.0, "top", f"{b} better"), (places[0], 0.0, "bottom", f"{a} better")):
            by_size.text(
                0.03,
                y,
                words,
                va=va,
                color=style_of(place)[0],
                weight="bold",
                transform=by_size.transAxes,
                gid=f"halo-{va}",
            )
        return svg.to_svg(figure, name, f"Where {a} and {b} differ", sequences_in_words(pair))


def sequences_in_words(pair: TaskOfPair) -> str:
    """Return on how many test sequences each cell is better, and how concentrated the difference is."""
    (a, b), found = pair["cells"], data.sequences(pair)
    better, n = found.better(), len(found.mean)
    sizes = np.sort(np.abs(found.total))[::-1]
    most = max(1, round(0.1 * n))
    part = 100 * sizes[:most].sum() / sizes.sum() if sizes.sum() else 0.0
    largest = int(np.argmax(np.abs(found.mean)))
    return (
        f"{a} is better on {int((better < 0).sum())} and {b} on {int((better > 0).sum())} of {n} test sequences, by "
        f"95 % intervals over replicates, not corrected for their number. The tenth of the sequences that differ most "
        f"makes up {part:.0f} % of all differences; the largest is that of sequence {found.place[largest] + 1}, "
        f"{plain(float(found.mean[largest]))} {in_short(pair['metric'])}."
    )


def _draw(axes: Axes, x: Any, found: data.SequencePoints, places: tuple[int, int]) -> None:
    better = found.better()
    axes.axhline(0, color=MUTED, linewidth=1)
    shown = better != 0
    axes.vlines(np.asarray(x)[shown], found.low[shown], found.high[shown], color=RULE, linewidth=1)
    for which, colour, shape, alpha in (
        (better == 0, MUTED, "o", 0.35),
        (better < 0, *style_of(places[0])[:2], 0.7),
        (better > 0, *style_of(places[1])[:2], 0.7),
    ):
        axes.plot(
            np.asarray(x)[which], found.mean[which], shape, color=colour, markersize=3, alpha=alpha, linestyle="none"
        )
