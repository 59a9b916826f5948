"""The report of several cells, what to do next, the view of single sequences, and the report in Markdown."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

from gatedrnn.comparison.verdict.pairs import pairs
from gatedrnn.experiment.formatting import number
from gatedrnn.report.content.task import task_content
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.next_steps import next_steps
from gatedrnn.report.overall import overall
from gatedrnn.report.page import render_report
from gatedrnn.report.plots import data
from gatedrnn.report.plots.cost import front
from gatedrnn.report.plots.sequences import sequences_in_words
from tests.helpers.fake_results import COUNTS, make_task
from tests.helpers.report_pages import Page, judged


def three_cells() -> dict[str, Any]:
    """Return a task with a third cell, whose name holds that of another one."""
    task = make_task(replicates=6, trials=4)
    other = make_task(replicates=6, trials=4, seed=1, means=(-2.5, -2.5))
    task["cells"]["GRU-before"] = {**task["cells"]["GRU"], "hidden": 36}
    for replicate, third in zip(task["replicates"], other["replicates"], strict=True):
        replicate["cells"]["GRU-before"] = third["cells"]["GRU"]
    return task


@pytest.fixture(scope="module")
def three() -> dict[str, Any]:
    return judged(three_cells())


@pytest.fixture(scope="module")
def html(three: dict[str, Any]) -> str:
    return render_report(three)


def test_three_cells_have_one_section_with_three_pairs(three: dict[str, Any], html: str) -> None:
    page = Page(html)
    assert page.open == []
    assert len(page.of("section")) == 1
    assert len(page.of("article")) == 3
    # For each pair its differences and sequences; for the task tuning, rates, curves, costs.
    assert len(page.of("svg")) == 3 + 3 + 4
    said = page.text()
    for pair in pairs(three["tasks"][0]):
        assert pair["verdict"]["finding"] in said
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_each_cell_has_its_colour_everywhere(html: str) -> None:
    for name, place in (("LSTM", 1), ("GRU", 2), ("GRU-before", 3)):
        assert f'<span class="cell-{place}">{name}</span>' in html
        coloured = set(re.findall(rf'<(?:span|th)[^>]*class="cell-(\d)"[^>]*>{name}</', html))
        assert coloured == {str(place)}


def test_p_values_of_several_pairs_are_said_to_be_corrected(three: dict[str, Any]) -> None:
    alone = judged(make_task(replicates=6, trials=1))
    for results, said in ((three, True), (alone, False)):
        (pair, *_) = task_content(results["tasks"][0], results).pairs
        assert [", corrected" in row.note for row in pair.intervals.rows].count(True) == (2 if said else 0)


def test_the_headline_of_several_pairs_claims_no_more_than_they_do(three: dict[str, Any]) -> None:
    task = three["tasks"][0]
    won = [pair["verdict"]["winner"] for pair in task["pairs"]]
    best = [name for name in task["cells"] if won.count(name) == 2]
    assert overall(task).startswith(f"{best[0]} is better" if best else "None of")


def commands(task: dict[str, Any]) -> list[str | None]:
    results = judged(task)
    return [step.command for step in next_steps(results["tasks"][0], results)]


def test_what_to_do_next_follows_from_what_was_found() -> None:
    few = make_task(replicates=3, trials=4)
    assert "--replicates 8" in commands(few)
    open_question = make_task(means=(-2.63, -2.632), spread=0.05, trials=4, replicates=8)
    results = judged(open_question)
    needed = results["tasks"][0]["pairs"][0]["statistics"]["replicates_needed"]
    said = " ".join(step.text for step in next_steps(results["tasks"][0], results))
    assert str(needed) in said.replace(",", "")
    hopeless = judged(make_task(baseline=-5.0, trials=4))
    assert next_steps(hopeless["tasks"][0], hopeless)[0].text.startswith("Use autoregression")


def test_limits_that_bind_are_to_be_widened() -> None:
    task = make_task(trials=4)
    task["protocol"]["max_epochs"] = cap = min(
        trial["best_epoch"] for r in task["replicates"] for cell in r["cells"].values() for trial in cell["trials"]
    )
    for replicate in task["replicates"]:
        for cell in replicate["cells"].values():
            for trial in cell["trials"]:
                trial |= {"best_epoch": cap, "epochs": cap, "curve": trial["curve"][:cap]}
    assert f"--max-epochs {2 * cap}" in commands(task)


def test_single_sequences_are_counted_where_their_intervals_exclude_zero() -> None:
    task = make_task(replicates=8, trials=2)
    rng = np.random.default_rng(3)
    for replicate in task["replicates"]:
        for name, shift in (("LSTM", 0.0), ("GRU", 1.0)):
            noise = rng.normal(0, 0.01, len(COUNTS))
            # GRU is worse on the first five sequences, better on the next three, else the same to rounding.
            which = np.repeat([1.0, -2.0, 0.0], [5, 3, len(COUNTS) - 8])
            replicate["cells"][name]["test"]["sequence_losses"] = ((shift * which + noise) * COUNTS).tolist()
    (pair,) = pairs(judged(task)["tasks"][0])
    found = data.sequences(pair)
    np.testing.assert_allclose(found.mean[:8], [-1] * 5 + [2] * 3, atol=0.05)
    assert (found.better()[:5] == -1).all()
    assert (found.better()[5:8] == 1).all()
    said = sequences_in_words(pair)
    assert int(re.search(r"sequence (\d+),", said)[1]) in (6, 7, 8)  # type: ignore[index]


def test_the_front_leaves_out_what_another_cell_beats_in_both() -> None:
    assert front({"a": 1.0, "b": 1.0, "c": 2.0}, {"a": 3.0, "b": 2.0, "c": 2.0}) == ["b"]


def test_markdown_holds_verdicts_numbers_and_next_steps(three: dict[str, Any]) -> None:
    for results in (three, judged(make_task(), make_task("classification", means=(0.2, 0.18), baseline=0.4))):
        text = render_markdown(results)
        assert text.count("\n## ") == len(results["tasks"]) + 1
        for task in results["tasks"]:
            for pair in pairs(task):
                assert pair["verdict"]["finding"] in text
                assert number(pair["statistics"]["difference"]["mean"], 3) in text
            for step in next_steps(task, results):
                assert step.text in text
        tables = [line for line in text.splitlines() if line.startswith("|")]
        assert all(line.endswith("|") for line in tables)
        assert "nan" not in text
        assert "None " not in text.replace("None of", "")


def test_markdown_shows_no_markup_of_the_data() -> None:
    task = make_task(replicates=6, trials=3)
    task["title"], task["metric"]["unit"] = "<script>alert(1)</script>", "a | b"
    text = render_markdown(judged(task))
    assert "<script>" not in text
    assert "a \\| b" in text
