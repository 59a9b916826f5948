"""One task in the report: verdicts, key numbers, caveats, what to do next, plots, costs, and how it was done."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gatedrnn.comparison.verdict.pairs import pairs
from gatedrnn.report import tables
from gatedrnn.report.content.pair import PairContent
from gatedrnn.report.content.replicates import replicates_table
from gatedrnn.report.content.task import TaskContent, task_content
from gatedrnn.report.figures import forecast_figures, further_figures, pair_figure, sequence_figure, task_figures
from gatedrnn.report.markup import Child, Markup, element, unbroken

if TYPE_CHECKING:
    from gatedrnn.comparison.schema.results import Results, TaskEntry


def task_section(task: TaskEntry, results: Results, name: str) -> Markup:
    """Return the section of one task.

    Args:
        task: the task's entry in results.json.
        results: the whole file, for what all tasks share.
        name: the id of the section, unique in the page.
    """
    content = task_content(task, results)
    several, entries = len(content.pairs) > 1, pairs(task)
    prefixes = [f"{name}-pair-{i}" for i in range(1, len(entries) + 1)]
    figures = [
        None if several else pair_figure(entries[0], task, prefixes[0]),
        forecast_figures(task, name),
        task_figures(task, name),
        [sequence_figure(entry, task, prefix) for entry, prefix in zip(entries, prefixes, strict=True)],
        further_figures(task, name),
    ]
    cells = tables.render_columns(content.cells)
    beside = [tables.render_columns(one) for one in (content.baselines, content.windows) if one is not None]
    return element(
        "section",
        element("p", content.title, class_="eyebrow"),
        element("h2", coloured(content.headline, list(task["cells"]))),
        None if several else [_other(content.pairs[0]), _finding(content.pairs[0])],
        element("p", unbroken(content.scope), class_="scope"),
        None if several else tables.render_tiles(content.pairs[0].deciding),
        _caveats(content),
        _understood(content),
        [
            _pair_block(pair, pair_figure(entry, task, prefix))
            for pair, entry, prefix in zip(content.pairs, entries, prefixes, strict=True)
        ]
        if several
        else None,
        element("div", figures, class_="pair figures"),
        cells if several else None,
        beside,
        element("div", None if several else cells, _next(content), class_="pair"),
        _details("Every interval", [tables.render_table(pair.intervals) for pair in content.pairs]),
        _details("How it was done", _method(content)),
        _details("Every replicate", tables.render_wide_table(replicates_table(task))),
        id=name,
    )


def coloured(text: str, names: Sequence[str], places: Sequence[int] | None = None) -> Markup:
    """Return text with the cells' names in their colours."""
    order = range(len(names)) if places is None else places
    classes = {html.escape(name): tables.css_class(k) for name, k in zip(names, order, strict=True)}
    longest_first = sorted(names, key=len, reverse=True)
    pattern = "|".join(rf"(?<![\w-]){re.escape(html.escape(name))}(?![\w-])" for name in longest_first)
    return Markup(re.sub(pattern, lambda m: f'<span class="{classes[m[0]]}">{m[0]}</span>', html.escape(text)))


def _pair_block(pair: PairContent, figure: Markup) -> Markup:
    """Return one of several pairs: its verdict, numbers and differences."""
    a, b = pair.names
    title = coloured(f"{a} or {b}? {pair.headline}", pair.names, pair.places)
    return element(
        "article",
        element("div", element("h3", title), _other(pair), _finding(pair), tables.render_tiles(pair.deciding)),
        figure,
        class_="pair",
    )


def _other(pair: PairContent) -> Markup | None:
    """Return the other metric's verdict in a line, with the cells in their colours."""
    return element("p", coloured(pair.other, pair.names, pair.places), class_="other") if pair.other else None


def _finding(pair: PairContent) -> Markup:
    return element("p", unbroken(pair.finding), class_="finding")


def _details(title: str, *children: Child) -> Markup:
    return element("details", element("summary", title), *children)


def _caveats(content: TaskContent) -> Markup | None:
    if not content.caveats:
        return None
    items = [element("li", unbroken(line)) for line in content.caveats]
    return element("aside", element("h3", "Before you rely on this"), element("ul", items), class_="caveats")


def _understood(content: TaskContent) -> Markup | None:
    if content.understood is None:
        return None
    rows = [[element("dt", row.label), element("dd", unbroken(row.values[0].text))] for row in content.understood.rows]
    title = element("h3", content.understood.title)
    return element("div", title, element("dl", rows, class_="method"), class_="understood")


def _next(content: TaskContent) -> Markup:
    items = [
        element("li", unbroken(step.text), element("pre", element("code", step.command)) if step.command else None)
        for step in content.steps
    ]
    return element("aside", element("h3", "What to do next"), element("ul", items), class_="next")


def _method(content: TaskContent) -> Markup:
    terms = [[element("dt", term), element("dd", unbroken(text))] for term, text in content.method.items()]
    return element("dl", terms, class_="method")
