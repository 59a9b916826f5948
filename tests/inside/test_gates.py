"""Gates at every step, and how long units remember by them, against equations in NumPy and derivatives of the step."""

from __future__ import annotations

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.cells import registry
from gatedrnn.errors import InputError
from gatedrnn.inside.gates import readable
from gatedrnn.testing import compare
from tests.helpers.drawn import shifted
from tests.helpers.numpy_cells import sigmoid
from tests.helpers.proofs import quick_rows

T, B, I, H = 5, 3, 2, 3  # noqa: E741
LENGTHS = np.array([5, 2, 0])
THERE = np.arange(T)[:, None] < LENGTHS
RTOL = compare.tolerance(2.0**-52, operations=T * (I + H) * 10)
F64 = gr.Policy(params="float64")


def drawn(layer, dtype="float32", in_dim=I):
    params = layer.init(jax.random.key(0), in_dim)
    params = shifted(params, 0.3)
    return params, jax.random.normal(jax.random.key(1), (T, B, in_dim), dtype)


def of_lstm(params, xs, hs):
    """Input, forget and output gate from the hidden states before each step, ``[T, B, 3, H]``."""
    i, f, _, o = np.split(xs @ params.w_x + hs @ params.w_h + params.b, 4, axis=-1)
    return sigmoid(np.stack([i, f, o], axis=2))


def values_of(layer):
    return jax.jit(partial(gr.gate_values, layer))


def before(hs, reverse=False):
    zero = np.zeros_like(hs[:1])
    return np.concatenate([hs[1:], zero] if reverse else [zero, hs[:-1]])


@pytest.mark.parametrize("reverse", [False, True])
def test_an_lstms_gates_are_those_of_its_equation(reverse):
    with jax.enable_x64(True):
        layer = gr.scan(gr.LSTM(H, policy=F64), reverse=reverse)
        params, xs = drawn(layer, "float64")
        got = values_of(layer)(params, xs, lengths=jnp.array(LENGTHS))
        # Zero where a reverse scan begins.
        hs = np.asarray(jax.jit(layer.apply)(params, xs, lengths=jnp.array(LENGTHS))[1])
        params, xs = jax.tree.map(np.asarray, (params, xs))
    expected = np.where(THERE[..., None, None], of_lstm(params, xs, before(hs, reverse)), 0)
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL)


WRAPPERS = {
    "zoneout": lambda cell: gr.zoneout(cell, 0.4, 0.3),
    "variational dropout": lambda cell: gr.variational_dropout(cell, 0.4),
    "drop connect": lambda cell: gr.drop_connect(cell, 0.4),
    "clipped": lambda cell: gr.clip_gradient(cell, 1.0),
    "learned start": gr.learned_start,
    "of each other": lambda cell: gr.learned_start(gr.zoneout(gr.drop_connect(cell, 0.2), 0.4, 0.3)),
}


@pytest.mark.parametrize("name", quick_rows(WRAPPERS, ("zoneout", "of each other")))
def test_gates_of_a_wrapped_cell_are_the_cells_at_the_states_that_the_wrapper_hands_on(name):
    with jax.enable_x64(True):
        layer = gr.scan(WRAPPERS[name](gr.LSTM(H, policy=F64)))
        params, xs = drawn(layer, "float64")
        got = values_of(layer)(params, xs)
        hs = np.asarray(jax.jit(layer.apply)(params, xs)[1])
        start = np.broadcast_to(layer.initial_carry(params, xs[0]).h, hs[:1].shape)
        own, xs = jax.tree.map(np.asarray, (getattr(params, "cell", params), xs))
        kept = gr.memory_timescale(layer, params, xs)
    expected = of_lstm(own, xs, np.concatenate([start, hs[:-1]]))
    np.testing.assert_allclose(got, expected, rtol=RTOL, atol=RTOL)
    np.testing.assert_allclose(kept, -1 / np.log(expected[:, :, 1]).mean((0, 1)), rtol=RTOL * 10)


def test_a_reset_is_seen():
    layer = gr.scan(gr.GRU(H))
    params, xs = drawn(layer)
    resets = jnp.arange(T) == 2
    got = values_of(layer)(params, xs, resets=resets)
    np.testing.assert_allclose(got[2:], values_of(layer)(params, xs[2:]), rtol=1e-6)


def test_every_layer_has_its_own_and_a_stack_those_of_its_cells():
    stacked = gr.scan(gr.stack(gr.LSTM(H), gr.residual(gr.GRU(H)), gr.learned_start(gr.MinGRU(2))))
    params, xs = drawn(stacked)
    chained = gr.chain(
        gr.dropout(0.5), gr.scan(gr.LSTM(H)), gr.residual(gr.scan(gr.GRU(H))), gr.scan(gr.learned_start(gr.MinGRU(2)))
    )
    lengths = jnp.array(LENGTHS)
    got = values_of(stacked)(params, xs, lengths=lengths)
    nothing, *expected = values_of(chained)(((), *params), xs, lengths=lengths)
    assert nothing == ()
    assert [one.shape for one in got] == [(T, B, 3, H), (T, B, 2, H), (T, B, 1, 2)]
    for one, other in zip(got, expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
    both = gr.bidirectional(gr.LSTM(H), gr.GRU(H))
    params, xs = drawn(both)
    got = values_of(both)(params, xs)
    np.testing.assert_array_equal(got.backward, values_of(both.backward)(params.backward, xs))


def keeps_its_state(cell, params, carry, x):
    """Return the derivative of the next state by the state, with both products held."""
    params = cell.prepare(params, x[None], None)[0]
    z, u = cell.project(params, x), cell.recur(params, carry)
    one = jax.tree.map(jnp.zeros_like, carry)
    one = one._replace(c=jnp.ones_like(one.c)) if hasattr(carry, "c") else jnp.ones_like(carry)
    new = jax.jvp(lambda carry: cell.gate(params, z, u, carry)[0], (carry,), (one,))[1]
    return new.c if hasattr(new, "c") else new


READABLE = [
    name for name, entry in registry.CELLS.items() if readable(cell := entry.make(H)) and not hasattr(cell, "gate_sums")
]
"""Those that have sums of their own are held to their equations in test_gate_sums.py."""


@pytest.mark.parametrize("name", quick_rows(READABLE, ("LSTM", "GRU", "MinGRU")))
def test_the_gate_that_keeps_is_how_much_of_the_state_stays(name):
    """Of every cell of the registry whose gates can be read, one step from a carry that is not zero."""
    cell = registry.CELLS[name].make(H)
    params, xs = drawn(cell)
    carry = jax.tree.map(
        lambda leaf: jnp.cos(jnp.arange(leaf.size)).reshape(leaf.shape), cell.initial_carry(params, xs[0])
    )
    values = values_of(gr.scan(cell))(params, xs[:1], carry=carry)[0]
    keep = values[:, cell.gates.open.index(cell.gates.keeps)]
    expected = keeps_its_state(cell, params, carry, xs[0])
    np.testing.assert_allclose(1 - keep if cell.gates.complement else keep, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("make", [gr.LSTM, gr.GRU, gr.MinGRU])
def test_constant_gates_remember_as_long_as_the_closed_form_says(make):
    """All weights zero, so that sigmoid(bias) = 1 - 1/n is kept at each step: -1 / log(1 - 1/n)."""
    with jax.enable_x64(True):
        layer = gr.scan(make(3, policy=F64))
        params = jax.tree.map(jnp.zeros_like, layer.init(jax.random.key(0), I))
        n = np.array([2.0, 20.0, 500.0])
        params = gr.memory_bias(params, jnp.log(n - 1))
        xs = jax.random.normal(jax.random.key(1), (T, B, I), "float64")
        got = gr.memory_timescale(layer, params, xs, lengths=jnp.array(LENGTHS))
    # 1 - 1/n is known to an eps, so that its logarithm is to n of them.
    np.testing.assert_allclose(got, -1 / np.log1p(-1 / n), rtol=2.0**-52 * 500 * 16)
    np.testing.assert_allclose(got[1:], n[1:] - 0.5, rtol=1e-3)


def test_steps_count_that_exist_and_saturated_gates_stay_finite():
    layer = gr.scan(gr.LSTM(H))
    params, xs = drawn(layer)
    mask = jnp.array(THERE).at[1, 0].set(False)
    f = np.asarray(values_of(layer)(params, xs, mask=mask))[:, :, 1]
    expected = -1 / np.log(f[np.asarray(mask)]).mean(0)
    np.testing.assert_allclose(gr.memory_timescale(layer, params, xs, mask=mask), expected, rtol=1e-5)
    spoiled = jnp.where(mask[..., None], xs, jnp.nan)
    np.testing.assert_allclose(gr.memory_timescale(layer, params, spoiled, mask=mask), expected, rtol=1e-5)
    closed = gr.memory_timescale(layer, gr.memory_bias(params, -1e4), xs)
    opened = gr.memory_timescale(layer, gr.memory_bias(params, 1e4), xs)
    assert ((closed > 0) & (closed < 0.1)).all()
    assert ((opened > 1e5) & (opened < 1e7)).all()


@pytest.mark.verify
def test_gradients_run_through_gates():
    layer = gr.scan(gr.LSTM(H))
    params, xs = drawn(layer)

    def openness(params):
        return gr.gate_values(layer, params, xs)[:, :, 1].mean()

    step = 1e-2
    slope = jax.grad(openness)(params).b[H]
    up, down = (openness(params._replace(b=params.b.at[H].add(d))) for d in (step, -step))
    np.testing.assert_allclose(slope, (up - down) / (2 * step), rtol=1e-2)


@pytest.mark.parametrize(
    "layer",
    [
        gr.scan(gr.SimpleRNN(H)),
        gr.scan(gr.URLSTM(H)),
        gr.scan(gr.SLSTM(H)),
        gr.scan(gr.stack(gr.LSTM(H), gr.SimpleRNN(H))),
    ],
    ids=["no gates", "refined", "exponential", "in a stack"],
)
def test_gates_that_cannot_be_read_are_refused_by_name(layer):
    params, xs = drawn(layer)
    with pytest.raises(InputError, match=r"^cell: expected one that names its gates, .*; got \w+\(hidden=3\)"):
        gr.gate_values(layer, params, xs)
    with pytest.raises(InputError, match=r"^cell: expected"):
        gr.memory_timescale(layer, params, xs)
