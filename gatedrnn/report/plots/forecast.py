"""What the cells forecast of a test sequence, with its interval, beside what came and what a simple model says."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.errors import needed
from gatedrnn.experiment.formatting import percent, plain
from gatedrnn.report.plots import parts, svg
from gatedrnn.report.plots.svg import INK, MUTED, RULE, style_of
from gatedrnn.tasks.metrics import COVERAGES

with needed("the plots of a comparison need Matplotlib", "matplotlib", "gatedrnn[compare]"):
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
    from matplotlib.lines import Line2D
    from matplotlib.ticker import FuncFormatter, MaxNLocator

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.measures import CellForecast, ForecastEntry

BAND = "coverage-90"
PANEL, AROUND = 118, 62
"""Height of a cell's panel, and of what stands around all of them."""
MOST_STEPS = 60
"""Steps that a narrow figure can tell apart; as much history is shown at most."""


class Window(NamedTuple):
    """What is shown of a sequence: the last of its history and the first of what was forecast.

    Attributes:
        time: places on the axis, of the history and then of what was forecast.
        history: the numbers that stand before the first forecast.
        truth: the numbers that came, for each forecast.
    """

    time: NDArray
    history: NDArray
    truth: NDArray

    def at(self) -> NDArray:
        """Return where on the axis the forecasts stand."""
        return self.time[len(self.history) :]


def forecast_plot(entry: ForecastEntry, names: Sequence[str], name: str) -> str:
    """Plot history, truth, each cell's forecast with its 90 % interval, and the strongest baseline's forecast.

    Each cell has a panel, as intervals that lie on each other cannot be told apart; all panels have the same scale.

    Args:
        entry: an entry of ``forecasts`` in results.json.
        names: the cells in their order, which gives their colours.
        name: prefix of the ids in the SVG, unique in a page.
    """
    shown = window(entry)
    with svg.canvas(AROUND + PANEL * len(names), rows=len(names)) as (figure, panels):
        for k, (axes, cell) in enumerate(zip(panels, names, strict=True)):
            _draw_known(axes, shown, entry)
            _draw_cell(axes, shown, entry["cells"][cell], k)
            parts.name_axes(axes, "", entry["target"])
            axes.yaxis.set_major_locator(MaxNLocator(4))
            axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: plain(value)))
            _time_axis(axes, shown, entry, labelled=cell == names[-1])
        _legend(figure, names, entry)
        title = f"Forecasts of {entry['target']}, {entry['sequence']}"
        return svg.to_svg(figure, name, title, forecast_in_words(entry, names))


def forecast_in_words(entry: ForecastEntry, names: Sequence[str]) -> str:
    """Return how far off the forecasts are that are shown, and how many values lie in the interval.

    Args:
        entry: an entry of ``forecasts`` in results.json.
        names: the cells in their order.
    """
    shown = window(entry)
    said = [f"{cell} {_worth(entry['cells'][cell], shown.truth)}" for cell in names]
    baseline = entry["baseline"]
    if baseline is not None:
        said.append(f"{baseline['name']} {plain(_rmse(baseline['mean'], shown.truth))}")
    n, of = len(shown.truth), len(entry["truth"])
    which = f"these {n} steps" if n == of else f"the first {n} of {of} steps"
    return f"Root mean squared error over {which}, {entry['target']}: {'; '.join(said)}."


def window(entry: ForecastEntry) -> Window:
    """Return what of a sequence a narrow figure has room for: as many steps before as are forecast, or fewer."""
    history, truth = np.array(entry["history"], float), np.array(entry["truth"], float)[:MOST_STEPS]
    kept = min(len(history), max(len(truth), MOST_STEPS // 2))
    first = len(history) - kept
    return Window(_places(entry)[first : len(history) + len(truth)], history[first:], truth)


def _places(entry: ForecastEntry) -> NDArray:
    """Return where times stand on the axis: dates and numbers where they belong, other words one after the other."""
    if all(isinstance(one, str) for one in entry["time"]):
        try:
            return np.array(entry["time"], "datetime64[s]")
        except ValueError:
            return np.arange(len(entry["time"]))
    return np.array(entry["time"], float)


def _draw_known(axes: Axes, shown: Window, entry: ForecastEntry) -> None:
    """Draw what came, before and after the first forecast, and the baseline."""
    came = np.concatenate([shown.history, shown.truth])
    if len(shown.history):
        axes.axvline(shown.at()[0], color=RULE, linewidth=1)
    if entry["baseline"] is not None:
        mean = entry["baseline"]["mean"][: len(shown.truth)]
        axes.plot(shown.at(), mean, color=MUTED, linewidth=1.1, linestyle=parts.BASELINE_DASHES)
    axes.plot(shown.time, came, color=INK, linewidth=1.1)


def _draw_cell(axes: Axes, shown: Window, found: CellForecast, k: int) -> None:
    colour, mean, half = style_of(k)[0], *_band(found, len(shown.truth))
    axes.fill_between(shown.at(), mean - half, mean + half, color=colour, alpha=0.2, linewidth=0)
    axes.plot(shown.at(), mean, color=colour, linewidth=1.6)


def _band(found: CellForecast, steps: int) -> tuple[NDArray, NDArray]:
    """Return the mean and the half-width of the 90 % interval of the first steps."""
    mean, deviation = (np.array(values, float)[:steps] for values in (found["mean"], found["deviation"]))
    return mean, COVERAGES[BAND] * deviation


def _worth(found: CellForecast, truth: NDArray) -> str:
    mean, half = _band(found, len(truth))
    inside = float(np.mean(np.abs(truth - mean) <= half))
    return f"{plain(_rmse(mean, truth))}, with {percent(inside)} of the values inside its 90 % interval"


def _rmse(mean: Sequence[float] | NDArray, truth: NDArray) -> float:
    return float(np.sqrt(np.mean((np.array(mean, float)[: len(truth)] - truth) ** 2)))


def _time_axis(axes: Axes, shown: Window, entry: ForecastEntry, *, labelled: bool) -> None:
    """Label times below the last panel alone."""
    times, words = shown.time, entry["time"]
    if np.issubdtype(times.dtype, np.datetime64):
        locator = AutoDateLocator(minticks=3, maxticks=6)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))
    elif isinstance(words[0], str):
        chosen = np.unique(np.linspace(times[0], times[-1], 4).astype(int))
        axes.set_xticks(chosen, [str(words[place]) for place in chosen])
    else:
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        axes.set_xlabel("step" if labelled else "")
    axes.tick_params(axis="x", labelbottom=labelled)


def _legend(figure: Figure, names: Sequence[str], entry: ForecastEntry) -> None:
    handles = [Line2D([], [], color=style_of(k)[0], linewidth=1.6) for k in range(len(names))]
    handles.append(Line2D([], [], color=INK, linewidth=1.1))
    labels = [*names, "what came"]
    if entry["baseline"] is not None:
        handles.append(Line2D([], [], color=MUTED, linewidth=1.1, linestyle=parts.BASELINE_DASHES))
        labels.append(entry["baseline"]["name"])
    figure.legend(
        handles, labels, loc="outside upper left", ncols=2, borderaxespad=0.1, borderpad=0.1, columnspacing=1.2
    )
