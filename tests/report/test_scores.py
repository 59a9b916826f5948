"""All metrics of cells and of baselines, the one that decides first; the verdict by another metric in a line."""

from __future__ import annotations

import html
import io
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")
pytest.importorskip("rich")

from rich.console import Console
from scipy import stats

from gatedrnn.experiment.formatting import decimals, interval, number
from gatedrnn.report.content.scores import shown_metrics
from gatedrnn.report.content.task import task_content
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.page import render_report
from gatedrnn.report.summary import render_summary
from tests.helpers.fake_forecasts import make_numbers
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged
from tests.report.test_content import RENDERERS, everything_in


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return judged(make_numbers())


def accuracy_decides() -> dict[str, Any]:
    task = make_task("classification", means=(0.2, 0.18), spread=0.06, baseline=0.4)
    task["metric"] = {"name": "accuracy", "words": "accuracy", "unit": "of classes wrong"}
    for entry in task["baselines"]:
        wrong = 1 - entry["scores"]["accuracy"]
        entry |= {"validation": wrong, "test": wrong, "tests": [wrong] * 8}
    return task


def test_the_metric_that_decides_stands_first_and_is_marked(results: dict[str, Any]) -> None:
    content = task_content(results["tasks"][0], results)
    labels = [row.label for row in content.cells.rows]
    names = ["RMSE", "MAE", "MASE", "coverage 50 %", "coverage 90 %", "log loss"]
    assert labels[:7] == [*(f"Test {name}" for name in names), "Validation RMSE"]
    assert ["decides" in row.note for row in content.cells.rows[:7]] == [True, *[False] * 6]
    assert content.cells.rows[0].note == "Passengers, 95 %; decides"
    assert content.cells.rows[5].note == "nats per step"
    assert content.baselines is not None
    heads = [head.text for head in content.baselines.heads]
    assert [head.lower() for head in heads] == [name.lower() for name in (*names, "Validation RMSE")]
    assert [head.note for head in content.baselines.heads][:2] == ["Passengers, decides", "Passengers"]


def test_means_and_intervals_are_those_of_the_replicates(results: dict[str, Any]) -> None:
    task = results["tasks"][0]
    for metric in shown_metrics(task):
        for cell in task["cells"]:
            values = np.array([r["cells"][cell]["test"]["scores"][metric.name] for r in task["replicates"]])
            found = metric.cells[cell]
            np.testing.assert_allclose(found["mean"], values.mean(), rtol=1e-12)
            half = stats.t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
            np.testing.assert_allclose([found["low"], found["high"]], values.mean() + half * np.array([-1, 1]))


def test_coverages_are_percentages_and_errors_have_thousands_separated(results: dict[str, Any]) -> None:
    task = results["tasks"][0]
    rows = {row.label: row for row in task_content(task, results).cells.rows}
    assert [value.text for value in rows["Test coverage 90 %"].values] == ["87 %", "87 %"]
    errors = [
        np.mean([r["cells"][cell]["test"]["scores"]["rmse"] for r in task["replicates"]]) for cell in task["cells"]
    ]
    assert [value.text for value in rows["Test RMSE"].values] == [f"{error:,.0f}" for error in errors]
    assert [value.exact for value in rows["Test RMSE"].values] == pytest.approx(errors, rel=1e-12)


def test_all_baselines_have_all_metrics_and_the_strongest_is_marked(results: dict[str, Any]) -> None:
    task = results["tasks"][0]
    table = task_content(task, results).baselines
    assert table is not None
    assert [row.label for row in table.rows] == ["exponential smoothing", "seasonal naive", "marginal Gaussian"]
    assert [row.emphasis for row in table.rows] == ["strongest", None, None]
    # RMSE 1610 times 1, 1.7 and 2.9; MAE 0.8 and MASE 1 / 1600 of it, as make_numbers has them.
    said = [[value.text for value in row.values][:5] for row in table.rows]
    assert said[0] == ["1,610", "1,288", "1.006", "52 %", "87 %"]
    assert [row[0] for row in said] == ["1,610", "2,737", "4,669"]
    assert [row[1] for row in said] == ["1,288", "2,190", "3,735"]


@pytest.mark.parametrize("medium", RENDERERS)
@pytest.mark.parametrize("task", [make_numbers(), accuracy_decides()], ids=["RMSE", "accuracy"])
def test_every_row_stands_in_all_three(task: dict[str, Any], medium: str) -> None:
    results = judged(task)
    content = task_content(results["tasks"][0], results)
    said = " ".join(RENDERERS[medium](results).split())
    tables = [content.cells, content.baselines, content.understood, *(pair.intervals for pair in content.pairs)]
    expected = {text for table in tables if table is not None for text in everything_in(table)}
    expected |= {pair.other for pair in content.pairs}
    assert [text for text in expected if " ".join(text.split()) not in said] == []


@pytest.mark.parametrize("width", [80, 120])
def test_the_terminal_has_room_for_all_metrics_of_all_baselines(results: dict[str, Any], width: int) -> None:
    buffer = io.StringIO()
    Console(file=buffer, width=width).print(render_summary(results))
    lines = buffer.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    (row,) = [line for line in lines if line.startswith("exponential smoothing  ")]
    assert row.split()[2:] == ["1,610", "1,288", "1.006", "52", "%", "87", "%", "−0.180", "1,530"]
    assert "exponential smoothing: order 3; the strongest" in [line.strip() for line in lines]


def test_the_other_verdict_stands_beside_in_a_line(results: dict[str, Any]) -> None:
    (pair,) = results["tasks"][0]["pairs"]
    line = f"By nats: {pair['other']['headline']}"
    assert task_content(results["tasks"][0], results).pairs[0].other == line
    assert f"*{line}*" in html.unescape(render_markdown(results)).splitlines()
    page = render_report(results)
    assert page.count('class="other"') == 1
    assert line in " ".join(Page(page).text().split())
    without = judged(make_task(replicates=3, trials=2))
    assert task_content(without["tasks"][0], without).pairs[0].other == ""
    assert 'class="other"' not in render_report(without)


def test_an_accuracy_that_decides_is_shown_as_the_verdict_has_it_and_as_people_say_it() -> None:
    results = judged(accuracy_decides())
    task = results["tasks"][0]
    rows = {row.label: row for row in task_content(task, results).cells.rows}
    right = [np.mean([r["cells"][c]["test"]["scores"]["accuracy"] for r in task["replicates"]]) for c in task["cells"]]
    assert [value.exact for value in rows["Test error"].values] == pytest.approx([1 - one for one in right])
    assert [value.exact for value in rows["Test accuracy"].values] == pytest.approx(right)
    assert rows["Test error"].note == "of classes wrong, 95 %; decides"


def test_axes_follow_the_metric_but_curves_of_training_stay_in_nats(results: dict[str, Any]) -> None:
    texts = [text for tag, text in Page(render_report(results)).texts if tag == "text"]
    # The learning rates, and what tuning is worth; the learning curves; both rows of quality against cost.
    assert texts.count("validation, Passengers (RMSE)") == 2
    assert texts.count("validation, nats per step") == 1
    assert texts.count("test, Passengers (RMSE)") == 2
    assert "LSTM − GRU in the test, Passengers (RMSE)" in texts
    # The curves have no line of a baseline, which is known by its RMSE alone.
    assert texts.count("baseline 1,530") + texts.count("baseline 1,530, above") == 2


def test_numbers_have_the_digits_that_their_uncertainty_allows() -> None:
    assert number(123456.7, decimals(31_000.0)) == "123,500"
    assert interval(-1234.4, 31.2, decimals(3100.0)) == "[−1,230 to 30]"
    assert interval(-123.4, 31.2, decimals(310.0)) == "[−123, 31]"
    assert number(-0.4, 0) == "0"
    assert number(0.0321, decimals(0.0047)) == "0.0321"


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_no_width_of_a_terminal_cuts_a_number(results: dict[str, Any], width: int) -> None:
    buffer = io.StringIO()
    Console(file=buffer, width=width).print(render_summary(results))
    _, shown = buffer.getvalue().split("\n", 1)  # below the title, which may end in an ellipsis
    assert "\u2026" not in shown
    words = set(shown.split())
    content = task_content(results["tasks"][0], results)
    assert content.baselines is not None
    for table in (content.cells, content.baselines):
        for value in (value for row in table.rows for value in row.values):
            assert set(value.text.split()) <= words
