"""The report in a real browser: no errors, nothing missing, nothing wider than the screen."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("matplotlib")
pytest.importorskip("scipy")
pytest.importorskip("playwright.sync_api", reason="needs playwright: pip install 'gatedrnn[browser]'")

from playwright.sync_api import sync_playwright

from gatedrnn.report.page import write_report
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import judged
from tests.report.test_report_cells import three_cells

CHROMIUM = os.environ.get("CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
# As root, and in containers, Chromium cannot make its sandbox; the page is our own.
FLAGS = ["--no-sandbox"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if CHROMIUM is None:
        pytest.skip("no chromium found; its path may stand in the environment variable CHROMIUM")
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("reports")
    speaker = make_task("classification", means=(0.2, 0.18), spread=0.06, baseline=0.4)
    long_names = three_cells()
    long_names["source"] = "x" * 200
    made = {"two": judged(make_task(), speaker), "three": judged(long_names)}
    for name, results in made.items():
        write_report(results, folder / f"{name}.html")
    return {name: folder / f"{name}.html" for name in made}


@pytest.mark.verify
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("which", ["two", "three"])
def test_the_page_works_in_a_browser(
    browser: Any, reports: dict[str, Path], which: str, width: int, scheme: str
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 844}, color_scheme=scheme)
    page, said, asked = context.new_page(), [], []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(reports[which].as_uri())
    for details in page.query_selector_all("summary"):
        details.click()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    plots = page.query_selector_all("svg.plot")
    assert len(plots) == len(page.query_selector_all("figure")) > 0
    for plot in plots:
        box = plot.bounding_box()
        assert box["width"] > 250
        assert box["height"] > 100
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width
        inner = plot.evaluate(
            "p => { const b = p.getBBox(); return [b.x, b.y, b.width, b.height, p.viewBox.baseVal.width] }"
        )
        assert inner[2] <= inner[4] * 1.1
    assert page.evaluate(CONTRAST) == []
    context.close()


CONTRAST = """() => {
  const light = c => { const [r, g, b] = c.match(/[\\d.]+/g).map(Number).map(v => v / 255)
    .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b }
  const behind = e => { while (e) { const c = getComputedStyle(e).backgroundColor;
    if (!/, 0\\)$/.test(c)) return c; e = e.parentElement } return 'rgb(255, 255, 255)' }
  const poor = []
  for (const e of document.querySelectorAll('h1, h2, h3, p, li, td, th, small, dt, dd, summary, span, code')) {
    if (!e.textContent.trim()) continue
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))].sort((x, y) => y - x)
    if ((a + 0.05) / (b + 0.05) < 4.5) poor.push(e.className + ' ' + e.textContent.slice(0, 40))
  }
  return poor
}"""
"""Texts with a contrast below 4.5 to 1, which WCAG 2.2 asks for (1.4.3)."""
