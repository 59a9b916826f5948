"""The report's figures: each plot with its title and what it shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.experiment.formatting import MINUS
from gatedrnn.report.markup import Markup, element, unbroken
from gatedrnn.report.plots import further
from gatedrnn.report.plots.cost import quality_against_cost
from gatedrnn.report.plots.differences import paired_differences
from gatedrnn.report.plots.forecast import forecast_in_words, forecast_plot
from gatedrnn.report.plots.sequences import sequence_differences, sequences_in_words
from gatedrnn.report.plots.training import learning_curves, learning_rates
from gatedrnn.report.plots.tuning import tuning_curves

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.verdict.pairs import TaskOfPair


def task_figures(task: TaskEntry, name: str) -> list[Markup]:
    """Return the figures that show all cells of a task.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the plots, unique in a page.
    """
    strip = (
        " The strip marks budgets at which the interval of the difference excludes 0, in the better cell's colour."
        if len(task["pairs"]) == 1
        else ""
    )
    shown = (
        (
            tuning_curves(task, f"{name}-tuning"),
            "What tuning is worth",
            "Expected best validation score of a search that ends after fewer trials, or earlier; means over "
            f"replicates.{strip}",
        ),
        (
            learning_rates(task, f"{name}-rates"),
            "Sensitivity to the learning rate",
            "Each trial's validation score; lines are medians of six equal parts of the axis. Triangles are worse "
            "than the range shown, crosses diverged.",
        ),
        (
            learning_curves(task, f"{name}-curves"),
            "Learning curves",
            "Validation of the selected trials, in the nats that training looks at; bold, the median over replicates "
            "of the best so far, where a run that stopped early keeps its best.",
        ),
        (
            quality_against_cost(task, f"{name}-costs"),
            "Quality against cost",
            "Test scores of all replicates, with means and 95 % intervals. The grey line is the front: cells that no "
            "other one beats in score and cost at once. Counts about equal stand side by side.",
        ),
    )
    return [_figure(title, text, plot) for plot, title, text in shown if plot is not None]


def further_figures(task: TaskEntry, name: str) -> list[Markup]:
    """Return what ``--full`` adds; nothing without it."""
    full = task["full"]
    if full is None:
        return []
    shown = (
        (
            further.data_curves(full["data"], task, f"{name}-data"),
            "With less data",
            "Validation after training on 10, 30 and 100 % of the training sequences, with the configuration that was "
            "selected on all of them; lines are medians over replicates.",
        ),
        (
            further.gates(full["gates"], task, f"{name}-gates"),
            "What the gates do",
            f"{further.gates_in_words(full['gates'])} A time scale is the steps in which the gate lets memory decay to "
            "1/e, over the validation part; all replicates together.",
        ),
    )
    return [_figure(title, text, plot) for plot, title, text in shown if plot is not None]


def forecast_figures(task: TaskEntry, name: str) -> list[Markup]:
    """Return a figure of the forecasts of each test sequence that results.json has; none where nothing is forecast.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: prefix of the ids in the plots, unique in a page.
    """
    cells = list(task["cells"])
    return [
        _figure(
            "Forecasts" if len(task["forecasts"]) == 1 else f"Forecasts, {entry['sequence']}",
            "What came, and what each cell forecast of it with all that was known by then; the shade is its 90 % "
            f"interval. One replicate. {forecast_in_words(entry, cells)}",
            forecast_plot(entry, cells, f"{name}-forecast-{k}"),
        )
        for k, entry in enumerate(task["forecasts"], start=1)
    ]


def pair_figure(pair: TaskOfPair, task: TaskEntry, name: str) -> Markup:
    """Return the figure of two cells' paired differences."""
    a, b = pair["cells"]
    return _figure(
        "Paired differences",
        f"Each replicate's {a} {MINUS} {b} in the test. Below, their mean with its 95 % interval (thin) and 90 % "
        "interval (thick). Shaded: the region of practical equivalence.",
        paired_differences(pair, f"{name}-differences", _places(pair, task)),
    )


def sequence_figure(pair: TaskOfPair, task: TaskEntry, name: str) -> Markup | None:
    """Return the figure of where two cells differ; None where the test part has too few sequences."""
    a, b = pair["cells"]
    plot = sequence_differences(pair, f"{name}-sequences", _places(pair, task))
    title = "Where they differ" if len(task["pairs"]) == 1 else f"Where {a} and {b} differ"
    return None if plot is None else _figure(title, sequences_in_words(pair), plot)


def _places(pair: TaskOfPair, task: TaskEntry) -> tuple[int, int]:
    order = list(task["cells"])
    a, b = (order.index(name) for name in pair["cells"])
    return a, b


def _figure(title: str, text: str, plot: str) -> Markup:
    return element("figure", element("figcaption", element("h3", title), element("p", unbroken(text))), Markup(plot))
