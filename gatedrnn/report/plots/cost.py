"""Test scores against what the cells cost, with the front of those that no other cell beats in both."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from gatedrnn.comparison.verdict.judge import replicate_scores
from gatedrnn.comparison.verdict.region import strongest_baseline
from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.formatting import count, plain, seconds
from gatedrnn.report.plots import data, parts, svg
from gatedrnn.report.plots.svg import MUTED, style_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from gatedrnn.comparison.schema.results import TaskEntry


class Cost(NamedTuple):
    """One measure of cost: of each cell in the mean, and of each replicate where it varies."""

    label: str
    means: dict[str, float]
    replicates: dict[str, list[float]] | None = None
    counted: bool = False


def quality_against_cost(task: TaskEntry, name: str) -> str:
    """Plot test scores against parameters, FLOPs, time of a step and of training: replicates, means, intervals, front.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the SVG, unique in a page.
    """
    names, baseline = list(task["cells"]), strongest_baseline(task)
    scores = {cell: replicate_scores(task, cell, task["metric"]["name"]) for cell in names}
    means = data.tests(task)
    with svg.canvas(400, panels=2, rows=2) as (figure, panels):
        ends = [means[cell][end] for cell in names for end in ("low", "high")]
        everything = np.concatenate([*scores.values(), ends])
        reference = None if baseline is None else baseline["test"]
        panels[0].set_ylim(*parts.vertical_range(everything, reference, 0.1))
        measures = costs(task)
        for axes, cost in zip(panels, measures, strict=True):
            places = _places(axes, cost)
            _draw_front(axes, places, {cell: means[cell]["mean"] for cell in names}, cost)
            for k, cell in enumerate(names):
                colour, shape, _ = style_of(k)
                xs = [places[cell]] * len(scores[cell]) if cost.replicates is None else cost.replicates[cell]
                axes.plot(xs, scores[cell], shape, color=colour, markersize=4, alpha=0.35, linestyle="none")
                parts.draw_mean(axes, places[cell], means[cell], k)
            parts.name_axes(axes, cost.label, None)
        for axes in panels[::2]:
            parts.name_upright(axes, f"test, {parts.in_short(task['metric'])}")
        parts.legend(figure, names, parts.draw_baseline(panels, baseline, "test"), lines=False, markers=True)
        said = "; ".join(
            f"{cell} {plain(means[cell]['mean'])} with {count(round(measures[0].means[cell]))} parameters, "
            f"{count(round(measures[1].means[cell]))} FLOPs and {seconds(measures[2].means[cell])} per step, "
            f"{seconds(measures[3].means[cell])} of training"
            for cell in names
        )
        return svg.to_svg(
            figure,
            name,
            "Quality against cost",
            f"Mean test score, {parts.in_short(task['metric'])}: {said}.{parts.baseline_in_words(baseline, 'test')}",
        )


def costs(task: TaskEntry) -> list[Cost]:
    """Return all measures of cost."""
    cells = task["cells"]
    times = {cell: [r["cells"][cell]["seconds"] for r in task["replicates"]] for cell in cells}
    return [
        Cost("parameters", {n: c["parameters"]["total"] for n, c in cells.items()}, counted=True),
        Cost("FLOPs per step", {n: step_flops(c) for n, c in cells.items()}, counted=True),
        Cost("time per step", {n: c["step_seconds"]["median"] for n, c in cells.items()}),
        Cost("training time", {n: float(np.mean(t)) for n, t in times.items()}, times),
    ]


def front(cost: dict[str, float], score: dict[str, float]) -> list[str]:
    """Return the cells that no other one beats in cost and score at once, by rising cost.

    Example:
        >>> front({"a": 1.0, "b": 2.0, "c": 3.0}, {"a": 5.0, "b": 6.0, "c": 4.0})
        ['a', 'c']
    """
    best, found = np.inf, []
    for name in sorted(cost, key=lambda n: (cost[n], score[n])):
        if score[name] < best:
            best = score[name]
            found.append(name)
    return found


def _draw_front(axes: Axes, places: dict[str, float], scores: dict[str, float], cost: Cost) -> None:
    names = front(cost.means, scores)
    x, y = [places[name] for name in names], [scores[name] for name in names]
    axes.step([*x, axes.get_xlim()[1]], [*y, y[-1]], where="post", color=MUTED, linewidth=1, alpha=0.7)


def _places(axes: Axes, cost: Cost) -> dict[str, float]:
    """Return where each cell stands, and label the axis; counts about equal are moved apart, named as they are."""
    names = sorted(cost.means, key=lambda n: cost.means[n])
    values = [cost.means[name] for name in names]
    if cost.counted and min(np.diff(values)) < 0.25 * (0.3 * values[-1] + values[-1] - values[0]):
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_xticks(range(len(names)), [_short(value, len(names)) for value in values])
        return {name: float(k) for k, name in enumerate(names)}
    most = max([*values, *(x for xs in (cost.replicates or {}).values() for x in xs)])
    axes.set_xlim(0, 1.12 * most)
    parts.few_ticks(axes, (lambda x: _short(x, 9)) if cost.counted else parts.short_time(most))
    return dict(zip(names, values, strict=True))


def _short(value: float, labels: int) -> str:
    """Return a count in full where there is room."""
    if value < 10_000 or (labels < 3 and value < 1_000_000):
        return count(round(value))
    scale, unit = (1e3, "k") if value < 1e6 else (1e6, "M") if value < 1e9 else (1e9, "G")
    return f"{value / scale:.3g}{unit}"
