"""The simple baselines side by side, by every metric that the cells have too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.report.content.censored import baseline_value
from gatedrnn.report.content.parts import Head, Row, Table, Value
from gatedrnn.report.content.scores import Shown, deciding_title, shown_metrics

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.schema.runs import BaselineEntry


def baselines_table(task: TaskEntry) -> Table:
    """Return all simple baselines with their test scores, the strongest one marked.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    metrics, censored = shown_metrics(task), task["censored"]
    by_scores = censored is None
    heads = [_head(metric, decides=metric.decides and by_scores) for metric in metrics]
    heads.append(Head(f"Validation {deciding_title(task)}", "chooses the strongest"))
    rows = tuple(_row(baseline, metrics) for baseline in task["baselines"])
    if censored is not None:
        heads.append(Head(f"{censored['words'][0].upper()}{censored['words'][1:]}", f"{censored['unit']}, decides"))
        seen = [censored["baselines"].get(row.label) for row in rows]
        values = [Value("") if each is None else baseline_value(each, censored) for each in seen]
        rows = tuple(row._replace(values=(*row.values, value)) for row, value in zip(rows, values, strict=True))
    return Table("Simple baselines, test", tuple(heads), rows)


def _head(metric: Shown, *, decides: bool) -> Head:
    note = ", ".join(filter(None, (metric.unit, "decides" if decides else "")))
    return Head(metric.short[0].upper() + metric.short[1:], note)


def _row(baseline: BaselineEntry, metrics: list[Shown]) -> Row:
    chosen = " or ".join(sorted(set(filter(None, baseline["choices"]))))
    notes = [note for note in (chosen, "the strongest" if baseline["strongest"] else "") if note]

    def value(metric: Shown) -> Value:
        if metric.decides:
            return metric.of_model(baseline["test"])
        return metric.of_model(baseline["scores"][metric.name]) if metric.name in baseline["scores"] else Value("")

    values = (*map(value, metrics), metrics[0].of_model(baseline["validation"]))
    return Row(baseline["name"], values, "; ".join(notes), "strongest" if baseline["strongest"] else None)
