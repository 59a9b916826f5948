"""The tables of docs/cells.md are those that the committed measurements give."""

from __future__ import annotations

import json
import runpy

import pytest

from gatedrnn.cells.registry import CELLS
from tests.helpers.paths import ROOT

PAGE = ROOT / "docs" / "cells.md"


@pytest.fixture(scope="module")
def page():
    """The page as it stands in the repository."""
    return PAGE.read_text(encoding="utf-8")


def test_costs_are_those_measured(page):
    """Made again, the page is the same; a number changed by hand does not stay."""
    made = runpy.run_path(str(ROOT / "experiments" / "cell_costs.py"))["with_table"]
    assert made(page) == page, "run python experiments/cell_costs.py"
    assert made(page.replace("| GRU | 74,240 |", "| GRU | 74,241 |")) == page


def test_differences_from_the_lstm_are_those_compared(page):
    """Each cell with a result has its row, made of its results."""
    script = runpy.run_path(str(ROOT / "experiments" / "cells_against_lstm.py"))
    known = json.loads(script["RESULTS"].read_text(encoding="utf-8"))["pairs"]
    block = script["BLOCK"].search(page)[0]
    assert block.split("\n", 1)[1].startswith(script["table"](known)), "run it with --table-only"


def test_every_cell_of_the_registry_has_its_cost():
    """A new cell is timed, or the table says less than it seems to."""
    costs = runpy.run_path(str(ROOT / "experiments" / "cell_costs.py"))["RESULTS"].read_text(encoding="utf-8")
    assert {one["cell"] for one in json.loads(costs)["results"]} == set(CELLS)
