"""The plots of a comparison, each an SVG element made from a task's entry in results.json."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from gatedrnn.comparison.formatting import MINUS, count, decimals, interval, number, seconds
from gatedrnn.comparison.report import plot_data, plot_parts, svg
from gatedrnn.comparison.report.svg import BAND, CELLS, INK, MUTED, PAPER, RULE, SHAPES
from gatedrnn.comparison.verdict.judge import replicate_scores
from gatedrnn.comparison.verdict.region import strongest_baseline

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

DASHES = ("-", "--")
MOST_ROWS = 24


def paired_differences(task: dict[str, Any], name: str) -> str:
    """Plot each replicate's difference A - B, and their mean with both intervals, over the region of equivalence.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    a, b = task["cells"]
    d = np.subtract(replicate_scores(task, a, "nats"), replicate_scores(task, b, "nats"))
    difference, region = task["statistics"]["difference"], task["statistics"]["equivalence"]["region"]
    places = decimals((difference["high"] - difference["low"]) / 2)
    with svg.canvas(100 + 17 * min(len(d), MOST_ROWS)) as (figure, (axes,)):
        axes.axvspan(-region, region, color=BAND, linewidth=0)
        axes.axvline(0, color=MUTED, linewidth=1)
        _draw_replicates(axes, d)
        _draw_mean_row(axes, task, len(d) + 0.6, places)
        shown = [*d, 0.0, region, -region, difference["low"], difference["high"]]
        margin = 0.08 * (max(shown) - min(shown)) or 1.0
        axes.set_xlim(min(shown) - margin, max(shown) + margin)
        axes.locator_params(axis="x", nbins=6)
        axes.set_xlabel(f"{a} {MINUS} {b} in the test, {task['unit']}")
        axes.set_ylabel("replicate")
        for k, (x, ha, words) in enumerate(((0.0, "left", f"← {a} better"), (1.0, "right", f"{b} better →"))):
            axes.text(x, 1.02, words, ha=ha, va="bottom", color=CELLS[k], weight="bold", transform=axes.transAxes)
        return svg.to_svg(
            figure,
            name,
            f"Paired differences between {a} and {b}",
            f"{a} minus {b} in {len(d)} replicates, {task['unit']}: {', '.join(number(x, places) for x in d)}. "
            f"Mean {number(difference['mean'], places)}, 95 % interval "
            f"{interval(difference['low'], difference['high'], places)}. Region of practical equivalence "
            f"plus or minus {number(region, places)}.",
        )


def learning_curves(task: dict[str, Any], name: str) -> str:
    """Plot validation against epochs for the selected trials, and each cell's median of the best so far.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    cap, baseline = task["protocol"]["max_epochs"], strongest_baseline(task)
    epochs = np.arange(1, cap + 1)
    curves = {cell: plot_data.selected_curves(task, cell) for cell in task["cells"]}
    medians = {
        cell: np.median([plot_data.best_so_far(curve, cap) for curve in curves[cell]], axis=0) for cell in curves
    }
    with svg.canvas(250) as (figure, (axes,)):
        for k, cell in enumerate(curves):
            for curve in curves[cell]:
                axes.plot(epochs[: len(curve)], curve, color=CELLS[k], linewidth=0.7, alpha=0.35)
        for k, cell in enumerate(curves):
            axes.plot(epochs, medians[cell], color=PAPER, linewidth=4.4)
            axes.plot(epochs, medians[cell], DASHES[k], color=CELLS[k], linewidth=2.2)
        ends = np.array([plot_data.best_so_far(curve, cap)[-1] for cell in curves for curve in curves[cell]])
        reference = None if baseline is None else baseline["validation"]
        axes.set_ylim(*plot_parts.vertical_range(ends, reference, headroom=0.9))
        axes.set_xlim(0, cap * 1.01)
        axes.axvline(cap, color=MUTED, linewidth=1, linestyle=":")
        plot_parts.name_axes(axes, "epoch", f"validation, {task['unit']}")
        plot_parts.cap_ticks(axes, cap)
        plot_parts.legend(figure, list(curves), DASHES, plot_parts.draw_baseline((axes,), baseline, "validation"))
        reached = " and ".join(f"{cell} {number(median[-1], 3)}" for cell, median in medians.items())
        return svg.to_svg(
            figure,
            name,
            "Learning curves of the selected trials",
            f"Validation score, {task['unit']}, of {len(ends)} runs against epochs, up to the cap of {cap}. "
            f"Median of the best score reached: {reached}.{_baseline_in_words(baseline, 'validation')}",
        )


def learning_rates(task: dict[str, Any], name: str) -> str:
    """Plot every trial's validation score against its learning rate; scores out of range stand at the top, marked.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    trials, baseline = {cell: plot_data.trials(task, cell) for cell in task["cells"]}, strongest_baseline(task)
    scores = np.concatenate([t.scores for t in trials.values()])
    rates = np.concatenate([t.rates for t in trials.values()])
    good = scores[scores <= np.quantile(scores, 0.9, method="lower")]
    with svg.canvas(250) as (figure, (axes,)):
        reference = None if baseline is None else baseline["validation"]
        axes.set_ylim(*plot_parts.vertical_range(good, reference, headroom=0.12))
        above = sum(_draw_trials(axes, k, t) for k, t in enumerate(trials.values()))
        for k, t in enumerate(trials.values()):
            centres, medians = plot_data.binned_median(t, float(rates.min()), float(rates.max()))
            axes.plot(centres, medians, color=PAPER, linewidth=4.4)
            axes.plot(centres, medians, DASHES[k], color=CELLS[k], linewidth=2.2)
        plot_parts.log_ticks(axes, float(rates.min()), float(rates.max()))
        plot_parts.name_axes(axes, "learning rate", f"validation, {task['unit']}")
        reference_line = plot_parts.draw_baseline((axes,), baseline, "validation")
        plot_parts.legend(figure, list(trials), DASHES, reference_line, SHAPES)
        lost = sum(int(t.diverged.sum()) for t in trials.values())
        return svg.to_svg(
            figure,
            name,
            "Sensitivity to the learning rate",
            f"Best validation score, {task['unit']}, of {len(scores)} trials against the learning rate from "
            f"{rates.min():.2g} to {rates.max():.2g}. {above} are worse than the range shown and stand at its top; "
            f"{lost} diverged and are crosses.{_baseline_in_words(baseline, 'validation')}",
        )


def quality_against_cost(task: dict[str, Any], name: str) -> str:
    """Plot test scores against parameters and against training time: all replicates, and means with intervals.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    names, baseline = list(task["cells"]), strongest_baseline(task)
    tests = {cell: np.array(replicate_scores(task, cell, "nats")) for cell in names}
    sizes = {cell: task["cells"][cell]["parameters"]["total"] for cell in names}
    times = {cell: np.array([r["cells"][cell]["seconds"] for r in task["replicates"]]) for cell in names}
    with svg.canvas(240, panels=2) as (figure, (by_size, by_time)):
        ends = [task["statistics"]["cells"][cell]["test"][end] for cell in names for end in ("low", "high")]
        everything = np.concatenate([*tests.values(), ends])
        by_size.set_ylim(*plot_parts.vertical_range(everything, None if baseline is None else baseline["test"], 0.1))
        places = _side_by_side(by_size, sizes)
        for k, (cell, x) in enumerate(places.items()):
            by_size.plot(np.full(len(tests[cell]), x), tests[cell], SHAPES[k], color=CELLS[k], markersize=4, alpha=0.4)
            plot_parts.draw_mean(by_size, x, task["statistics"]["cells"][cell]["test"], k)
            by_time.plot(times[cell], tests[cell], SHAPES[k], color=CELLS[k], markersize=4, alpha=0.4)
            plot_parts.draw_mean(by_time, times[cell].mean(), task["statistics"]["cells"][cell]["test"], k)
        longest = max(float(t.max()) for t in times.values())
        by_time.set_xlim(0, 1.12 * longest)
        plot_parts.name_axes(by_size, "parameters", f"test, {task['unit']}")
        plot_parts.name_axes(by_time, "training time", None)
        # Named where they stand, which is not to scale where the cells were moved apart.
        by_size.set_xticks(list(places.values()), [count(sizes[cell]) for cell in places])
        plot_parts.few_ticks(by_time, _short_time(longest))
        reference = plot_parts.draw_baseline((by_size, by_time), baseline, "test")
        plot_parts.legend(figure, names, ("none", "none"), reference, SHAPES)
        said = "; ".join(
            f"{cell} {number(tests[cell].mean(), 3)} with {count(sizes[cell])} parameters in "
            f"{seconds(float(times[cell].mean()))}"
            for cell in names
        )
        return svg.to_svg(
            figure,
            name,
            "Quality against parameters and training time",
            f"Mean test score, {task['unit']}: {said}.{_baseline_in_words(baseline, 'test')}",
        )


def _draw_replicates(axes: Axes, d: NDArray) -> None:
    rows = np.arange(len(d))
    axes.hlines(rows, 0, d, color=RULE, linewidth=1.2)
    for k, better in enumerate((d < 0, d > 0)):
        axes.plot(d[better], rows[better], SHAPES[k], color=CELLS[k], markersize=6.5, linestyle="none")
    axes.plot(d[d == 0], rows[d == 0], "D", color=MUTED, markersize=5, linestyle="none")


def _draw_mean_row(axes: Axes, task: dict[str, Any], row: float, places: int) -> None:
    """Draw the mean below the replicates: thin the 95 % interval, thick the 90 % one that equivalence looks at."""
    difference, equivalence = task["statistics"]["difference"], task["statistics"]["equivalence"]
    axes.hlines(row, difference["low"], difference["high"], color=INK, linewidth=1.4)
    axes.hlines(row, equivalence["low"], equivalence["high"], color=INK, linewidth=4.5)
    axes.plot(difference["mean"], row, "D", color=INK, markersize=8.5, markeredgecolor=PAPER)
    words = number(difference["mean"], places)
    axes.text(difference["mean"], row + 0.55, words, ha="center", va="top", weight="bold", gid="halo-mean")
    every = max(1, math.ceil(difference["n"] / MOST_ROWS))
    rows = range(0, difference["n"], every)
    axes.set_yticks([*rows, row], [*(str(i + 1) for i in rows), "mean"])
    axes.set_ylim(row + 1.9, -0.8)


def _draw_trials(axes: Axes, k: int, trials: plot_data.Trials) -> int:
    """Draw a cell's trials, and return how many are out of range."""
    low, high = axes.get_ylim()
    over = trials.scores > high
    shown = np.where(over, high - 0.025 * (high - low), trials.scores)
    for marker, size, which in (
        (SHAPES[k], 4, ~over & ~trials.diverged),
        ("^", 5.5, over & ~trials.diverged),
        ("x", 5.5, trials.diverged),
    ):
        axes.plot(
            trials.rates[which], shown[which], marker, color=CELLS[k], markersize=size, alpha=0.55, linestyle="none"
        )
    return int(over.sum())


def _side_by_side(axes: Axes, sizes: dict[str, int]) -> dict[str, float]:
    """Return where each cell stands on the axis of parameters, moved apart where they are about equal."""
    low, high = 0.85 * min(sizes.values()), 1.15 * max(sizes.values())
    axes.set_xlim(low, high)
    (a, size_a), (b, size_b) = sizes.items()
    apart = 0.2 * (high - low)
    if abs(size_a - size_b) >= 2 * apart:
        return {name: float(size) for name, size in sizes.items()}
    middle, side = (size_a + size_b) / 2, 1 if size_a <= size_b else -1
    return {a: middle - side * apart, b: middle + side * apart}


def _short_time(longest: float) -> Callable[[float], str]:
    """Return what writes times in one unit, fit for the longest of them."""
    scale, unit = next(
        (
            (s, u)
            for s, u, least in ((3600, "h", 7200), (60, "min", 120), (1, "s", 1), (1e-3, "ms", 0))
            if longest >= least
        )
    )
    return lambda value: f"{value / scale:g} {unit}"


def _baseline_in_words(baseline: dict[str, Any] | None, part: str) -> str:
    return "" if baseline is None else f" Strongest simple baseline, {baseline['name']}: {number(baseline[part], 3)}."
