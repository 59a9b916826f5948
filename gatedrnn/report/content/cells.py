"""The cells side by side: how good they are, what they cost, and how their runs went."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from gatedrnn.comparison.search import limits
from gatedrnn.comparison.verdict import caveats
from gatedrnn.costs.counting import step_flops
from gatedrnn.experiment.formatting import count, number, seconds
from gatedrnn.report.content.censored import censored_row
from gatedrnn.report.content.parts import Head, Row, Table, Value, task_places
from gatedrnn.report.content.scores import deciding_title, shown_metrics

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import CellEntry, TaskEntry


def cells_table(task: TaskEntry) -> Table:
    """Return quality, cost in all four matchings, and runs of every cell.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    title = "The two cells" if len(task["cells"]) == 2 else "The cells"
    heads = tuple(Head(name, cell=k) for k, name in enumerate(task["cells"]))
    return Table(title, heads, (*_quality_rows(task), *_cost_rows(task), *_selected_widths(task), *_run_rows(task)))


def _quality_rows(task: TaskEntry) -> list[Row]:
    names, places = list(task["cells"]), task_places(task)
    judged = {name: pair["statistics"]["cells"][name] for pair in task["pairs"] for name in pair["names"]}

    def validation(name: str) -> Value:
        score = judged[name]["validation"]
        return Value("none") if score is None else Value(number(score, places), score)

    by_scores = task["censored"] is None
    rows = [] if by_scores else [censored_row(task)]
    rows += [
        Row(
            f"Test {metric.short}",
            tuple(map(metric.of_cell, names)),
            ", ".join(filter(None, (metric.unit, "95 %; decides" if metric.decides and by_scores else ""))),
            "main" if metric.decides and by_scores else None,
        )
        for metric in shown_metrics(task)
    ]
    rows.append(Row(f"Validation {deciding_title(task)}", tuple(map(validation, names)), "selected trials"))
    if task["baselines"]:
        beats = tuple(Value("yes" if judged[name]["beats_baseline"] else "not shown") for name in names)
        rows.append(Row("Beats the baseline", beats, "whole interval"))
    return rows


def _cost_rows(task: TaskEntry) -> list[Row]:
    """Return what cells cost; each of the four matchings says how far the cells are apart in it."""
    cells, by = list(task["cells"].values()), task["protocol"]["matching"]

    def measure(
        label: str, matching: str, note: str, of: Callable[[CellEntry], float], show: Callable[[Any], str]
    ) -> Row:
        exact = [of(cell) for cell in cells]
        ratios = ["", *(f"{number(other / exact[0], 2)}×" for other in exact[1:])]
        values = tuple(Value(show(one), one, ratio) for one, ratio in zip(exact, ratios, strict=True))
        return Row(label, values, f"{note}, matched", "matched") if matching == by else Row(label, values, note)

    def durations(field: str) -> tuple[Value, ...]:
        return tuple(Value(seconds(cell[field]), cell[field]) for cell in cells)

    return [
        measure("Units", "width", "width", lambda cell: cell["hidden"], count),
        measure("Parameters", "parameters", "head included", lambda cell: cell["parameters"]["total"], count),
        measure("FLOPs per step", "flops", "forward, backward", step_flops, count),
        measure("Time per step", "time", "measured, batch", lambda cell: cell["step_seconds"]["median"], seconds),
        Row("Training time", durations("training_seconds"), "of one replicate"),
        Row("Compile time", durations("compile_seconds")),
    ]


def _selected_widths(task: TaskEntry) -> list[Row]:
    """Return which of the widths that were asked for were selected how often; nothing where there is one."""
    asked = sorted({c["hidden"] for replicate in task["replicates"] for c in replicate["configurations"]})
    if len(asked) < 2:
        return []

    def value(name: str) -> Value:
        chosen = [r["configurations"][r["cells"][name]["selected"]]["hidden"] for r in task["replicates"]]
        return Value("; ".join(f"{count(width)} in {chosen.count(width)}" for width in asked if width in chosen))

    return [Row("Width selected", tuple(map(value, task["cells"])), f"of {', '.join(map(count, asked))} units")]


def _run_rows(task: TaskEntry) -> list[Row]:
    def late(name: str) -> int:
        return limits.late(caveats.runs(task, name), task["protocol"]["max_epochs"])

    def parts(counted: Callable[[str], int]) -> tuple[Value, ...]:
        return tuple(
            Value(f"{counted(name)} of {len(caveats.runs(task, name))}", counted(name)) for name in task["cells"]
        )

    return [
        Row("Runs that diverged", parts(lambda name: caveats.diverged(task, name))),
        Row("Runs best at the cap", parts(late), "in its last 5 %"),
    ]
