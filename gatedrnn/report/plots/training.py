"""How training went: learning curves of the selected trials, and every trial against its learning rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from gatedrnn.comparison.verdict.region import strongest_baseline
from gatedrnn.experiment.formatting import plain
from gatedrnn.report.plots import data, parts, svg
from gatedrnn.report.plots.svg import MUTED, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gatedrnn.comparison.schema.results import TaskEntry


def learning_curves(task: TaskEntry, name: str) -> str:
    """Plot validation against epochs for the selected trials, and each cell's median of the best so far.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    cap, baseline = task["protocol"]["max_epochs"], data.baseline_in_nats(task)
    epochs = np.arange(1, cap + 1)
    curves = {cell: data.selected_curves(task, cell) for cell in task["cells"]}
    medians = {cell: np.median([data.best_so_far(curve, cap) for curve in curves[cell]], axis=0) for cell in curves}
    with svg.canvas(250) as (figure, (axes,)):
        for k, cell in enumerate(curves):
            for curve in curves[cell]:
                axes.plot(epochs[: len(curve)], curve, color=style_of(k)[0], linewidth=0.7, alpha=0.35)
        for k, cell in enumerate(curves):
            parts.draw_line(axes, epochs, medians[cell], k)
        ends = np.array([data.best_so_far(curve, cap)[-1] for cell in curves for curve in curves[cell]])
        reference = None if baseline is None else baseline["validation"]
        axes.set_ylim(*parts.vertical_range(ends, reference, headroom=0.9))
        axes.set_xlim(0, cap * 1.01)
        axes.axvline(cap, color=MUTED, linewidth=1, linestyle=":")
        parts.name_axes(axes, "epoch", f"validation, {task['unit']}")
        parts.cap_ticks(axes, cap)
        parts.legend(figure, list(curves), parts.draw_baseline((axes,), baseline, "validation"))
        reached = " and ".join(f"{cell} {plain(median[-1])}" for cell, median in medians.items())
        return svg.to_svg(
            figure,
            name,
            "Learning curves of the selected trials",
            f"Validation score, {task['unit']}, of {len(ends)} runs against epochs, up to the cap of {cap}. "
            f"Median of the best score reached: {reached}.{parts.baseline_in_words(baseline, 'validation')}",
        )


def learning_rates(task: TaskEntry, name: str) -> str:
    """Plot every trial's validation score against its learning rate; scores out of range stand at the top, marked.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    trials, baseline = {cell: data.trials(task, cell) for cell in task["cells"]}, strongest_baseline(task)
    unit = parts.in_short(task["metric"])
    scores = np.concatenate([t.scores for t in trials.values()])
    rates = np.concatenate([t.rates for t in trials.values()])
    good = scores[scores <= np.quantile(scores, 0.9, method="lower")]
    with svg.canvas(250) as (figure, (axes,)):
        reference = None if baseline is None else baseline["validation"]
        axes.set_ylim(*parts.vertical_range(good, reference, headroom=0.12))
        above = sum(_draw_trials(axes, k, t) for k, t in enumerate(trials.values()))
        for k, t in enumerate(trials.values()):
            centres, medians = data.binned_median(t, float(rates.min()), float(rates.max()))
            parts.draw_line(axes, centres, medians, k)
        parts.log_ticks(axes, float(rates.min()), float(rates.max()))
        parts.name_axes(axes, "learning rate", f"validation, {unit}")
        reference_line = parts.draw_baseline((axes,), baseline, "validation")
        parts.legend(figure, list(trials), reference_line, markers=True)
        lost = sum(int(t.diverged.sum()) for t in trials.values())
        return svg.to_svg(
            figure,
            name,
            "Sensitivity to the learning rate",
            f"Best validation score, {unit}, of {len(scores)} trials against the learning rate from "
            f"{rates.min():.2g} to {rates.max():.2g}. {above} are worse than the range shown and stand at its top; "
            f"{lost} diverged and are crosses.{parts.baseline_in_words(baseline, 'validation')}",
        )


def _draw_trials(axes: Axes, k: int, trials: data.TrialPoints) -> int:
    """Draw a cell's trials, and return how many are out of range."""
    low, high = axes.get_ylim()
    over = trials.scores > high
    shown = np.where(over, high - 0.025 * (high - low), trials.scores)
    colour, shape, _ = style_of(k)
    for marker, size, which in (
        (shape, 4, ~over & ~trials.diverged),
        ("^", 5.5, over & ~trials.diverged),
        ("x", 5.5, trials.diverged),
    ):
        axes.plot(
            trials.rates[which], shown[which], marker, color=colour, markersize=size, alpha=0.55, linestyle="none"
        )
    return int(over.sum())
