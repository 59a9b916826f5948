"""The report and the summary: well-formed, self-contained, escaped, with the numbers of the results."""

from __future__ import annotations

import copy
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")
pytest.importorskip("rich")

from rich.console import Console

from gatedrnn.comparison.formatting import number, seconds
from gatedrnn.comparison.report.markdown import render_markdown
from gatedrnn.comparison.report.page import render_report, write_report
from gatedrnn.comparison.report.plots import cost, data, differences, sequences, svg, training, tuning
from gatedrnn.comparison.report.plots.parts import vertical_range
from gatedrnn.comparison.report.summary import render_summary
from gatedrnn.comparison.verdict.judge import judge
from gatedrnn.comparison.verdict.pairs import pairs
from tests.fake_results import make_results, make_task

VOID = {"meta", "link", "br", "hr"}
PLOTS = (
    differences.paired_differences,
    tuning.tuning_curves,
    training.learning_rates,
    training.learning_curves,
    cost.quality_against_cost,
    sequences.sequence_differences,
)


def judged(*tasks: dict[str, Any]) -> dict[str, Any]:
    """Return finished results as they come back from their file."""
    results = make_results(*tasks)
    results["tasks"] = [{**task, "pairs": judge(task, results["device"])} for task in tasks]
    return json.loads(json.dumps(results, allow_nan=False))


def shown_pairs(results: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a task for each pair of cells, as reports show it."""
    return [pair for task in results["tasks"] for pair in pairs(task)]


def sequence_sums(task: dict[str, Any], cell: str) -> Any:
    return np.array([replicate["cells"][cell]["test"]["sequence_nats"] for replicate in task["replicates"]])


class Page(HTMLParser):
    """A page taken apart; raises where an element is closed that is not open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {key: value or "" for key, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.append((self.open[-1], data))

    def text(self) -> str:
        return " ".join(text for tag, text in self.texts if tag != "style").replace("\N{NO-BREAK SPACE}", " ")

    def of(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def results() -> dict[str, Any]:
    return judged(make_task(), make_task("classification", means=(0.2, 0.18), spread=0.06, baseline=0.4))


@pytest.fixture(scope="module")
def html(results: dict[str, Any]) -> str:
    return render_report(results)


@pytest.fixture(scope="module")
def page(html: str) -> Page:
    return Page(html)


def test_the_page_is_well_formed(html: str, page: Page) -> None:
    assert html.startswith("<!doctype html>")
    assert page.open == []
    assert len(page.of("section")) == 2
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_page_refers_to_nothing_outside_it(html: str, page: Page) -> None:
    ids = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    for _, attributes in page.elements:
        for key, value in attributes.items():
            if key in ("href", "xlink:href", "src", "action", "srcset", "poster", "data"):
                assert value == "data:," or (value.startswith("#") and value[1:] in ids)
            for target in re.findall(r"url\(([^)]*)\)", value):
                assert target.startswith("#")
                assert target[1:] in ids
    assert not {"script", "iframe", "object", "embed", "img"} & {tag for tag, _ in page.elements}
    assert "@import" not in html
    assert set(re.findall(r"https?://[^\s\"'<]+", html)) == {"http://www.w3.org/2000/svg"}


def test_every_plot_has_a_text_alternative(page: Page) -> None:
    pictures = page.of("svg")
    assert len(pictures) == 12
    words = {attributes["id"] for tag, attributes in page.elements if tag in ("title", "desc") and "id" in attributes}
    for picture in pictures:
        assert picture["role"] == "img"
        assert set(picture["aria-labelledby"].split()) <= words
    texts = [text for tag, text in page.texts if tag in ("title", "desc")]
    assert len(texts) == 1 + 2 * len(pictures)
    assert all(len(text) > 12 for text in texts)


def test_text_in_plots_is_text_in_the_fonts_of_the_page(page: Page) -> None:
    texts = [text for tag, text in page.texts if tag == "text"]
    for expected in ("replicate", "epoch", "learning rate", "parameters", "cap 300", "baseline −1.92", "GRU better →"):
        assert expected in texts
    assert not any("DejaVu" in attributes.get("style", "") for _, attributes in page.elements)


def test_plots_take_their_colours_from_the_page(html: str) -> None:
    used = set(re.findall(r"var\((--[\w-]+)", html))
    assert set(svg.VARIABLES.values()) <= used
    for scheme in (html.split("@media")[0], html.split("prefers-color-scheme: dark) {")[1].split("* {")[0]):
        assert {name for name in svg.VARIABLES.values() if f"{name}:" in scheme} == set(svg.VARIABLES.values())
    # No colour of the figures is left outside a variable.
    figures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert not any(re.search(r"#[0-9a-f]{6}", re.sub(r"var\([^)]*\)", "", figure)) for figure in figures)


def test_the_numbers_of_the_page_are_those_of_the_results(results: dict[str, Any], html: str) -> None:
    for task, section in zip(shown_pairs(results), html.split("<section")[1:], strict=True):
        shown = {float(exact): text for exact, text in re.findall(r'<data value="([^"]+)">([^<]*)</data>', section)}
        statistics = task["statistics"]
        for exact in (
            statistics["difference"]["mean"],
            statistics["equivalence"]["region"],
            *(cell["test"]["mean"] for cell in statistics["cells"].values()),
            *(cell["validation"] for cell in statistics["cells"].values()),
            *(baseline["test"] for baseline in task["baselines"]),
            *(r["cells"][name]["test"]["nats"] for r in task["replicates"] for name in task["cells"]),
        ):
            places = len(shown[exact].partition(".")[2])
            assert places >= 2
            assert shown[exact] == number(exact, places)
        scores = data.sequences(task)
        np.testing.assert_allclose(
            scores.mean * task["test_counts"], np.mean(sequence_sums(task, "LSTM") - sequence_sums(task, "GRU"), axis=0)
        )
        for cell in task["cells"].values():
            assert shown[cell["parameters"]["total"]] == f"{cell['parameters']['total']:,}"
            assert shown[sum(cell["flops_per_step"].values())] == f"{sum(cell['flops_per_step'].values()):,}"
            assert shown[cell["step_seconds"]["median"]] == seconds(cell["step_seconds"]["median"])
            assert shown[cell["training_seconds"]] == seconds(cell["training_seconds"])
        if statistics["accuracy"]:
            for estimate in statistics["accuracy"]["cells"].values():
                assert shown[estimate["mean"]] == number(estimate["mean"], 3)


def test_the_page_says_verdict_scope_caveats_and_how_to_do_it_again(results: dict[str, Any], page: Page) -> None:
    said = page.text()
    for task in shown_pairs(results):
        verdict = task["verdict"]
        for words in (verdict["finding"], verdict["scope"], task["data_sha256"], *verdict["caveats"]):
            assert words in said
        for baseline in task["baselines"]:
            assert baseline["name"] in said
    assert results["command"] in said
    for name, version in results["versions"].items():
        assert f"{name} {version}" in said


def test_what_comes_from_the_data_is_escaped() -> None:
    evil = "<script>alert('1')</script> & \"quoted\" $dollar$"
    task = make_task(replicates=6, trials=3)
    for key in ("title", "unit", "source", "name"):
        task[key] = f"{key} {evil}"
    task["baselines"][0]["name"] = evil
    task["protocol"]["space"]["learning_rate"] = evil
    task["cells"] = {f"{name}<b>": {**cell, "config": evil} for name, cell in task["cells"].items()}
    for replicate in task["replicates"]:
        replicate["cells"] = {f"{name}<b>": cell for name, cell in replicate["cells"].items()}
    results = judged(task)
    results["command"] = results["versions"]["jax"] = evil
    html = render_report(results)
    page = Page(html)
    assert page.open == []
    assert not {"script", "b"} & {tag for tag, _ in page.elements}
    assert page.text().count(evil) > 10
    assert "<h2><span" in html


def test_the_report_is_written_at_once(results: dict[str, Any], html: str, tmp_path: Path) -> None:
    write_report(results, tmp_path / "report.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.md"]
    assert (tmp_path / "report.md").read_text(encoding="utf-8") == render_markdown(results)
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == html


def only_divergence(task: dict[str, Any]) -> dict[str, Any]:
    for replicate in task["replicates"]:
        for cell in replicate["cells"].values():
            cell["trials"] = [
                {"validation": None, "score": 16.93, "best_epoch": 0, "epochs": 1, "diverged_at": 1, "curve": [None]}
                for _ in cell["trials"]
            ]
            cell["selected"] = 0
    return task


def all_the_same(task: dict[str, Any]) -> dict[str, Any]:
    for replicate in task["replicates"]:
        replicate["cells"]["GRU"] = copy.deepcopy(replicate["cells"]["LSTM"])
    return task


@pytest.mark.parametrize(
    "task",
    [
        pytest.param(make_task(replicates=2, trials=1), id="two replicates of one trial"),
        pytest.param(make_task(replicates=40, trials=2), id="many replicates"),
        pytest.param({**make_task(trials=2), "baselines": []}, id="no baselines"),
        pytest.param(make_task(trials=2, baseline=-5.0), id="a baseline that nothing beats"),
        pytest.param(make_task(trials=2, baseline=500.0), id="a baseline far off"),
        pytest.param(only_divergence(make_task(trials=2)), id="every run diverged"),
        pytest.param(all_the_same(make_task(trials=2)), id="no difference at all"),
    ],
)
@pytest.mark.filterwarnings("error")
def test_odd_results_have_a_report_and_a_summary(task: dict[str, Any]) -> None:
    results = judged(task)
    page = Page(render_report(results))
    assert page.open == []
    assert 5 <= len(page.of("svg")) <= 6
    assert not any(text.strip() in ("nan", "inf", "None") for _, text in page.texts)
    Console(file=io.StringIO(), width=80).print(render_summary(results))


def test_plots_say_in_words_what_they_show() -> None:
    (task,) = shown_pairs(judged(make_task()))
    a, b = (np.array([r["cells"][name]["test"]["nats"] for r in task["replicates"]]) for name in ("LSTM", "GRU"))
    said = re.search("<desc.*?</desc>", differences.paired_differences(task, "p"))
    assert said is not None
    assert ", ".join(number(d, 3) for d in a - b) in said[0]
    assert f"Mean {number((a - b).mean(), 3)}, 95 % interval" in said[0]


def test_plots_are_the_same_each_time() -> None:
    (task,) = shown_pairs(judged(make_task(replicates=3, trials=4)))
    for plot in PLOTS:
        assert plot(task, "p") == plot(task, "p")


def test_curves_carry_their_best_forward_to_the_cap() -> None:
    curve = np.array([3.0, 2.0, np.nan, 2.5, 1.0])
    np.testing.assert_array_equal(data.best_so_far(curve, 7), [3, 2, 2, 2, 1, 1, 1])


def test_medians_over_the_learning_rate_are_those_of_each_part() -> None:
    rates = np.array([1.0, 1.1, 1.2, 9.0, 9.5, 10.0, 3.0])
    scores = np.array([5.0, 7.0, 6.0, 1.0, np.inf, 2.0, 0.0])
    centres, medians = data.binned_median(data.Trials(rates, scores, np.isinf(scores)), 1.0, 10.0, bins=2)
    np.testing.assert_allclose(centres, [10**0.25, 10**0.75], rtol=1e-12)
    np.testing.assert_array_equal(medians, [5.5, 2.0])


def test_a_range_keeps_the_scores_readable() -> None:
    near = vertical_range(np.array([1.0, 2.0]), 3.0)
    assert near[0] < 1 < 3 < near[1]
    far = vertical_range(np.array([1.0, 2.0, np.inf]), 100.0)
    assert far[0] < 1 < 2 < far[1] < 3


@pytest.mark.parametrize("width", [80, 120])
def test_the_summary_fits_the_terminal_and_holds_the_numbers(results: dict[str, Any], width: int) -> None:
    buffer = io.StringIO()
    Console(file=buffer, width=width).print(render_summary(results))
    lines = buffer.getvalue().splitlines()
    assert max(len(line) for line in lines) <= width
    said = " ".join(" ".join(lines).split())
    for task in shown_pairs(results):
        assert task["verdict"]["headline"] in said
        assert task["verdict"]["scope"] in said
        for name, cell in task["cells"].items():
            assert f"{cell['parameters']['total']:,}" in said
            assert number(task["statistics"]["cells"][name]["test"]["mean"], 3) in said
        for line in task["verdict"]["caveats"]:
            assert line in said


def test_the_documentation_names_every_key_of_the_results(results: dict[str, Any]) -> None:
    text = (Path(__file__).parent.parent / "docs" / "results.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`(\w+)`", text))
    free = {"versions", "settings", "space", "by_array", "cells"}  # their keys are names of something

    def keys(value: Any) -> set[str]:
        if isinstance(value, list):
            return set().union(*(keys(item) for item in value))
        if isinstance(value, dict):
            return set().union(*({key} | (_inside(key, item)) for key, item in value.items()))
        return set()

    def _inside(key: str, item: Any) -> set[str]:
        return keys(list(item.values())) if key in free else keys(item)

    assert keys(results) <= named
