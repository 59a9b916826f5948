"""What a search is expected to have found after part of its budget: against trials, and against time."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from gatedrnn.comparison.verdict.region import strongest_baseline
from gatedrnn.experiment.formatting import plain
from gatedrnn.report.plots import data, parts, svg
from gatedrnn.report.plots.svg import style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.results import TaskEntry

Curves: TypeAlias = "dict[str, tuple[NDArray, NDArray]]"
"""Budgets and expected best scores of each cell."""
HEADROOM = 0.04
STRIP = 0.035
"""Height of the strip that says which cell is better, as a part of the panel's."""


def tuning_curves(task: TaskEntry, name: str) -> str | None:
    """Plot each cell's expected best validation score against trials and against seconds of training.

    With two cells, a strip below shows where the interval of their difference excludes 0, in the better cell's colour.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.

    Returns:
        The plot; None where a trial without a score leaves nothing to expect.
    """
    budgets: tuple[data.BudgetKind, ...] = ("trials", "seconds")
    curves: dict[data.BudgetKind, Curves] = {
        against: found for against in budgets if (found := data.tuning(task, against))
    }
    if not curves:
        return None
    shown = list(curves)
    baseline = strongest_baseline(task)
    with svg.canvas(250, panels=len(shown)) as (figure, panels):
        # After one trial alone the scores may be far off; what the search gains later is what is looked at.
        values = np.concatenate([y[min(1, len(y) - 1) :] for both in curves.values() for _, y in both.values()])
        low, high = parts.vertical_range(values, None if baseline is None else baseline["validation"], HEADROOM)
        panels[0].set_ylim(low - 1.5 * STRIP * (high - low), high)
        for axes, against in zip(panels, shown, strict=True):
            for k, (x, y) in enumerate(curves[against].values()):
                parts.draw_line(axes, x, y, k)
            _draw_strip(axes, task, against)
            parts.name_axes(axes, f"{'trials' if against == 'trials' else 'time of training'}", None)
        parts.name_upright(panels[0], f"validation, {parts.in_short(task['metric'])}")
        _scale(dict(zip(shown, panels, strict=True)), curves)
        parts.legend(figure, list(task["cells"]), parts.draw_baseline(panels, baseline, "validation"))
        return svg.to_svg(figure, name, "Expected best validation against budget", _words(task, curves[shown[0]]))


def _draw_strip(axes: Axes, task: TaskEntry, against: data.BudgetKind) -> None:
    entry = data.expected_best(task["pairs"][0], against)
    if entry is None or len(task["pairs"]) > 1:
        return
    budgets, low, high = (
        np.array(v) for v in (entry["budgets"], entry["difference"]["low"], entry["difference"]["high"])
    )
    bottom, top = axes.get_ylim()
    place = bottom + STRIP * (top - bottom)
    for k, better in enumerate((high < 0, low > 0)):
        where = np.where(better, place, np.nan)
        alone = better & ~np.append(better[1:], False) & ~np.append(False, better[:-1])
        axes.plot(budgets, where, color=style_of(k)[0], linewidth=5, solid_capstyle="butt")
        axes.plot(budgets[alone], where[alone], "s", color=style_of(k)[0], markersize=4)


def _scale(panels: dict[data.BudgetKind, Axes], curves: dict[data.BudgetKind, Curves]) -> None:
    if "trials" in panels:
        last = max(int(x[-1]) for x, _ in curves["trials"].values())
        every = max(1, round(last / 4))
        panels["trials"].set_xticks([1, *range(every, last + 1, every)] if every > 1 else range(1, last + 1))
    if "seconds" in panels:
        ends = [float(x[i]) for x, _ in curves["seconds"].values() for i in (0, -1)]
        parts.log_ticks(panels["seconds"], min(ends), max(ends), parts.short_time(max(ends)))


def _words(task: TaskEntry, curves: Curves) -> str:
    said = "; ".join(
        f"{cell} {plain(float(y[0]))} at {x[0]:g}, {plain(float(y[-1]))} at {x[-1]:g}"
        for cell, (x, y) in curves.items()
    )
    baseline = parts.baseline_in_words(strongest_baseline(task), "validation")
    return f"Expected best validation score, {parts.in_short(task['metric'])}, by number of trials: {said}.{baseline}"
