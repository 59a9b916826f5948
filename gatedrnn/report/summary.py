"""The summary of a comparison for a terminal: a verdict and a table for each task."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gatedrnn.compare.verdict.pairs import favoured, pairs
from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.formatting import MINUS, count, decimals, interval, number, seconds

if TYPE_CHECKING:
    from gatedrnn.compare.schema.pairs import EstimateEntry
    from gatedrnn.compare.schema.results import Results
    from gatedrnn.compare.verdict.pairs import TaskOfPair

try:
    from rich.console import Group, RenderableType
    from rich.padding import Padding
    from rich.rule import Rule
    from rich.table import Table
    from rich.text import Text
except ImportError as error:  # pragma: no cover
    raise ImportError("the summary of a comparison needs rich: pip install 'gatedrnn[compare]'") from error

CELLS = ("bold cyan", "bold yellow")
_LABELS = 24


def render_summary(results: Results) -> Group:
    """Return what a rich console prints after a comparison.

    Args:
        results: what results.json holds; docs/results.md has its schema.
    """
    return Group(*(part for task in results["tasks"] for pair in pairs(task) for part in _task(pair)))


def _task(task: TaskOfPair) -> list[RenderableType]:
    verdict = task["verdict"]
    parts: list[RenderableType] = [
        Rule(Text(task["title"], "bold"), style="dim", align="left"),
        Padding(_headline(task), (1, 0, 0, 0)),
        Text(verdict["finding"]),
        Padding(_table(task), (1, 0, 0, 0)),
        Padding(_statistics(task), (1, 0)),
    ]
    parts += [Text.assemble(("! ", "bold yellow"), line) for line in verdict["caveats"]]
    parts.append(Padding(Text(f"Scope: {verdict['scope']}.", "dim"), (0, 0, 1, 0)))
    return parts


def _headline(task: TaskOfPair) -> Text:
    text = Text(task["verdict"]["headline"], "bold")
    for name, style in zip(task["cells"], CELLS, strict=True):
        text.highlight_regex(rf"\b{re.escape(name)}(?![\w-])", style)
    return text


def _table(task: TaskOfPair) -> Table:
    """Return the two cells side by side, with the baseline below."""
    statistics, cells = task["statistics"], task["cells"]
    places = _places(task)
    table = Table(box=None, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("", min_width=_LABELS)
    for name, style in zip(cells, CELLS, strict=True):
        table.add_column(Text(name, style), justify="right")
    rows = {f"test, {task['unit']}": [_estimate(statistics["cells"][name]["test"], places) for name in cells]}
    if statistics["accuracy"] is not None:
        rows["accuracy in the test"] = [_estimate(statistics["accuracy"]["cells"][name], 3) for name in cells]
    rows |= {
        "units": [count(cell["hidden"]) for cell in cells.values()],
        "parameters": [count(cell["parameters"]["total"]) for cell in cells.values()],
        "FLOPs per step": [count(step_flops(cell)) for cell in cells.values()],
        "time per step": [seconds(cell["step_seconds"]["median"]) for cell in cells.values()],
        "training time": [seconds(cell["training_seconds"]) for cell in cells.values()],
    }
    for label, values in rows.items():
        table.add_row(Text(label, "dim"), *(Text(value) for value in values))
    return table


def _statistics(task: TaskOfPair) -> Table:
    """Return baselines and the statistics of the difference, one a line."""
    (a, b), statistics, places = task["cells"], task["statistics"], _places(task)
    (better, s), equivalence = favoured(task), statistics["equivalence"]
    table = Table(box=None, padding=(0, 3, 0, 0), show_header=False)
    table.add_column("", min_width=_LABELS)
    for baseline in task["baselines"]:
        accuracy = "" if baseline["accuracy"] is None else f", accuracy {number(baseline['accuracy'], 3)}"
        strongest = " (strongest)" if baseline["strongest"] else ""
        value = f"{number(baseline['test'], places)}{accuracy}  {baseline['name']}{strongest}"
        table.add_row(Text("baseline", "dim"), Text(value))
    rows = {
        f"{a} {MINUS} {b}": f"{_estimate(statistics['difference'], places)}  95 % paired t interval",
        f"P({better} better)": f"{number(s.probability, 2)} {interval(s.low, s.high, 2)}  "
        f"{s.wins} wins, {s.losses} losses, {s.ties} ties",
        "equivalence": f"±{number(equivalence['region'], places)}  90 % interval "
        f"{interval(equivalence['low'], equivalence['high'], places)} "
        f"{'inside' if equivalence['equivalent'] else 'not inside'}",
    }
    for label, value in rows.items():
        table.add_row(Text(label, "dim"), Text(value))
    return table


def _estimate(estimate: EstimateEntry, places: int) -> str:
    return f"{number(estimate['mean'], places)} {interval(estimate['low'], estimate['high'], places)}"


def _places(task: TaskOfPair) -> int:
    difference = task["statistics"]["difference"]
    return decimals((difference["high"] - difference["low"]) / 2)
