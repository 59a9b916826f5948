"""The table of engines: a new one is an object and a row; what it refuses is said, and what it gets wrong is caught."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

import gatedrnn as gr
from gatedrnn.layers.engines import table
from gatedrnn.layers.engines.fast.forms import FastForm
from gatedrnn.layers.engines.native_call import available
from gatedrnn.layers.engines.reference import REFERENCE
from gatedrnn.layers.engines.table import choices_for, engine_for
from gatedrnn.layers.sequence import zero_padding
from gatedrnn.testing import compare
from tests.helpers.cell_table import CELLS


class PythonLoop:
    """An engine of one's own: the loop of steps written out, for cells that are no stacks."""

    name, automatic = "python loop", False

    def __init__(self):
        self.runs = 0

    def refuses(self, cell):
        return f'"{self.name}" expects a cell with hidden, got {cell!r}' if not hasattr(cell, "hidden") else None

    def refuses_call(self, start, steps):
        return None

    def variants(self, cell):
        return ()

    def run(self, plan, params, start, initial, steps):
        self.runs += 1
        length = steps.x.shape[0]
        carry, ys = start, [None] * length
        for t in reversed(range(length)) if plan.reverse else range(length):
            now = jax.tree.map(lambda leaf, t=t: leaf[t], steps)
            consumed = now.consumed(carry, initial)
            new, y = plan.cell.step(params, consumed, now.x)
            carry, ys[t] = now.carry_out(new, consumed), zero_padding(now.valid, y)
        return carry, jnp.stack(ys)


class IgnoresResets(PythonLoop):
    """Wrong, but only where a segment starts."""

    name = "ignores resets"

    def run(self, plan, params, start, initial, steps):
        return super().run(plan, params, start, initial, steps._replace(reset=None))


class WholeAndWrong(PythonLoop):
    """Refuses padding and resets, and is wrong without them."""

    name = "whole and wrong"

    def refuses_call(self, start, steps):
        whole = steps.valid is None and steps.reset is None
        return None if whole else f'"{self.name}" expects whole sequences'

    def run(self, plan, params, start, initial, steps):
        carry, ys = super().run(plan, params, start, initial, steps)
        return carry, ys + 0.01


class NeedsADevice(WholeAndWrong):
    """Refuses every call, as an engine does whose device this machine lacks."""

    name = "needs a device"

    def refuses_call(self, start, steps):
        return f'"{self.name}" expects another machine'


@pytest.fixture
def row(monkeypatch):
    """Return a function that puts an engine into the table for this test."""

    def put(engine):
        monkeypatch.setattr(table, "ENGINES", {**table.ENGINES, engine.name: engine})
        return engine

    return put


def only_this_law(monkeypatch):
    """Check what a row is compared with and nothing else: the laws hold the table's other rows to the reference."""
    monkeypatch.setattr(table, "ENGINES", {REFERENCE.name: REFERENCE})
    monkeypatch.setattr(gr.testing, "LAYER_LAWS", ())
    monkeypatch.setattr(gr.testing, "CELL_LAWS", (gr.testing.cell_laws.engines_agree,))
    monkeypatch.setattr(gr.testing, "GATED_LAWS", ())


def test_a_row_is_all_that_scan_needs(row):
    engine = row(PythonLoop())
    layer = gr.scan(gr.GRU(4), engine="python loop")
    params, xs = layer.init(jax.random.key(0), 3), jax.random.normal(jax.random.key(1), (5, 2, 3))
    expected = gr.scan(gr.GRU(4), engine="reference").apply(params, xs, lengths=jnp.array([5, 3]))
    compare.assert_close(layer.apply(params, xs, lengths=jnp.array([5, 3])), expected, "values", rtol=1e-6)
    assert engine.runs == 1


def test_an_engine_may_stand_in_no_table():
    engine = PythonLoop()
    layer = gr.scan(gr.MinGRU(2), engine=engine)
    layer.apply(layer.init(jax.random.key(0), 3), jnp.ones((3, 2, 3)))
    assert engine.runs == 1
    with pytest.raises(ValueError, match=r'^engine: "python loop" expects a cell with hidden, got Stack'):
        gr.scan(gr.stack(gr.GRU(4), gr.GRU(4)), engine=engine)


def test_what_it_refuses_is_an_error_of_scan(row):
    row(NeedsADevice())
    with pytest.raises(ValueError, match=r'^engine: "needs a device" expects a cell with hidden, got Stack'):
        gr.scan(gr.stack(gr.GRU(4), gr.GRU(4)), engine="needs a device")
    layer = gr.scan(gr.GRU(4), engine="needs a device")
    with pytest.raises(ValueError, match=r'^engine: "needs a device" expects another machine'):
        layer.apply(layer.init(jax.random.key(0), 3), jnp.ones((5, 2, 3)))


def test_check_cell_runs_it(row, monkeypatch):
    only_this_law(monkeypatch)
    engine = row(PythonLoop())
    gr.testing.check_cell(gr.GRU(4))
    assert engine.runs == 2  # traced once in each direction
    assert engine.name not in choices_for(CELLS["stack with noise"])  # which it refuses


@pytest.mark.parametrize("engine", [IgnoresResets(), WholeAndWrong()], ids=lambda engine: engine.name)
def test_check_cell_catches_a_wrong_one(row, monkeypatch, engine):
    only_this_law(monkeypatch)
    row(engine)
    with pytest.raises(AssertionError, match=f"breaks the law engines_agree: (?s:.*)engine '{engine.name}'"):
        gr.testing.check_cell(gr.GRU(4))


def test_check_cell_passes_over_one_that_lacks_its_device(row, monkeypatch):
    only_this_law(monkeypatch)
    engine = row(NeedsADevice())
    gr.testing.check_cell(gr.GRU(4))
    assert engine.runs == 0


def test_auto_asks_the_engines_in_order(row):
    assert [engine_for("auto", cell).name for cell in (gr.LSTM(4), gr.stack(gr.GRU(4)))] == ["fast", "reference"]
    row(PythonLoop())
    assert engine_for("auto", gr.stack(gr.GRU(4))) is REFERENCE


@pytest.mark.parametrize("choice", ["warp", FastForm, None, ["fast"]], ids=repr)
def test_other_choices_are_refused(choice, unchecked_annotations):
    with pytest.raises(ValueError, match=r"engine: expected one of \('auto', .*'reference'.*\), got "):
        gr.scan(gr.GRU(4), engine=choice)


def test_what_takes_each_cell():
    """So that no engine leaves the comparison unseen."""
    blocks, joint = FastForm(project=4, recompute=4), FastForm(project=0)
    native = ("native",) if available() else ()
    others = (*native, "parallel_backward", "parallel")
    assert choices_for(gr.LSTM(4)) == ("fast", blocks, joint, "reference", "cudnn", *others)
    assert choices_for(gr.GRU(4)) == ("fast", blocks, "reference", *others)
    assert choices_for(gr.GRU(4, reset="before")) == ("reference", *native)
    assert all(("fast" in choices_for(cell)) == isinstance(cell, gr.GatedCell) for cell in CELLS.values())
