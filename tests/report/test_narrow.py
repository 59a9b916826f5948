"""A terminal of 40 columns cuts no number: tables become lines, and bars are left out."""

from __future__ import annotations

import functools
import io
import re
from typing import Any

import pytest

pytest.importorskip("scipy")
pytest.importorskip("tyro", reason="the command needs gatedrnn[compare]")
pytest.importorskip("matplotlib")

from rich.console import Console

from gatedrnn.commands.console import CompareDisplay, SweepDisplay
from gatedrnn.comparison.reckoned_time import CellEstimate, TaskEstimate
from gatedrnn.comparison.search.context import SearchProgress
from gatedrnn.comparison.settings import Settings
from gatedrnn.costs.describe import describe
from gatedrnn.costs.table import render_description
from gatedrnn.report.estimate_table import render_estimate
from gatedrnn.report.summary import render_summary
from gatedrnn.sweep.sweep import SweepProgress
from tests.helpers.fake_forecasts import make_numbers
from tests.helpers.fake_results import make_task
from tests.helpers.report_pages import judged

NUMBER = re.compile(r"[−\d][\d,.]*\d|\d")


def shown(what: Any, width: int) -> str:
    buffer = io.StringIO()
    Console(file=buffer, width=width).print(what)
    return buffer.getvalue()


def estimated() -> Any:
    cell = CellEstimate(12_345, 123.0, 45.6, 7.0, 128, 1.5e13)
    return render_estimate([TaskEstimate("sales [west]", {"LSTM": cell, "GRU": cell}, 7.0, None)], Settings())


@functools.cache
def described() -> Any:
    return render_description(describe(12, 32))


RENDERED = {
    "summary of a forecast": lambda: render_summary(judged(make_numbers())),
    "summary of classes": lambda: render_summary(judged(make_task("classification"))),
    "description": described,
    "estimate": estimated,
}


@pytest.mark.parametrize("name", RENDERED)
def test_no_number_is_cut(name: str) -> None:
    rendered = RENDERED[name]()
    wide, narrow = shown(rendered, 1000), shown(rendered, 40)
    assert "…" not in wide
    assert "…" not in narrow
    assert max(len(line) for line in narrow.splitlines()) <= 40
    assert sorted(set(NUMBER.findall(wide))) == sorted(set(NUMBER.findall(narrow)))


def test_where_there_is_room_it_is_a_table() -> None:
    table = shown(RENDERED["description"](), 80)
    assert [line.split() for line in table.splitlines() if line.startswith("w_h")] == [
        ["w_h", "4,096", "3,072", "3,072", "1,024"]
    ]
    lines = shown(RENDERED["description"](), 40).splitlines()
    at = lines.index("total")
    assert [line.strip() for line in lines[at + 1 : at + 3]] == ["LSTM: 5,760", "GRU: 4,352  0.76×"]


def test_bars_without_room_are_lines() -> None:
    buffer = io.StringIO()
    console = Console(file=buffer, width=40, force_terminal=True, color_system=None, legacy_windows=False)
    settings = Settings(tasks=("japanese-vowels-forecast",), trials=2, replicates=2)
    with CompareDisplay(console, settings) as display:
        display(SearchProgress("japanese-vowels-forecast", "GRU", 0, 2, -1.234, done=True))
    with SweepDisplay(console) as sweeping:
        best = {"validation": -1.234, "cell": "GRU", "hidden": 32}
        sweeping(SweepProgress("GRU 32", {}, 8, 5, 3, 0, best, 100, 50.0))
    said = " ".join(buffer.getvalue().split())
    assert said.startswith("japanese-vowels-forecast GRU: replicate 1 done, best -1.234")
    assert "3 of 8 ended; GRU 32: 5 alive, best -1.234 (GRU 32)" in said
    assert "━" not in said
