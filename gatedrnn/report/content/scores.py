"""Scores by every metric that a task has: what each is called and reckoned in, and its means over replicates."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, assert_never

from gatedrnn.comparison.verdict.entries import estimate_entry
from gatedrnn.experiment.formatting import decimals, number, percent
from gatedrnn.report.content.parts import Value, ends, estimated, task_places
from gatedrnn.statistics.paired import estimate
from gatedrnn.tasks.metrics import COVERAGES, METRICS, MetricName, limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gatedrnn.comparison.schema.pairs import EstimateEntry
    from gatedrnn.comparison.schema.results import TaskEntry

SHORT: Mapping[MetricName, str] = {
    "nats": "log loss",
    "rmse": "RMSE",
    "mae": "MAE",
    "mase": "MASE",
    "accuracy": "accuracy",
    "macro-f1": "macro F1",
    "coverage-50": "coverage 50 %",
    "coverage-90": "coverage 90 %",
    "bits": "bits",
}
"""What heads and labels have room for."""
ORDER: tuple[MetricName, ...] = (
    *("rmse", "mae", "mase", "accuracy", "macro-f1"),
    *("coverage-50", "coverage-90", "bits", "nats"),
)
"""In which metrics stand below the one that decides: points, intervals, whole distributions."""
TURNED: Mapping[MetricName, str] = {"accuracy": "error", "macro-f1": "shortfall"}
"""Likewise of 1 less a score: what a verdict looks at where higher is better."""


class Shown(NamedTuple):
    """One metric as tables show it.

    Attributes:
        name: the metric, as ``gatedrnn.tasks.metrics`` has it.
        short: the metric's name in heads and labels.
        unit: the unit in which scores are reckoned; empty where it is not known.
        decides: whether the verdict rests on it; its scores are then shown as the verdict has them, lower is better.
        cells: mean and interval over replicates by the cell's name, in the test.
        places: how many decimals the intervals of its scores allow.
    """

    name: MetricName
    short: str
    unit: str
    decides: bool
    cells: Mapping[str, EstimateEntry]
    places: int

    def of_cell(self, name: str) -> Value:
        """Return a cell's mean with its interval; a coverage in percent."""
        entry = self.cells[name]
        if self.name not in COVERAGES:
            return estimated(entry, self.places)
        return Value(percent(entry["mean"]), entry["mean"], ends(_in_percent(entry), 0))

    def of_model(self, score: float) -> Value:
        """Return a simple model's mean, with two digits of it at least: it may be much smaller than cells differ by."""
        if self.name in COVERAGES:
            return Value(percent(score), score)
        return Value(number(score, max(self.places, decimals(abs(score)))), score)


def shown_metrics(task: TaskEntry) -> list[Shown]:
    """Return the metrics that all cells have in all replicates, the one that decides first.

    An accuracy or macro F1 that decides comes twice: as the verdict has it, lower is better, and as people say it.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    metric = task["metric"]
    tests = {name: pair["statistics"]["cells"][name]["test"] for pair in task["pairs"] for name in pair["names"]}
    turned = metric["name"] in TURNED
    first = Shown(
        metric["name"],
        deciding_title(task),
        metric["unit"],
        decides=True,
        cells=tests,
        places=task_places(task),
    )
    scored = [r["cells"][name]["test"]["scores"] for r in task["replicates"] for name in task["cells"]]
    missing: set[MetricName] = {name for scores in scored for name in METRICS if name not in scores}
    others: list[MetricName] = [name for name in ORDER if name not in missing and (turned or name != metric["name"])]
    return [first, *(_shown(task, name) for name in others)]


def deciding_title(task: TaskEntry) -> str:
    """Return what the scores are called that the verdict rests on.

    Args:
        task: an entry of ``tasks`` in results.json.

    Example:
        >>> deciding_title({"metric": {"name": "rmse"}}), deciding_title({"metric": {"name": "accuracy"}})
        ('RMSE', 'error')
    """
    name = task["metric"]["name"]
    return TURNED.get(name, SHORT[name])


def unit_of(task: TaskEntry, name: MetricName) -> str:
    """Return what a metric's scores are reckoned in, as people say them.

    Args:
        task: an entry of ``tasks`` in results.json.
        name: one of the task's metrics.
    """
    match name:
        case "nats":
            return task["unit"]
        case "rmse" | "mae":
            return _unit_of_targets(task)
        case "bits":
            return "bits per token"
        case "mase":
            return METRICS[name].unit
        case "coverage-50" | "coverage-90":
            return "of values inside"
        case "accuracy" | "macro-f1":
            return "1 is best"
        case _:
            assert_never(name)


def _unit_of_targets(task: TaskEntry) -> str:
    """Return a target's own unit, which goes by its name; with several targets their deviations."""
    beside = task["beside"]
    for metric in (task["metric"], *([] if beside is None else [beside["metric"]])):
        if metric["name"] in ("rmse", "mae"):
            return metric["unit"]
    targets = [entry["target"] for entry in task["range"]]
    return targets[0] if len(targets) == 1 else "deviations" if targets else ""


def _shown(task: TaskEntry, name: MetricName) -> Shown:
    cells = {
        cell: estimate_entry(estimate(scores).within(*limits(name, task["kind"])))
        for cell, scores in _scores(task, name).items()
    }
    places = max(decimals((entry["high"] - entry["low"]) / 2) for entry in cells.values())
    return Shown(name, SHORT[name], unit_of(task, name), False, cells, places)


def _scores(task: TaskEntry, name: MetricName) -> dict[str, list[float]]:
    return {cell: [r["cells"][cell]["test"]["scores"][name] for r in task["replicates"]] for cell in task["cells"]}


def _in_percent(entry: EstimateEntry) -> EstimateEntry:
    """Return the interval of a part of 1 in percent."""
    return {**entry, "low": 100 * entry["low"], "high": 100 * entry["high"]}
