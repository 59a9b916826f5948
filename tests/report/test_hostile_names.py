"""Names come from files and may be anything: in every report they are text, and none steers what shows it."""

from __future__ import annotations

import copy
import io
import itertools
import json
import re
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("matplotlib")
pytest.importorskip("rich")

from rich.console import Console

from gatedrnn.report.markdown import render_markdown
from gatedrnn.report.page import render_report
from gatedrnn.report.summary import render_summary
from tests.helpers.fake_forecasts import make_numbers
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import Page, judged

NAMES = (
    "[red]",
    "[/]",
    "[link=file:///etc/passwd]x[/link]",
    "<script>alert(1)</script>",
    "=cmd|'/C calc'!A0",
    "a | b",
    "`x` and ``` y",
    "**bold** _x_ [a](javascript:b)",
    "![a](http://b/c.png)",
    "# head",
    "\\",
    "\\|",
    "{name} %s $x$ :smile:",
    "\x1b[31mred\x1b[0m \x07 \x9b2J",
    "line\nbreak\r| x",
    "\u202egnirts",
)
STEERING = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def called(kind: str, name: str) -> dict[str, Any]:
    """Return results in which all that a user's data are called has this name."""
    return json.loads(NAMELESS[kind].replace(MARK, json.dumps(name)[1:-1]))


def nameless(task: dict[str, Any]) -> str:
    """Return judged results as JSON, in which a mark stands for every name."""
    task = copy.deepcopy(task)
    for key in ("title", "name", "source"):
        task[key] = f"{key} {MARK}"
    task["unit"] = task["metric"]["unit"] = MARK
    task["facts"] = {**task["facts"], "target": MARK, "note": MARK}
    for k, baseline in enumerate(task["baselines"]):
        baseline["name"], baseline["choices"] = f"{MARK} {k}", [MARK]
    for entry in (*task["range"], *task["forecasts"]):
        entry["target"] = MARK
    for entry in task["forecasts"]:
        entry["sequence"] = MARK
        if entry["baseline"] is not None:
            entry["baseline"]["name"] = MARK
    task["region"]["baseline"], task["beside"] = f"{MARK} 0", None
    if task["kind"] == "classification":
        both = {"known": [0.5, 0.5], "test": [0.1, 0.9], "apart": 0.4, "chance": 0.01}
        task["shares"] = {"classes": [MARK, f"{MARK} 2"], **both}
    results = judged(task)
    results["command"] = f"gatedrnn compare '{MARK}'"
    return json.dumps(results)


MARK = "NAME-OF-THE-USERS"
NAMELESS = {
    "forecast": nameless(make_numbers()),
    "classification": nameless(make_task("classification", replicates=4, trials=3)),
}


@pytest.mark.parametrize("kind", NAMELESS)
@pytest.mark.parametrize("name", NAMES)
def test_markdown_shows_names_as_text(kind: str, name: str) -> None:
    text = render_markdown(called(kind, name))
    assert not STEERING.search(text)
    outside, fenced = re.subn(r"(?ms)^(`{3,})sh\n.*?\n\1$", "", text)
    assert fenced == 1
    assert not re.search(r"(?m)^```", outside)
    plain = re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", "", outside)  # code is shown as it is
    assert "<script" not in plain
    assert not re.search(r"(?<!\\)\[[^\]]*\]\((?!report\.html|results\.json)", plain)
    heads = [line for line in plain.splitlines() if line.startswith("#")]
    assert all(re.match(r"#{1,3} \S", line) for line in heads)
    rows = [line for line in outside.splitlines() if line.startswith("|")]
    widths = [len(re.findall(r"(?<!\\)(?:\\\\)*\|", line)) for line in rows]
    at = 0
    for above, below in itertools.pairwise(rows):  # rows of one table follow each other
        at = outside.index(above, at)
        if outside[at:].startswith(f"{above}\n{below}"):
            assert widths[rows.index(above)] == widths[rows.index(below)], (above, below)


@pytest.mark.parametrize("kind", NAMELESS)
@pytest.mark.parametrize("name", NAMES)
def test_a_terminal_shows_names_as_text(kind: str, name: str) -> None:
    results = called(kind, name)
    for width in (40, 1000):
        buffer = io.StringIO()
        Console(file=buffer, width=width, markup=False, emoji=False).print(render_summary(results))
        text = buffer.getvalue()
        assert not STEERING.search(text)
        if width == 1000 and name.isprintable():
            assert name in text


@pytest.mark.parametrize("name", [" ".join(NAMES), *(pytest.param(name, marks=pytest.mark.verify) for name in NAMES)])
def test_a_page_shows_names_as_text(name: str) -> None:
    page = Page(render_report(called("classification", name)))
    assert page.open == []
    assert not {"script", "img"} & {tag for tag, _ in page.elements}
    assert not any("javascript" in value for _, held in page.elements for value in held.values())
    assert not STEERING.search(page.text())
