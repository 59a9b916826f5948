"""What the plots share: ranges that stay readable, the baseline's line, means, plain ticks, legends."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, assert_never

import numpy as np

from gatedrnn.comparison.verdict.metric import short, unit_in_words
from gatedrnn.errors import needed
from gatedrnn.experiment.formatting import MINUS, plain
from gatedrnn.report.plots.svg import MUTED, PAPER, WIDTH, style_of

with needed("the plots of a comparison need Matplotlib", "matplotlib", "gatedrnn[compare]"):
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FixedLocator, FuncFormatter, MaxNLocator, NullLocator, ScalarFormatter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from gatedrnn.comparison.schema.pairs import EstimateEntry
    from gatedrnn.comparison.schema.runs import BaselineEntry
    from gatedrnn.experiment.reckoning import MetricEntry

LEAST_PART = 0.2
"""A baseline so far off that scores would have less than this part of the height is named, not drawn."""
BASELINE_DASHES = (0, (4, 3))
LEGEND_LETTERS, LEGEND_HANDLE = 56, 6
"""How many letters are as wide as a figure, and how many as wide as a handle with its spaces."""
BESIDE = 45
"""What a legend and the words below take of a figure's height, in its own units."""


def vertical_range(values: NDArray, baseline: float | None, headroom: float = 0.0) -> tuple[float, float]:
    """Return a range that shows ``values``, and the baseline where that leaves them readable.

    Args:
        values: scores; infinite ones, of runs that reached nothing, are not shown.
        baseline: None where there is none.
        headroom: what to add on top, as a part of what is to be shown.
    """
    finite = values[np.isfinite(values)]
    if not len(finite):
        finite = np.array([0.0 if baseline is None else baseline])
    low, high = float(finite.min()), float(finite.max())
    if baseline is not None:
        wide = max(high, baseline) - min(low, baseline)
        if high - low >= LEAST_PART * wide:
            low, high = min(low, baseline), max(high, baseline)
    size = high - low if high > low else max(abs(high), 1.0) * 0.1
    return low - 0.08 * size, high + (0.08 + headroom) * size


def in_short(metric: MetricEntry) -> str:
    """Return what scores are reckoned in as a narrow axis has room for.

    Example:
        >>> in_short({"name": "rmse", "words": "root mean squared error", "unit": "Passengers"})
        'Passengers (RMSE)'
        >>> in_short({"name": "macro-f1", "words": "macro F1", "unit": "short of a macro F1 of 1"})
        '1 − macro F1'
    """
    match metric["name"]:
        case "mase":
            return short("mase")
        case "accuracy" | "macro-f1":
            return f"1 {MINUS} {short(metric['name'])}"
        case "nats" | "rmse" | "mae":
            return unit_in_words(metric)
        case _:
            assert_never(metric["name"])


def draw_baseline(panels: Sequence[Axes], baseline: BaselineEntry | None, part: str) -> str | None:
    """Draw the strongest simple baseline's line where it is in view; return its words for the legend."""
    if baseline is None:
        return None
    value, (low, high) = baseline[part], panels[0].get_ylim()
    for axes in panels if low <= value <= high else ():
        axes.axhline(value, color=MUTED, linewidth=1.1, linestyle=BASELINE_DASHES)
    where = ", above" if value > high else ", below" if value < low else ""
    return f"baseline {plain(value)}{where}"


def draw_mean(axes: Axes, x: float, estimate: EstimateEntry, k: int) -> None:
    """Draw the mean of cell ``k`` with its interval."""
    colour, shape, _ = style_of(k)
    axes.vlines(x, estimate["low"], estimate["high"], color=PAPER, linewidth=4)
    axes.vlines(x, estimate["low"], estimate["high"], color=colour, linewidth=2)
    axes.plot(x, estimate["mean"], shape, color=colour, markersize=8, markeredgecolor=PAPER)


def draw_line(axes: Axes, x: ArrayLike, y: ArrayLike, k: int) -> None:
    """Draw the line of cell ``k``, with a rim that keeps it apart from what lies under it."""
    colour, _, dashes = style_of(k)
    axes.plot(x, y, color=PAPER, linewidth=4.4)
    axes.plot(x, y, color=colour, linewidth=2.2, linestyle=dashes)


def baseline_in_words(baseline: BaselineEntry | None, part: str) -> str:
    """Return a sentence on the strongest simple baseline, for those who don't see its line."""
    return "" if baseline is None else f" Strongest simple baseline, {baseline['name']}: {plain(baseline[part])}."


def short_time(longest: float) -> Callable[[float], str]:
    """Return what writes times in one unit, fit for the longest of them."""
    units = ((3600, "h", 7200), (60, "min", 120), (1, "s", 1), (1e-3, "ms", 1e-3), (1e-6, "µs", 0))
    scale, unit = next((s, u) for s, u, least in units if longest >= least)
    return lambda value: f"{value / scale:.4g} {unit}"


def name_axes(axes: Axes, x: str, y: str | None) -> None:
    """Label both axes, and let only a few horizontal lines guide the eye."""
    axes.set_xlabel(x)
    axes.yaxis.set_major_locator(MaxNLocator(5))
    axes.yaxis.set_major_formatter(ScalarFormatter(useOffset=False))
    axes.grid(axis="y")
    if y is not None:
        name_upright(axes, y)


def name_upright(axes: Axes, words: str) -> None:
    """Label the upright axis on as many lines as its height needs: names of cells and columns may be long."""
    figure, place = axes.get_figure(root=True), axes.get_subplotspec()
    assert figure is not None
    assert place is not None
    height = 72 * figure.get_figheight() / place.get_gridspec().nrows - BESIDE
    axes.set_ylabel(textwrap.fill(words, max(8, int(height * LEGEND_LETTERS / WIDTH)), break_on_hyphens=False))


def few_ticks(axes: Axes, formatter: Callable[[float], str]) -> None:
    """Put at most four labels below a narrow panel."""
    axes.xaxis.set_major_locator(MaxNLocator(3, min_n_ticks=2))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: formatter(value)))


def log_ticks(axes: Axes, low: float, high: float, show: Callable[[float], str] = "{:g}".format) -> None:
    """Label a logarithmic axis with plain numbers: 0.003 where others write powers of ten."""
    axes.set_xscale("log")
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for digits in ((1, 2, 3, 5), (1, 3), (1,)):
        ticks = [d * 10.0**p for p in powers for d in digits if low * 0.99 <= d * 10.0**p <= high * 1.01]
        if len(ticks) <= 6:
            break
    axes.xaxis.set_major_locator(FixedLocator(ticks))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))


def cap_ticks(axes: Axes, cap: int) -> None:
    """Label epochs, the last label being the cap."""
    ticks = [tick for tick in MaxNLocator(5, integer=True).tick_values(0, cap) if 0 <= tick < 0.85 * cap]
    axes.set_xticks([*ticks, cap], [*(f"{tick:g}" for tick in ticks), f"cap {cap}"])


def legend(
    figure: Figure,
    names: Sequence[str],
    baseline: str | None,
    *,
    lines: bool = True,
    markers: bool = False,
    solid: bool = False,
) -> None:
    """Name cells and baseline above the plot, where nothing can lie under them."""
    handles = []
    for k in range(len(names)):
        colour, shape, dashes = style_of(k)
        line = "none" if not lines else "-" if solid else dashes
        marker = shape if markers else ""
        handles.append(Line2D([], [], color=colour, marker=marker, markersize=6, linewidth=2.2, linestyle=line))
    if baseline is not None:
        handles.append(Line2D([], [], color=MUTED, linewidth=1.1, linestyle=BASELINE_DASHES))
    labels = [*names, *([] if baseline is None else [baseline])]
    columns = len(handles) if len(handles) * LEGEND_HANDLE + sum(map(len, labels)) <= LEGEND_LETTERS else 3
    # Matplotlib fills column after column; a reader goes along the rows.
    order = [i for column in range(columns) for i in range(column, len(handles), columns)]
    figure.legend(
        [handles[i] for i in order],
        [labels[i] for i in order],
        loc="outside upper left",
        ncols=columns,
        borderaxespad=0.1,
        borderpad=0.1,
        handlelength=2.0 if lines else 1.0,
        columnspacing=1.2,
    )
