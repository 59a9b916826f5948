"""Equal budgets against brute force over closed forms."""

from __future__ import annotations

import itertools

import pytest

import gatedrnn as gr
from gatedrnn.costs import matching_time
from gatedrnn.costs.matching import Match, match
from tests.helpers.proofs import quick_rows

BLOCKS = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}
CELLS = {"LSTM": gr.LSTM, "GRU": gr.GRU, "SimpleRNN": gr.SimpleRNN}
TWO = {name: CELLS[name] for name in ("LSTM", "GRU")}


def recurrent(name, in_dim, hidden, by):
    if by == "flops":
        return 2 * BLOCKS[name] * hidden * (in_dim + hidden)
    return BLOCKS[name] * hidden * (in_dim + hidden + 1) + (hidden if name == "GRU" else 0)


def head(out_dim, hidden, by):
    if out_dim is None:
        return 0
    return 2 * hidden * out_dim if by == "flops" else hidden * out_dim + out_dim


def expected(name, in_dim, out_dim, hidden, by, first):
    costs = recurrent(name, in_dim, hidden, by), head(out_dim, hidden, by)
    return Match(hidden, *costs, mismatch=sum(costs) / first - 1)


def brute_force(names, in_dim, out_dim, hidden, by, window):
    """Every combination of sizes, scored by the largest mismatch, then by distance of the first from ``hidden``."""

    def total(name, size):
        return recurrent(name, in_dim, size, by) + head(out_dim, size, by)

    first, *others = names
    best = None
    for size in range(max(1, hidden - window), hidden + window + 1):
        for sizes in itertools.product(range(1, 4 * hidden), repeat=len(others)):
            gaps = [abs(total(n, s) / total(first, size) - 1) for n, s in zip(others, sizes, strict=True)]
            score = max(gaps), abs(size - hidden)
            if best is None or score < best[0]:
                best = score, (size, *sizes)
    assert best is not None
    return best[0][0], dict(zip(names, best[1], strict=True))


SHAPES = [(12, 24, 32, 2), (12, 9, 32, 0), (1, None, 5, 3), (88, 88, 20, 1)]
ASKED = [(*shape, by) for shape in SHAPES for by in ("parameters", "flops")]


@pytest.mark.parametrize(
    ("in_dim", "out_dim", "hidden", "window", "by"),
    quick_rows(ASKED, [row for row in ASKED if row[-1] == "parameters" or row[1] is None]),
)
def test_pairs_are_the_best_there_are(in_dim, out_dim, hidden, window, by):
    found = match(TWO, in_dim, out_dim, hidden, by=by, window=window)
    smallest, sizes = brute_force(list(TWO), in_dim, out_dim, hidden, by, window)
    assert abs(found["GRU"].mismatch) == pytest.approx(smallest, abs=1e-12)
    assert {name: entry.hidden for name, entry in found.items()} == sizes
    first = found["LSTM"].total
    assert found == {name: expected(name, in_dim, out_dim, sizes[name], by, first) for name in TWO}


def test_three_cells_share_one_budget():
    found = match(CELLS, 4, 3, 8, window=1)
    smallest, sizes = brute_force(list(CELLS), 4, 3, 8, "parameters", 1)
    assert {name: entry.hidden for name, entry in found.items()} == sizes
    assert max(abs(entry.mismatch) for entry in found.values()) == pytest.approx(smallest, abs=1e-12)


def test_the_pilots_pair_and_the_better_one_beside_it():
    asked = match(TWO, 12, 24, 32, window=0)
    assert {name: (m.hidden, m.total) for name, m in asked.items()} == {"LSTM": (32, 6552), "GRU": (37, 6499)}
    near = match(TWO, 12, 24, 32)
    assert {name: (m.hidden, m.total) for name, m in near.items()} == {"LSTM": (31, 6224), "GRU": (36, 6216)}


@pytest.mark.parametrize(("hidden", "most"), quick_rows([(3, 1), (40, 2), (160, 8)], [(3, 1), (40, 2)]))
def test_the_first_cell_stays_within_a_sixteenth_of_the_size_and_within_8(hidden, most):
    pair = match(TWO, 5, None, hidden)
    sizes = {name: entry.hidden for name, entry in pair.items()}
    assert abs(sizes["LSTM"] - hidden) <= most
    assert sizes == brute_force(list(TWO), 5, None, hidden, "parameters", most)[1]


def test_equal_width_and_explicit_sizes_report_their_mismatch():
    width = match(TWO, 12, 24, 32, by="width")
    assert [m.hidden for m in width.values()] == [32, 32]
    assert width["GRU"].mismatch == (4352 + 792) / 6552 - 1
    explicit = match(TWO, 12, 24, {"GRU": 40, "LSTM": 16})
    assert [m.hidden for m in explicit.values()] == [16, 40]
    assert explicit["GRU"] == expected("GRU", 12, 24, 40, "parameters", explicit["LSTM"].total)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"cells": {}}, "cells: expected at least one"),
        ({"in_dim": 0}, "in_dim: expected a positive int, got 0"),
        ({"out_dim": 2.0}, "out_dim: expected a positive int, got 2.0"),
        ({"hidden": -1}, "hidden: expected a positive int, got -1"),
        ({"hidden": {"LSTM": 3}}, "hidden: expected a size for each of"),
        ({"hidden": {"LSTM": 3, "GRU": 0}}, r"hidden\['GRU'\]: expected a positive int, got 0"),
        ({"by": "size"}, 'by: expected "parameters", "flops" or "width", got \'size\''),
        ({"window": -1}, "window: expected an int of 0 or more, got -1"),
    ],
)
def test_wrong_input_is_named(change, message):
    arguments = {"cells": TWO, "in_dim": 3, "out_dim": 2, "hidden": 4, **change}
    with pytest.raises(ValueError, match=message):
        match(**arguments)


@pytest.mark.parametrize(("speed", "expected"), [(1.0, 32), (2.0, 23), (0.5, 45), (0.01, 59), (100.0, 22)])
def test_equal_time_is_where_measured_times_meet(monkeypatch, speed, expected):
    """The first cell's step takes ``size^2``, the other's ``speed size^2``: equal at 32 / sqrt(speed), within what is
    measured, 0.6 to 1.6 times the 37 units of equal parameters."""

    def measured(layers, in_dim, **_):
        assert in_dim == 12
        units = {name: layer.layers[0].out_dim for name, layer in layers.items()}
        return {name: {"median": h**2.0 * (1 if name == "first" else speed)} for name, h in units.items()}

    monkeypatch.setattr(matching_time, "step_seconds", measured)
    sizes = matching_time.match_time(TWO, 12, 24, 32, batch=4, length=5)
    assert sizes == {"LSTM": 32, "GRU": expected}
