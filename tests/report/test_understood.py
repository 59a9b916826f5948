"""What was understood of a file: the same rows before training, on the page, in Markdown and in the terminal."""

from __future__ import annotations

import io
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")
pytest.importorskip("rich")

from rich.console import Console

from gatedrnn.report.content.understood import understood_table
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.page import render_report
from gatedrnn.report.summary import render_summary
from gatedrnn.report.understood import render_understood
from gatedrnn.tasks.facts import EARLIER
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged

FACTS = {
    "asked": "a forecast, 3 steps ahead",
    "target": "Passengers",
    "split": "in time: train 1949-02-01 to 1957-04-01, validate 1957-05-01 to 1958-12-01, test to 1960-12-01",
    "window": "36 steps are read at once; in validation and test the first 18 of them are history",
    "season": "12 steps, found by autocorrelation in training",
    "note": "column row was dropped: it counts 1, 2, 3",
}


def printed(shown: Any, width: int) -> list[str]:
    buffer = io.StringIO()
    Console(file=buffer, width=width).print(shown)
    return buffer.getvalue().splitlines()


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return judged({**make_task(replicates=3, trials=2), "facts": FACTS})


def test_a_task_without_facts_has_no_table() -> None:
    assert understood_table({}) is None


def test_the_terminal_shows_each_fact_in_its_row() -> None:
    table = understood_table(FACTS)
    assert table is not None
    lines = printed(render_understood(table), 200)
    assert lines[0].rstrip() == "What was understood"
    rows = {line.split()[0].lower(): line.split(maxsplit=1)[1].strip() for line in lines[1:]}
    assert rows == FACTS


def test_long_facts_go_on_below_themselves() -> None:
    table = understood_table(FACTS)
    assert table is not None
    lines = printed(render_understood(table), 60)
    assert max(len(line) for line in lines) <= 60
    # Labels are as wide as the longest, "Season" or "Target", and a gap.
    assert [line[:8].strip() for line in lines[1:] if line[:8].strip()] == [title.capitalize() for title in FACTS]
    assert " ".join(" ".join(line[8:] for line in lines[1:]).split()) == " ".join(FACTS.values())


def test_all_three_media_have_the_facts(results: dict[str, Any]) -> None:
    page = Page(render_report(results)).text()
    markdown = render_markdown(results)
    terminal = " ".join(" ".join(printed(render_summary(results), 300)).split())
    for title, words in FACTS.items():
        assert words in page
        assert f"| {title.capitalize()} | {words} |" in markdown
        assert f"{title.capitalize()} {words}" in terminal


def test_a_network_that_reads_both_ways_finds_a_number_from_all_steps() -> None:
    facts = {"asked": f"a number for each step, from the other columns {EARLIER}"}
    forward, both = (understood_table(facts, network) for network in ("2 layers", "bidirectional"))
    assert forward is not None
    assert both is not None
    assert forward.rows[0].values[0].text == facts["asked"]
    assert both.rows[0].values[0].text == "a number for each step, from the other columns of all steps"


def test_facts_are_text_and_no_markup() -> None:
    results = judged({**make_task(replicates=3, trials=2), "facts": {"target": "<b>[red]x[/red] | y"}})
    assert not any(tag == "b" for tag, _ in Page(render_report(results)).elements)
    assert "&lt;b>[red]x[/red] \\| y" in render_markdown(results)
    assert "<b>[red]x[/red] | y" in "\n".join(printed(render_summary(results), 200))
