"""Initial parameters of every cell of the registry: each gate on its own, as the equations' sources say.

How many blocks there are, and which gate keeps memory, is read from shapes and from what a cell says of its gates: a
new cell is tested by its row of the registry alone. What starts otherwise is listed below, with the reason.
"""

from __future__ import annotations

import math

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.cells.gates import gates_of, gates_of_params
from gatedrnn.errors import InputError
from tests.helpers.cell_table import rows

I, H = 5, 32  # noqa: E741
EPS = np.finfo(np.float32).eps
KEY = jax.random.key(0)
CELLS = {name: entry.make(H) for name, entry in registry.CELLS.items()}
SHAPES = {name: jax.eval_shape(lambda key, cell=cell: cell.init(key, I), KEY) for name, cell in CELLS.items()}
WITH_MAP = [name for name, shapes in SHAPES.items() if hasattr(shapes, "w_h")]
GATED = [name for name, cell in CELLS.items() if gates_of(cell)]

DRAWN_BIASES = ("URLSTM",)
"""Cells whose source draws the biases of their gates: tests/cells/test_lstm_relatives.py."""
NORMALISED = ("MinLSTM", "LogMinLSTM", "SLSTM")
"""Cells that keep another part than the gate's sigmoid: of two gates, each over their sum."""


def drawn(name, in_dim=I):
    return jax.tree.map(np.asarray, CELLS[name].init(jax.random.key(3), in_dim))


def blocks_of(w_h):
    """Return the blocks of a recurrent map, those of each head on their own."""
    heads = w_h.reshape(-1, *w_h.shape[-2:])
    width = H // len(heads)
    return [block for head in heads for block in np.split(head, head.shape[-1] // width, axis=-1)]


def is_square(name):
    w_h = SHAPES[name].w_h
    return w_h.ndim > 1 and w_h.shape[-2] == H // math.prod(w_h.shape[:-2])


SQUARE = [name for name in WITH_MAP if is_square(name)]
"""All but those of diagonal maps, and of the projection."""


def with_bias(name, changes):
    """Return a cell's drawn biases, changed at some of its gates."""
    gates, b = gates_of(CELLS[name]), drawn(name).b.copy()
    for gate, bias in changes.items():
        b[gates.block(gate, b.size)] = bias
    return b


@pytest.mark.parametrize("name", rows(SQUARE))
def test_every_gates_recurrent_block_is_orthogonal(name):
    blocks = [block.astype(np.float64) for block in blocks_of(drawn(name).w_h)]
    # A QR factorisation is orthogonal to a few roundings for each of H columns.
    for block in blocks:
        np.testing.assert_allclose(block.T @ block, np.eye(len(block)), atol=H * EPS)
    assert len({block.tobytes() for block in blocks}) == len(blocks)


@pytest.mark.parametrize("name", rows(CELLS))
def test_every_gates_input_block_is_glorot_uniform(name):
    """Uniform in ±sqrt(6 / (I + H)), H being one gate's width: the number of gates plays no part."""
    params, gates = drawn(name, in_dim=200), gates_of(CELLS[name])
    blocks = np.split(params.w_x, params.w_x.shape[1] // H, axis=1)
    assert gates is None or len(blocks) == len(gates.blocks)
    if name == "LSTM-projected":  # no block of its recurrent map is square
        blocks += blocks_of(params.w_h)
    for block in blocks:
        bound = np.sqrt(6 / sum(block.shape))
        assert stats.kstest(block.ravel(), stats.uniform(-bound, 2 * bound).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", rows(name for name in CELLS if name not in DRAWN_BIASES))
def test_biases_are_zero_but_for_the_gate_that_keeps(name):
    """That one may start so that sigmoid(1) of the state is kept."""
    params, gates = drawn(name), gates_of(CELLS[name])
    for field, leaf in params._asdict().items():
        if field.startswith("b"):
            expected = np.zeros_like(leaf)
            if gates and field == "b" and leaf.any():
                expected[gates.block(gates.keeps, leaf.size)] = -1 if gates.complement else 1
            np.testing.assert_array_equal(leaf, expected)


def test_an_lstms_forget_bias_starts_at_1_and_a_grus_update_bias_at_0():
    assert drawn("LSTM").b.tolist() == [0] * H + [1] * H + [0] * 2 * H
    assert not drawn("GRU").b.any()


def test_the_forget_bias_is_a_parameter_and_nothing_more():
    """With all parameters zero the forget gate is sigmoid(0): nothing is added at run time."""
    params = jax.tree.map(jnp.zeros_like, gr.LSTM(2).init(jax.random.key(0), 1))
    carry, _ = gr.LSTM(2).step(params, gr.LSTMCarry(jnp.zeros(2), jnp.ones(2)), jnp.ones(1))
    assert carry.c.tolist() == [0.5, 0.5]


def test_low_precision_draws_are_rounded_once():
    """A bfloat16 draw is the float32 one, rounded: orthogonal to its own precision."""
    wide = gr.GRU(H).init(jax.random.key(0), I)
    low = gr.GRU(H, policy=gr.Policy(params="bfloat16")).init(jax.random.key(0), I)
    chex.assert_trees_all_equal(low, jax.tree.map(lambda p: p.astype(jnp.bfloat16), wide))


def test_keys_decide():
    a, b, c = (gr.LSTM(3).init(jax.random.key(seed), 2) for seed in (0, 0, 1))
    chex.assert_trees_all_equal(a, b)
    assert not np.array_equal(a.w_x, c.w_x)
    assert not np.array_equal(a.w_h, c.w_h)


@pytest.mark.parametrize("name", CELLS)
def test_parameters_alone_tell_a_cells_gates_or_none(name):
    """Never those of another cell that has parameters of the same class."""
    assert gates_of_params(SHAPES[name]) in (None, gates_of(CELLS[name]))
    assert gates_of_params(SHAPES[name], CELLS[name]) == gates_of(CELLS[name])


@pytest.mark.parametrize("bias", [2.5, np.linspace(-1, 1, H, dtype=np.float32)], ids=["one", "one for each unit"])
@pytest.mark.parametrize("name", rows(GATED))
def test_memory_bias_sets_the_gate_that_keeps_alone(name, bias):
    """The bias may be traced."""
    cell, params = CELLS[name], drawn(name)
    gates = gates_of(cell)
    got = jax.jit(lambda params, bias: gr.memory_bias(params, bias, cell=cell))(params, bias)
    expected = with_bias(name, {gates.keeps: -bias if gates.complement else bias})
    chex.assert_trees_all_equal(got, params._replace(b=expected))


@pytest.mark.parametrize("name", sorted(CELLS.keys() - GATED))
def test_a_cell_without_a_gate_that_keeps_has_no_memory_bias(name):
    with pytest.raises(InputError, match="params: expected those of a cell that names its gates"):
        gr.memory_bias(drawn(name), 1.0, cell=CELLS[name])


@pytest.mark.parametrize("name", rows(GATED))
def test_chrono_bias_is_log_uniform(name):
    """exp(b) is uniform in 1 to longest - 1, for the gate that keeps; one that lets in has its negative."""
    cell, params = CELLS[name], drawn(name)
    gates = gates_of(cell)
    keys = jax.random.split(KEY, 100)
    draw = jax.jit(jax.vmap(lambda key, longest: gr.chrono_bias(params, key, longest, cell=cell).b, (0, None)))
    for b in (biases := np.asarray(draw(keys, 50)))[:3]:
        keep = b[gates.block(gates.keeps, b.size)]
        changes = {gates.keeps: keep} | ({gates.lets_in: -keep} if gates.lets_in else {})
        np.testing.assert_array_equal(b, with_bias(name, changes))
    keeps = biases[:, gates.block(gates.keeps, params.b.size)].astype(np.float64) * (-1 if gates.complement else 1)
    assert stats.kstest(np.exp(keeps.ravel()), stats.uniform(1, 48).cdf).pvalue > 1e-3


@pytest.mark.parametrize("name", rows(name for name in GATED if name not in NORMALISED))
@pytest.mark.parametrize(
    "set_bias",
    [lambda p, cell: gr.memory_bias(p, 2.5, cell=cell), lambda p, cell: gr.chrono_bias(p, KEY, 50, cell=cell)],
    ids=["memory", "chrono"],
)
def test_equal_memory_biases_keep_equal_parts_of_the_state(set_bias, name):
    """Whichever way round a cell's gate is: one step leaves sigmoid(bias) of the state, a GRU's of that bias."""
    cell = CELLS[name]

    def after(params, carry):
        carry, _ = cell.step(params, carry, jnp.zeros(I))
        return getattr(carry, "c", jax.tree.leaves(carry)[-1])

    params = set_bias(jax.tree.map(jnp.zeros_like, drawn(name)), cell)
    start = cell.initial_carry(params, jnp.zeros(I))
    zeros, ones = jax.tree.map(jnp.zeros_like, start), jax.tree.map(jnp.ones_like, start)
    kept = jax.jit(lambda params: after(params, ones) - after(params, zeros))(params)
    gru = gr.GRU(H)
    b = set_bias(jax.tree.map(jnp.zeros_like, drawn("GRU")), gru).b
    np.testing.assert_allclose(kept, jax.nn.sigmoid(b[gru.gates.block("update", b.size)]), rtol=1e-6)


@pytest.mark.parametrize("name", rows(WITH_MAP))
def test_scale_recurrent_sets_the_gain(name):
    """Of blocks that are orthogonal, it is then every singular value."""
    params = drawn(name)
    scaled = jax.jit(gr.scale_recurrent)(params, 0.7)
    chex.assert_trees_all_equal(scaled, params._replace(w_h=np.float32(0.7) * params.w_h))


def test_dense_is_glorot_uniform_and_embed_normal():
    dense = gr.dense(40).init(jax.random.key(0), 60)
    assert stats.kstest(np.ravel(dense.w), stats.uniform(-np.sqrt(0.06), 2 * np.sqrt(0.06)).cdf).pvalue > 1e-3
    assert not dense.b.any()
    table = np.asarray(gr.embed(25).init(jax.random.key(0), 200).table)
    assert stats.kstest(table.ravel(), stats.norm(0, 0.2).cdf).pvalue > 1e-3
