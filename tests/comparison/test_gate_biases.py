"""The choice of a gate bias, a hyperparameter of the search, reaches the gate that keeps memory of every cell."""

from __future__ import annotations

import jax
import numpy as np
import pytest

from gatedrnn.cells.gates import gates_of
from gatedrnn.cells.registry import CELLS, make_cell
from gatedrnn.experiment.limits import GATE_BIASES
from gatedrnn.experiment.network import init_params
from gatedrnn.experiment.space import as_hypers
from tests.helpers.cell_table import rows
from tests.helpers.small_searches import signs


def kept(gates, b):
    """Return the bias of what a cell says that it keeps."""
    bias = b[gates.block(gates.keeps, b.size)]
    return -bias if gates.complement else bias


@pytest.mark.parametrize("name", rows(CELLS))
def test_every_gate_bias_reaches_the_gate_that_keeps_memory(name):
    """In blocks i, f, g, o; r, z, n; and z, n of a MinGRU, whose z lets in what 1 - z keeps; others say theirs."""
    cell, longest = make_cell(name, 5), 50
    gates = gates_of(cell)
    configuration = {"learning_rate": 1e-3, "clip_norm": 1.0, "dropout": 0.0}
    biases = {}
    for choice in GATE_BIASES:
        hyper = jax.tree.map(lambda column: column[0], as_hypers([{**configuration, "gate_bias": choice}]))
        b = np.asarray(init_params(cell, signs(), longest, hyper, jax.random.key(0))[0].b)
        known = {"LSTM": b[5:10], "GRU": b[5:10], "GRU-before": b[5:10], "MinGRU": -b[:5]}
        biases[choice] = b if gates is None else known.get(name, kept(gates, b))
    if gates is None:
        assert len({b.tobytes() for b in biases.values()}) == 1
        return
    np.testing.assert_array_equal([biases["0"], biases["1"]], [[0] * 5, [1] * 5])
    assert (biases["chrono"] > 0).all()
    assert (biases["chrono"] < np.log(longest - 1)).all()
    assert len(set(biases["chrono"])) == 5
