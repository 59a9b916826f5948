"""One content, three renderers: the page, Markdown and the terminal show the same rows, labels and digits."""

from __future__ import annotations

import html
import io
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")
pytest.importorskip("rich")

from rich.console import Console

from gatedrnn.comparison.verdict.label import Label, label_of
from gatedrnn.errors import InputError
from gatedrnn.report.content.parts import Table
from gatedrnn.report.content.task import TaskContent, task_content
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.page import render_report
from gatedrnn.report.summary import render_summary
from tests.helpers.fake_results import make_task
from tests.helpers.proofs import quick_rows
from tests.helpers.report_pages import Page, judged


def terminal(results: dict[str, Any]) -> str:
    # Wide enough that no sentence is broken inside a column, where its parts would stand beside other columns.
    buffer = io.StringIO()
    Console(file=buffer, width=1000).print(render_summary(results))
    return buffer.getvalue()


RENDERERS = {
    "page": lambda results: Page(render_report(results)).text(),
    "Markdown": lambda results: html.unescape(render_markdown(results)).replace("\\|", "|"),
    "terminal": terminal,
}


def tables_of(content: TaskContent) -> Iterator[Table]:
    yield content.cells
    yield from (pair.intervals for pair in content.pairs)
    if content.baselines is not None:
        yield content.baselines


def everything_in(table: Table) -> Iterator[str]:
    yield table.title
    for head in table.heads:
        yield from (head.text, head.note)
    for row in table.rows:
        yield from (row.label, row.note)
        for value in row.values:
            yield from (value.text, value.note)


def three_cells() -> dict[str, Any]:
    task = make_task(replicates=6, trials=4)
    task["cells"]["SimpleRNN"] = {**task["cells"]["GRU"], "hidden": 36}
    other = make_task(replicates=6, trials=4, seed=1, means=(-2.5, -2.5))
    for replicate, third in zip(task["replicates"], other["replicates"], strict=True):
        replicate["cells"]["SimpleRNN"] = third["cells"]["GRU"]
    return task


TASKS = {
    "a forecast": make_task(),
    "classes": make_task("classification", means=(0.2, 0.18), spread=0.06, baseline=0.4),
    "three cells": three_cells(),
    "no baselines": {**make_task(trials=2), "baselines": []},
    "names with markup": {**make_task(trials=2), "title": "a < b | c & d", "unit": "nats | <b>"},
}


EVERY = [(name, medium) for name in TASKS for medium in RENDERERS]
DRAWN = ("a forecast", "names with markup")
"""Tasks whose page, with all its plots, is written in every `make test`; all are in the other media."""


@pytest.mark.parametrize(("name", "medium"), quick_rows(EVERY, [(n, m) for n, m in EVERY if m != "page" or n in DRAWN]))
def test_every_row_stands_in_all_three(name: str, medium: str) -> None:
    results = judged(TASKS[name])
    content = task_content(results["tasks"][0], results)
    said = " ".join(RENDERERS[medium](results).split())
    expected = {text for table in tables_of(content) for text in everything_in(table)}
    expected |= {content.title, content.headline, content.scope, *content.caveats}
    expected |= {text for step in content.steps for text in (step.text, step.command or "")}
    expected |= {text for pair in content.pairs for text in (pair.headline, pair.finding)}
    assert [text for text in expected if " ".join(text.split()) not in said] == []


@pytest.mark.parametrize("render", [render_report, render_markdown, render_summary])
def test_a_verdict_outside_the_vocabulary_is_not_shown(render: Any) -> None:
    results = judged(make_task(replicates=6, trials=2))
    results["tasks"][0]["pairs"][0]["verdict"]["label"] = "GRU is best"
    with pytest.raises(InputError, match=r"label: expected one of .*, got 'GRU is best'"):
        render(results)


def test_the_content_has_the_label_of_its_verdict() -> None:
    results = judged(make_task())
    (pair,) = task_content(results["tasks"][0], results).pairs
    assert pair.label is Label.B_BETTER
    assert label_of(results["tasks"][0]["pairs"][0]["verdict"]["label"], pair.names) is pair.label
