"""Every law of the design, for every cell and every kind of layer."""

from __future__ import annotations

import jax
import pytest

import gatedrnn as gr
from gatedrnn.testing import cell_laws
from gatedrnn.testing.probe import Probe
from tests.helpers.cell_table import CELLS, LAYERS
from tests.helpers.proofs import quick_rows

QUICK = ("LSTM", "GRU-before")
"""Two leaves of a carry, and no gated cell. README.md has the laws of a gated cell with one leaf, one's own, and
tests/layers/test_remat.py holds the derivative of the GRU's gate to the reference in float64; the engines' own tests
have carries that count, gates with parameters and outputs that are no state."""

QUICK_LAYERS = ("segments", "bidirectional", "dropout")
"""In segments, reverse and with noise, both directions; and noise without a carry."""


@pytest.mark.parametrize("name", quick_rows(CELLS, QUICK))
def test_cells_keep_every_law(name):
    gr.testing.check_cell(CELLS[name])


@pytest.mark.parametrize("name", quick_rows(LAYERS, QUICK_LAYERS))
def test_layers_keep_every_law(name):
    layer, arguments = LAYERS[name]
    gr.testing.check_layer(layer, **arguments)


@pytest.mark.parametrize("make", quick_rows((gr.LSTM, gr.GRU, gr.SimpleRNN, gr.MinGRU), (gr.LSTM,)))
def test_engines_agree_in_float64(make):
    """To rounding of float64: what float32 hides shows here."""
    cell = make(4, policy=gr.Policy(params="float64"))
    with jax.enable_x64(True):
        probe = Probe(gr.scan(cell), 3, jax.random.key(1))
        assert probe.rtol < 1e-13
        cell_laws.engines_agree(probe, cell)


@pytest.mark.verify
@pytest.mark.usefixtures("optimised")
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", CELLS)
def test_cells_keep_every_law_as_users_compile_them(name, seed):
    """With XLA's optimisations on, and other numbers."""
    gr.testing.check_cell(CELLS[name], key=jax.random.key(seed))
