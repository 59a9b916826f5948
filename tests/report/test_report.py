"""The report: well-formed, self-contained, escaped, with the numbers of the results."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")

from gatedrnn.experiment.formatting import number, seconds
from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.page import render_report, write_report
from gatedrnn.report.plots import data, svg
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged, shown_pairs


def sequence_sums(task: dict[str, Any], cell: str) -> Any:
    return np.array([replicate["cells"][cell]["test"]["sequence_losses"] for replicate in task["replicates"]])


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
        found = re.findall(r'<data value="([^"]+)">±?([^<]*)</data>', section)
        shown = {float(exact): text for exact, text in found}
        statistics = task["statistics"]
        for exact in (
            statistics["difference"]["mean"],
            statistics["equivalence"]["region"],
            *(cell["test"]["mean"] for cell in statistics["cells"].values()),
            *(cell["validation"] for cell in statistics["cells"].values()),
            *(baseline["test"] for baseline in task["baselines"]),
            *(r["cells"][name]["test"]["scores"]["nats"] for r in task["replicates"] for name in task["cells"]),
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
                places = len(shown[estimate["mean"]].partition(".")[2])
                assert places >= 3
                assert shown[estimate["mean"]] == number(estimate["mean"], places)


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
    task["metric"]["unit"] = evil
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
