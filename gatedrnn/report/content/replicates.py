"""Scores and selected configurations of every replicate, which only the page has room for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gatedrnn.comparison.verdict.judge import replicate_scores
from gatedrnn.experiment.formatting import MINUS, number
from gatedrnn.report.content.parts import Head, Row, Table, Value, task_places

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.schema.runs import ReplicateEntry


def replicates_table(task: TaskEntry) -> Table:
    """Return scores and selected configurations of every replicate.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    names, places = list(task["cells"]), task_places(task)
    fields = list(task["protocol"]["space"])
    every = {name: replicate_scores(task, name, task["metric"]["name"]) for name in names}
    chosen = " · ".join(field.replace("_", " ") for field in fields)
    difference = [f"{names[0]} {MINUS} {names[1]}"] if len(names) == 2 else []

    def selected(replicate: ReplicateEntry, name: str) -> str:
        configuration = replicate["configurations"][replicate["cells"][name]["selected"]]
        return " · ".join(_plain(configuration[field]) for field in fields)

    def row(replicate: ReplicateEntry) -> Row:
        scores = [float(every[name][replicate["index"]]) for name in names]
        shown = [*scores, *([scores[0] - scores[1]] if difference else [])]
        values = (
            Value(str(replicate["seed"])),
            *(Value(number(score, places), score) for score in shown),
            *(Value(selected(replicate, name)) for name in names),
        )
        return Row(str(replicate["index"] + 1), values)

    heads = (
        Head("Seed"),
        *(Head(text) for text in (*names, *difference)),
        *(Head(f"{name} selected", chosen) for name in names),
    )
    return Table("Every replicate", heads, tuple(map(row, task["replicates"])))


def _plain(choice: Any) -> str:
    return choice if isinstance(choice, str) else f"{choice:.3g}"
