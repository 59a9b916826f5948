"""What ``--full`` adds: scores on parts of the training data, how long units remember, and how far gates open."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.experiment.formatting import count, number, plain
from gatedrnn.report.plots import data, parts, svg
from gatedrnn.report.plots.svg import MUTED, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from gatedrnn.comparison.schema.further import DataEntry, GatesEntry, State
    from gatedrnn.comparison.schema.results import TaskEntry

STATES: dict[State, str] = {"before": ":", "after": "-"}


def data_curves(held: DataEntry, task: TaskEntry, name: str) -> str:
    """Plot validation scores against the number of training sequences: all replicates, and medians.

    Args:
        held: what ``full`` adds of them.
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    baseline = data.baseline_in_nats(task)
    scores = {cell: _finite(rows) for cell, rows in held["validation"].items()}
    medians = {cell: [float(np.median(row)) for row in rows] for cell, rows in scores.items()}
    with svg.canvas(250) as (figure, (axes,)):
        values = np.concatenate([row for rows in scores.values() for row in rows])
        axes.set_ylim(*parts.vertical_range(values, None if baseline is None else baseline["validation"]))
        for k, cell in enumerate(scores):
            colour, shape, _ = style_of(k)
            parts.draw_line(axes, held["examples"], medians[cell], k)
            for x, row in zip(held["examples"], scores[cell], strict=True):
                axes.plot([x] * len(row), row, shape, color=colour, markersize=4, alpha=0.5, linestyle="none")
        axes.set_xscale("log")
        axes.minorticks_off()
        axes.set_xticks(held["examples"], [count(x) for x in held["examples"]])
        parts.name_axes(axes, "training sequences", f"validation, {task['unit']}")
        parts.legend(figure, list(scores), parts.draw_baseline((axes,), baseline, "validation"), markers=True)
        said = "; ".join(
            f"{cell} {', '.join(f'{plain(m)} on {count(x)}' for m, x in zip(found, held['examples'], strict=True))}"
            for cell, found in medians.items()
        )
        return svg.to_svg(
            figure,
            name,
            "Scores on parts of the training data",
            f"Median validation score, {task['unit']}, by number of training sequences: {said}."
            f"{parts.baseline_in_words(baseline, 'validation')}",
        )


def gates(cells: dict[str, GatesEntry], task: TaskEntry, name: str) -> str | None:
    """Plot how long units remember, and histograms of the gate that keeps memory, before and after training.

    Args:
        cells: what ``full`` adds of their gates.
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.

    Returns:
        The plot; None where no cell's gates can be read.
    """
    if not cells:
        return None
    places = {cell: list(task["cells"]).index(cell) for cell in cells}
    with svg.canvas(285, rows=2) as (figure, panels):
        for cell, entry in cells.items():
            for state, dashes in STATES.items():
                colour = style_of(places[cell])[0]
                _draw_timescales(panels[0], entry["timescales"][state], colour, dashes)
                histogram = entry["histograms"][entry["keeps"]][state]
                edges = np.linspace(0, 1, len(histogram) + 1)
                # As high as the other panel, which shares its axis: relative to the highest bin of all.
                shown = [c["histograms"][c["keeps"]] for c in cells.values()]
                top = max(max(*h["before"], *h["after"]) for h in shown)
                panels[1].stairs(np.array(histogram) / top, edges, color=colour, linestyle=dashes, linewidth=1.8)
        parts.name_axes(panels[0], "time scale of a unit, steps", "part of units")
        parts.name_axes(panels[1], "gate that keeps memory", "frequency")
        panels[0].set_ylim(0, 1.05)
        _name_lines(panels[0])
        parts.legend(figure, list(cells), None, solid=True)
        return svg.to_svg(figure, name, "What the gates do", gates_in_words(cells))


def gates_in_words(cells: dict[str, GatesEntry]) -> str:
    """Return the median time scale of each cell's units, before and after training."""

    def median(entry: GatesEntry, state: State) -> str:
        return number(float(np.median(entry["timescales"][state])), 1)

    said = "; ".join(
        f"{cell}, by its {entry['keeps']} gate, {median(entry, 'before')} steps before and {median(entry, 'after')} "
        "after training"
        for cell, entry in cells.items()
    )
    return f"Median time scale of a unit: {said}."


def _finite(rows: list[list[float | None]]) -> list[NDArray]:
    """Return scores; those of runs that never had one as the worst that any run had."""
    every = [score for row in rows for score in row if score is not None]
    return [np.array([max(every, default=0.0) if score is None else score for score in row]) for row in rows]


def _draw_timescales(axes: Axes, scales: list[float], colour: str, dashes: str) -> None:
    axes.step(np.sort(scales), np.arange(1, len(scales) + 1) / len(scales), color=colour, linestyle=dashes)
    axes.set_xscale("log")


def _name_lines(axes: Axes) -> None:
    low, high = axes.get_xlim()
    parts.log_ticks(axes, low, high)
    axes.set_title("dotted: before training; solid: after", loc="left", size=11, color=MUTED)
