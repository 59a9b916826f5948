"""The description's numbers, its table as a terminal shows it, and what the clock measures."""

from __future__ import annotations

import json
import sys
import time

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.costs.describe import describe
from gatedrnn.costs.table import render_description, sections
from gatedrnn.costs.timing import step_seconds

TWO = {"LSTM": gr.LSTM, "GRU": gr.GRU}


@pytest.fixture(scope="module")
def pilot():
    return describe(12, 32, 24, batch=4, length=10)


def shown(description, width=80):
    console = pytest.importorskip("rich.console").Console(width=width, color_system=None)
    with console.capture() as captured:
        console.print(render_description(description))
    return captured.get().splitlines()


def test_the_four_cells(pilot):
    cells = pilot.cells
    assert {name: column.gates for name, column in cells.items()} == {
        "LSTM": 3,
        "GRU": 2,
        "GRU-before": 2,
        "SimpleRNN": 0,
    }
    assert [column.costs.states for column in cells.values()] == [2, 1, 1, 1]
    assert [column.costs.total_parameters for column in cells.values()] == [5760, 4352, 4320, 1440]
    assert [column.equal_parameters.hidden for column in cells.values()] == [32, 37, 37, 64]
    assert cells["GRU"].equal_parameters.total == 6499
    assert cells["GRU"].equal_flops.total == 2 * 3 * 37 * (12 + 37) + 2 * 37 * 24
    assert all(column.forward is None and column.training is None for column in cells.values())
    assert pilot.device is None


def test_cells_by_name_and_by_import_path():
    path = "gatedrnn.cells.gru:GRUResetAfter"
    cells = describe(12, 32, 24, cells=("MinGRU", path)).cells
    # One gate; input maps of two blocks of H, and two biases.
    assert (cells["MinGRU"].gates, cells["MinGRU"].costs.total_parameters) == (1, 2 * 32 * 12 + 2 * 32)
    assert cells[path].costs.total_parameters == 4352
    with pytest.raises(ValueError, match=r"cells: expected some of LSTM.*MinGRU.*got NoSuchCell"):
        describe(12, 32, cells=("NoSuchCell",))


def test_json_holds_all_of_it(pilot):
    read = json.loads(json.dumps(pilot.as_dict()))
    gru = read["cells"]["GRU"]
    assert (read["in_dim"], read["hidden"], read["out_dim"]) == (12, 32, 24)
    assert gru["costs"]["parameters"] == {"w_x": 1152, "w_h": 3072, "b": 96, "b_h": 32}
    assert gru["costs"]["total_parameters"] == 4352
    assert (gru["equal_parameters"]["hidden"], gru["equal_parameters"]["total"]) == (37, 6499)


def test_sections_say_totals_ratios_and_mismatches(pilot):
    rows = {(section.heading, row.label): row for section in sections(pilot) for row in section.rows}
    total = rows["Parameters", "total"]
    assert total.values == ["5,760", "4,352", "4,320", "1,440"]
    assert total.notes == ["", "0.76×", "0.75×", "0.25×"]
    budget = "Hidden units for LSTM's budget, dense head of 24 outputs included"
    assert rows[budget, "in parameters"].values == ["32", "37", "37", "64"]
    assert rows[budget, "in parameters"].notes[1] == "-0.8%"
    whole = pilot.cells["LSTM"].costs.bytes_kept * 4 * 10 / 1024
    assert rows["10 steps of 4 examples", "training memory"].values[0] == f"{whole:.1f} KiB"


@pytest.mark.parametrize("sizes", [(1, 1, None), pytest.param((1024, 1024, 10_000), marks=pytest.mark.verify)])
def test_no_row_wraps_and_columns_stand_under_their_names(sizes):
    description = describe(*sizes)
    lines = shown(description, 80)
    assert max(map(len, lines)) <= 80
    rows = len(lines) - lines[::-1].index("")
    assert [line.rstrip() for line in shown(description, 120)[:rows]] == [line.rstrip() for line in lines[:rows]]
    header = lines[2]
    edges = [header.index(name) + len(name) for name in ("LSTM", "GRU ", "GRU-before", "SimpleRNN")]
    edges[1] -= 1
    labels = ("gates", "states", "w_x", "total", "FLOPs forward", "training memory", "in parameters", "in FLOPs")
    for label in labels:
        (line,) = [line for line in lines if line.startswith(label)][:1]
        for edge in edges:
            assert line[edge - 1] not in " ×%"
            assert line[edge : edge + 1] in ("", " ")


def test_without_rich_the_extra_is_named(pilot, monkeypatch):
    monkeypatch.delitem(sys.modules, "rich.console", raising=False)
    monkeypatch.setitem(sys.modules, "rich", None)
    with pytest.raises(ImportError, match=r"pip install 'gatedrnn\[compare\]'"):
        render_description(pilot)


def test_measured_times_are_shown():
    timed = describe(3, 4, batch=2, length=4, time=True, cells=TWO)
    assert timed.device == jax.devices()[0].device_kind
    lines = "\n".join(shown(timed))
    assert "Time of one step of 2 examples, measured over 4 steps" in lines
    for column in timed.cells.values():
        assert column.forward is not None
        assert column.training is not None
        assert 0 < column.forward["low"] <= column.forward["median"] <= column.forward["high"]
        assert column.training["low"] <= column.training["median"] <= column.training["high"]
    assert json.loads(json.dumps(timed.as_dict()))["cells"]["GRU"]["forward"] == timed.cells["GRU"].forward


class Sleeper:
    """A layer that takes a known time, and writes down when it was called."""

    out_dim, causal, seconds = 1, True, 0.02

    def __init__(self, name, calls):
        self.name, self.calls = name, calls

    def init(self, key, in_dim):
        return jnp.ones(())

    def apply(self, params, xs):
        def sleep(xs):
            self.calls.append(self.name)
            time.sleep(self.seconds)
            return np.asarray(xs)

        return (), params * jax.pure_callback(sleep, xs, xs)


def test_seconds_are_per_time_step_and_rounds_take_turns():
    """Sleeping never takes less than asked; how much more depends on the machine."""
    calls: list[str] = []
    length = 100
    both = {name: Sleeper(name, calls) for name in ("a", "b")}
    measured = step_seconds(both, 1, batch=1, length=length, training=False, rounds=6)
    for seconds in measured.values():
        assert Sleeper.seconds / length <= seconds["low"] <= seconds["median"] <= seconds["high"]
    assert calls[-12:] == ["a", "b"] * 6


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"in_dim": 0}, "in_dim: expected a positive int"),
        ({"hidden": 0}, "hidden: expected a positive int"),
        ({"out_dim": -1}, "out_dim: expected a positive int"),
        ({"batch": 0}, "batch: expected a positive int"),
        ({"length": 1.5}, "length: expected a positive int"),
        ({"cells": {}}, "cells: expected at least one"),
    ],
)
def test_wrong_input_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        describe(**{"in_dim": 2, "hidden": 3, **change})


def test_too_few_rounds_are_refused():
    with pytest.raises(ValueError, match="rounds: expected 5 or more, got 4"):
        step_seconds(TWO, 1, batch=1, length=1, rounds=4)
