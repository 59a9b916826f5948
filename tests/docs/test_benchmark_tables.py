"""The tables of times, and of differences from the LSTM, are those that the committed measurements give."""

from __future__ import annotations

import json
import re
import runpy

import pytest

from gatedrnn.cells.registry import CELLS
from tests.helpers.paths import ROOT


@pytest.fixture(scope="module")
def script():
    """The names of experiments/benchmark_tables.py."""
    return runpy.run_path(str(ROOT / "experiments" / "benchmark_tables.py"))


@pytest.mark.parametrize("name", ["costs", "native-amd", "native-intel", "parallel", "iterations"])
def test_times_are_those_measured(script, name):
    """Made again, the page is the same; a number changed by hand does not stay."""
    page = (ROOT / script["TABLES"][name][0]).read_text(encoding="utf-8")
    assert script["with_table"](page, name) == page, "run python experiments/benchmark_tables.py"
    start = page.index(f"<!-- begin {name} -->")
    number = re.compile(r"\d\.\d").search(page, start)
    assert script["with_table"](f"{page[: number.start()]}9.9{page[number.end() :]}", name) == page


def test_every_table_is_tested(script):
    assert set(script["TABLES"]) == {"costs", "native-amd", "native-intel", "parallel", "iterations"}


def test_differences_from_the_lstm_are_those_compared():
    """Each cell with a result has its row, made of its results."""
    script = runpy.run_path(str(ROOT / "experiments" / "cells_against_lstm.py"))
    known = json.loads(script["RESULTS"].read_text(encoding="utf-8"))["pairs"]
    block = script["BLOCK"].search(script["PAGE"].read_text(encoding="utf-8"))[0]
    assert block.split("\n", 1)[1].startswith(script["table"](known)), "run it with --table-only"


def test_every_cell_of_the_registry_has_its_cost(script):
    costs = json.loads((script["RESULTS"] / "zoo-cpu-2-cores.json").read_text(encoding="utf-8"))
    assert {one["cell"] for one in costs["results"]} == set(CELLS)
