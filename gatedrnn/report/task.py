"""One task in the report: verdicts, key numbers, caveats, what to do next, plots, costs, and how it was done."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatedrnn.compare.verdict.pairs import favoured, pairs
from gatedrnn.compare.verdict.scope import scope
from gatedrnn.experiment.formatting import MINUS, decimals, interval, number
from gatedrnn.report import method, tables
from gatedrnn.report.figures import further_figures, pair_figure, sequence_figure, task_figures
from gatedrnn.report.markup import Child, Markup, element, unbroken
from gatedrnn.report.next_steps import next_steps
from gatedrnn.report.overall import overall
from gatedrnn.report.tables import value

if TYPE_CHECKING:
    from gatedrnn.compare.schema.pairs import EquivalenceEntry
    from gatedrnn.compare.schema.results import Results, TaskEntry
    from gatedrnn.compare.verdict.pairs import TaskOfPair


def task_section(task: TaskEntry, results: Results, name: str) -> Markup:
    """Return the section of one task.

    Args:
        task: its entry in results.json.
        results: the whole file.
        name: of the section, unique in the page.
    """
    every = pairs(task)
    several = len(every) > 1
    numbered = [(pair, f"{name}-pair-{i}") for i, pair in enumerate(every, start=1)]
    figures = [
        [] if several else [pair_figure(pair, task, prefix) for pair, prefix in numbered],
        task_figures(task, name),
        [sequence_figure(pair, task, prefix) for pair, prefix in numbered],
        further_figures(task, name),
    ]
    cells, baselines = tables.cells_table(task), tables.baselines_table(task)
    return element(
        "section",
        element("p", task["title"], class_="eyebrow"),
        element("h2", coloured(overall(task), list(task["cells"]))),
        None if several else element("p", unbroken(every[0]["verdict"]["finding"]), class_="finding"),
        element("p", unbroken(f"Scope: {scope(task, results['device'])}."), class_="scope"),
        None if several else _tiles(every[0]),
        _caveats(every),
        [_pair_block(pair, task, prefix) for pair, prefix in numbered] if several else None,
        element("div", figures, class_="pair figures"),
        cells if several else None,
        element("div", None if several else cells, element("div", baselines, _next(task, results)), class_="pair"),
        element("details", element("summary", "Every interval"), [tables.intervals_table(pair) for pair in every]),
        element("details", element("summary", "How it was done"), method.method(task)),
        element("details", element("summary", "Every replicate"), tables.replicates_table(task)),
        id=name,
    )


def coloured(text: str, names: Sequence[str], places: Sequence[int] | None = None) -> Markup:
    """Return text with the cells' names in their colours."""
    order = range(len(names)) if places is None else places
    classes = {html.escape(name): tables.css_class(k) for name, k in zip(names, order, strict=True)}
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(rf"(?<![\w-]){re.escape(html.escape(name))}(?![\w-])" for name in longest_first)
    return Markup(re.sub(pattern, lambda m: f'<span class="{classes[m[0]]}">{m[0]}</span>', html.escape(text)))


def _pair_block(pair: TaskOfPair, task: TaskEntry, name: str) -> Markup:
    """Return one of several pairs: its verdict, numbers and differences."""
    order = list(task["cells"])
    (a, b), places = pair["cells"], [order.index(cell) for cell in pair["cells"]]
    title = [coloured(f"{a} or {b}? ", [a, b], places), coloured(pair["verdict"]["headline"], [a, b], places)]
    return element(
        "article",
        element(
            "div",
            element("h3", title),
            element("p", unbroken(pair["verdict"]["finding"]), class_="finding"),
            _tiles(pair),
        ),
        pair_figure(pair, task, name),
        class_="pair",
    )


def _tiles(pair: TaskOfPair) -> Markup:
    """Return the three numbers that decide."""
    (a, b), statistics = pair["cells"], pair["statistics"]
    d, q = statistics["difference"], statistics["equivalence"]
    better, s = favoured(pair)
    places = decimals((d["high"] - d["low"]) / 2)
    ties = f", {s.ties} tied" if s.ties else ""
    return element(
        "dl",
        _tile(
            f"Difference {a} {MINUS} {b}",
            value(d["mean"], number(d["mean"], places)),
            f"{interval(d['low'], d['high'], places)} {pair['unit']}, paired, 95 %",
        ),
        _tile(
            f"Probability that {better} is better",
            value(s.probability, number(s.probability, 2)),
            f"{interval(s.low, s.high, 2)}, 95 %; {s.wins} of {d['n']} replicates{ties}",
        ),
        _tile("Region of practical equivalence", *_region(q, places)),
        class_="tiles",
    )


def _region(equivalence: EquivalenceEntry, places: int) -> tuple[Child, str]:
    if equivalence["region"] == 0:
        return "none", "no cell gains on a simple baseline in validation"
    where = "inside it" if equivalence["equivalent"] else "not inside it"
    ninety = interval(equivalence["low"], equivalence["high"], places)
    shown = ["±", value(equivalence["region"], number(equivalence["region"], places))]
    return shown, f"90 % interval {ninety} is {where}"


def _tile(term: str, shown: Child, note: str) -> Markup:
    return element("div", element("dt", term), element("dd", shown, element("small", unbroken(note))))


def _caveats(every: Sequence[TaskOfPair]) -> Markup | None:
    lines = dict.fromkeys(line for pair in every for line in pair["verdict"]["caveats"])
    if not lines:
        return None
    items = [element("li", unbroken(line)) for line in lines]
    return element("aside", element("h3", "Before you rely on this"), element("ul", items), class_="caveats")


def _next(task: TaskEntry, results: Results) -> Markup:
    items = [
        element("li", unbroken(step.text), element("pre", element("code", step.command)) if step.command else None)
        for step in next_steps(task, results)
    ]
    return element("aside", element("h3", "What to do next"), element("ul", items), class_="next")
