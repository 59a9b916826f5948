"""What a censored metric says, as rows: medians with their intervals, how much was not seen, and the sign test."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gatedrnn.comparison.verdict.censored_wording import said
from gatedrnn.experiment.formatting import count, interval, number, percent
from gatedrnn.report.content.parts import Row, Value

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.censored import CensoredEntry, MedianEntry
    from gatedrnn.comparison.schema.pairs import CensoredPair
    from gatedrnn.comparison.schema.results import TaskEntry
    from gatedrnn.comparison.verdict.pairs import TaskOfPair


def deciding_rows(pair: TaskOfPair, censored: CensoredPair) -> tuple[Row, ...]:
    """Return the numbers that decide: the median of each cell, and who is better how often.

    Args:
        pair: two cells of a task.
        censored: what a censored metric says of them.
    """
    metric = pair["censored"]
    assert metric is not None
    s, n = censored["superiority"], sum(censored["superiority"][part] for part in ("wins", "ties", "losses"))
    better = next(iter(censored["cells"]))
    won = f"{s['wins']} of {n} replicates, {s['ties']} tied; exact sign test p {censored['p']:.2g}; decides"
    shown = f"{number(s['probability'], 2)} {interval(s['low'], s['high'], 2)}"
    return (
        *(
            Row(f"Median of {name}", (median_value(median, metric),), metric["unit"])
            for name, median in censored["cells"].items()
        ),
        Row(f"Probability that {better} is better", (Value(shown, s["probability"], won),)),
    )


def censored_row(task: TaskEntry) -> Row:
    """Return the medians of all cells of a task whose verdict rests on a censored metric.

    Args:
        task: an entry of ``tasks`` in results.json.
    """
    metric = task["censored"]
    assert metric is not None
    medians = {
        name: one for pair in task["pairs"] if pair["censored"] for name, one in pair["censored"]["cells"].items()
    }
    label = f"{metric['words'][0].upper()}{metric['words'][1:]}"
    return Row(label, tuple(median_value(medians[name], metric) for name in task["cells"]), "median; decides", "main")


def median_value(median: MedianEntry, metric: CensoredEntry) -> Value:
    """Return a median with its interval, and how many replicates are censored."""
    ends = f"[{said(median['low'], metric)}; {said(median['high'], metric)}], {percent(median['level'])}"
    exact = None if median["value"]["beyond"] else median["value"]["value"]
    return Value(said(median["value"], metric), exact, f"{ends}; {median['censored']} of {median['n']} censored")


def baseline_value(seen: list[int | None], metric: CensoredEntry) -> Value:
    """Return what a simple model reaches: the same in all replicates, or from the least to the most."""
    beyond = said({"value": float(metric["limit"]), "beyond": True}, metric)
    known = sorted(value for value in seen if value is not None)
    texts = [count(value) for value in known] + ([beyond] if None in seen else [])
    return Value(texts[0] if texts[0] == texts[-1] else f"{texts[0]} to {texts[-1]}")
