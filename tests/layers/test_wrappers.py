"""Cells around cells: zoneout, variational dropout, DropConnect and learned initial carries, by value."""

from __future__ import annotations

from itertools import product
from typing import Any

import chex
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from tests.helpers import numpy_cells as plain
from tests.helpers.proofs import quick_rows

T, B, I, H = 6, 2, 3, 4  # noqa: E741
KEY = jax.random.key(3)
RTOL = T * (I + H + 16) * float(np.finfo(np.float32).eps)
CLASS: Any = gr.LSTM
AROUND = (gr.LSTM(H), gr.GRU(H, reset="before"))


def drawn(cell, seed=0):
    """Return a layer of the cell, its parameters, and inputs."""
    layer = gr.scan(cell)
    rng = np.random.default_rng(seed)
    params = jax.tree.map(
        lambda leaf: jnp.asarray(rng.normal(size=leaf.shape) / 2, leaf.dtype), layer.init(jax.random.key(0), I)
    )
    return layer, params, jnp.asarray(rng.normal(size=(T, B, I)), jnp.float32)


def assert_equal(got, expected):
    chex.assert_trees_all_equal(got, expected)


def assert_close(got, expected):
    chex.assert_trees_all_close(got, expected, rtol=RTOL, atol=RTOL)


@pytest.mark.parametrize(
    ("cell", "training"),
    quick_rows(product(AROUND, (False, True)), ((AROUND[0], True), (AROUND[1], False))),
)
def test_zoneout_by_rate_zero_is_the_cell_and_by_one_keeps_the_carry(cell, training):
    layer, params, xs = drawn(cell)
    key = KEY if training else None
    expected = jax.jit(layer.apply)(params, xs)
    assert_close(jax.jit(gr.scan(gr.zoneout(cell, 0.0)).apply)(params, xs, key=key), expected)
    carry = jax.tree.map(lambda leaf: jnp.full(leaf.shape, 0.3), expected[0])
    end, ys = jax.jit(gr.scan(gr.zoneout(cell, 1.0, 1.0)).apply)(params, xs, carry=carry, key=key)
    assert_equal(end, carry)
    assert_equal(ys, jnp.full((T, B, H), 0.3))


@pytest.mark.parametrize("engine", ["fast", "reference"])
def test_zoneout_is_its_equation_with_the_masks_that_it_drew(engine):
    """Masks out of ``prepare``, the rest in NumPy; and an LSTM's new h is of the new c, whether that is kept or not."""
    cell = gr.zoneout(gr.LSTM(H), 0.5, 0.3)
    _, params, xs = drawn(cell)
    inputs, keep = cell.prepare(params, xs, KEY)[1]
    assert_equal(inputs, xs)
    plain_params, k_h, k_c, x = jax.tree.map(lambda a: np.asarray(a, np.float64), (params, keep.h, keep.c, xs))
    assert set(np.unique(k_h)) == set(np.unique(k_c)) == {0.0, 1.0}
    ys = np.zeros((T, B, H))
    for row in range(B):
        h, c = np.zeros(H), np.zeros(H)
        for t in range(T):
            (new_h, new_c), _ = plain.lstm(plain_params, (h, c), x[t, row])
            h = k_h[t, row] * h + (1 - k_h[t, row]) * new_h
            c = k_c[t, row] * c + (1 - k_c[t, row]) * new_c
            ys[t, row] = h
    assert_close(jax.jit(gr.scan(cell, engine=engine).apply)(params, xs, key=KEY)[1], ys)


def test_zoneout_in_evaluation_uses_the_rate_itself():
    cell = gr.zoneout(gr.SimpleRNN(H), 0.25)
    layer, params, xs = drawn(cell)
    own = jax.tree.map(lambda a: np.asarray(a, np.float64), params)
    h = np.zeros(H)
    for x in np.asarray(xs[:, 0], np.float64):
        h = 0.25 * h + 0.75 * plain.simple_rnn(own, h, x)[0]
    assert_close(jax.jit(layer.apply)(params, xs)[0][0], h)


@pytest.mark.parametrize("key", [pytest.param(None, marks=pytest.mark.verify), KEY], ids=["evaluation", "training"])
def test_gradients_through_zoneout_agree_among_engines(key):
    cell = gr.zoneout(gr.LSTM(H), 0.4, 0.2)
    _, params, xs = drawn(cell)

    def gradient(engine):
        loss = lambda params, xs: jnp.sin(gr.scan(cell, engine=engine).apply(params, xs, key=key)[1]).sum()  # noqa: E731
        return jax.jit(jax.grad(loss, (0, 1)))(params, xs)

    assert_close(gradient("fast"), gradient("reference"))


RATED = {
    "zoneout": lambda rate: gr.zoneout(gr.LSTM(H), rate, rate),
    "variational dropout": lambda rate: gr.variational_dropout(gr.GRU(H), rate),
    "drop connect": lambda rate: gr.drop_connect(gr.GRU(H), rate),
}


@pytest.mark.parametrize("name", quick_rows(RATED, ("zoneout", "drop connect")))
@pytest.mark.parametrize("key", [pytest.param(None, marks=pytest.mark.verify), KEY], ids=["evaluation", "training"])
def test_rates_may_be_traced(name, key):
    """A population over rates, values and gradients, is each rate alone."""
    _, params, xs = drawn(RATED[name](0.1))
    rates = jnp.array([0.0, 0.6])

    def loss(params, rate):
        return gr.scan(RATED[name](rate)).apply(params, xs, key=key)[1].sum()

    got = jax.jit(jax.vmap(jax.value_and_grad(loss), (None, 0)))(params, rates)
    of_rate = jax.jit(jax.value_and_grad(loss), static_argnums=1)
    alone = [of_rate(params, float(rate)) for rate in rates]
    assert_close(got, jax.tree.map(lambda *leaves: jnp.stack(leaves), *alone))


def test_variational_dropout_has_one_mask_for_all_steps_of_a_sequence():
    """The mask out of ``prepare``; the state that a GRU keeps is not masked."""
    cell = gr.variational_dropout(gr.GRU(H), 0.5)
    layer, params, xs = drawn(cell)
    masks = np.asarray(cell.prepare(params, xs, KEY)[1][1], np.float64)
    assert_equal(masks, np.broadcast_to(masks[0], masks.shape))
    assert set(np.unique(masks)) == {0.0, 2.0}
    assert (masks[0, 0] != masks[0, 1]).any()
    own, x = jax.tree.map(lambda a: np.asarray(a, np.float64), (params, xs))
    end, _ = jax.jit(layer.apply)(params, xs, key=KEY)
    for row in range(B):
        h = np.zeros(H)
        masked = own._replace(w_h=masks[0, row][:, None] * own.w_h)
        for t in range(T):
            h = plain.gru(masked, h, x[t, row])[0]
        assert_close(end[row], h)


def test_drop_connect_drops_recurrent_weights_alone_and_in_cells_inside():
    inner = gr.stack(gr.LSTM(H), gr.GRU(H))
    cell = gr.drop_connect(inner, 0.5)
    _, params, xs = drawn(cell)
    dropped, _ = cell.prepare(params, xs, KEY)
    for own, got in zip(params, dropped, strict=True):
        assert_equal(got._replace(w_h=own.w_h), own)
        assert ((got.w_h == 0) | (got.w_h == 2 * own.w_h)).all()
        assert 0 < np.mean(np.asarray(got.w_h) == 0) < 1
    assert_equal(gr.scan(cell).apply(params, xs, key=KEY), gr.scan(inner).apply(dropped, xs))
    assert_equal(gr.scan(cell).apply(params, xs), gr.scan(inner).apply(params, xs))


def test_masks_are_drawn_as_often_as_the_rate_says():
    """Counts of 40,000 and more draws within 4 standard deviations of a binomial: 1 seed in 16,000 would miss one."""
    wide, xs = 200, jnp.zeros((50, 4, I))
    params = gr.LSTM(wide).init(jax.random.key(0), I)
    keep = gr.zoneout(gr.LSTM(wide), 0.1, 0.7).prepare(params, xs, KEY)[1][1]
    weights = gr.drop_connect(gr.LSTM(wide), 0.3).prepare(params, xs, KEY)[0].w_h
    mask = gr.variational_dropout(gr.LSTM(wide), 0.2).prepare(params, jnp.zeros((1, 200, I)), KEY)[1][1]
    for hits, rate in ((keep.h == 1, 0.1), (keep.c == 1, 0.7), (weights == 0, 0.3), (mask == 0, 0.2)):
        spread = np.sqrt(rate * (1 - rate) / hits.size)
        assert abs(float(hits.mean()) - rate) < 4 * spread


def test_a_learned_start_is_the_carry_before_the_first_step_and_after_resets():
    cell = gr.learned_start(gr.LSTM(H))
    layer, params, xs = drawn(cell)
    resets = jnp.zeros((T, B), bool).at[3, 1].set(True)
    end, ys = jax.jit(layer.apply)(params, xs, resets=resets)
    start = jax.tree.map(lambda leaf: jnp.broadcast_to(leaf, (B, H)), params.start)
    inner = gr.scan(gr.LSTM(H))
    run = jax.jit(inner.apply)
    whole = run(params.cell, xs, carry=start)
    tail = run(params.cell, xs[3:], carry=start)
    assert_close((end.c[0], ys[:, 0]), (whole[0].c[0], whole[1][:, 0]))
    assert_close((end.c[1], ys[3:, 1]), (tail[0].c[1], tail[1][:, 1]))


def test_the_gradient_of_a_learned_start_is_that_of_the_carries_that_it_stands_for():
    """Both sequences start from it, and one once more at its reset."""
    cell = gr.learned_start(gr.GRU(H))
    layer, params, xs = drawn(cell)
    resets = jnp.zeros((T, B), bool).at[2, 0].set(True)
    of_start = lambda start: layer.apply(params._replace(start=start), xs, resets=resets)[1].sum()  # noqa: E731
    got = jax.jit(jax.grad(of_start))(params.start)
    inner = gr.scan(gr.GRU(H), engine="reference")

    def apart(starts):
        one = inner.apply(params.cell, xs[:2, 0], carry=starts[0])[1].sum()
        two = inner.apply(params.cell, xs[2:, 0], carry=starts[1])[1].sum()
        return one + two + inner.apply(params.cell, xs[:, 1], carry=starts[2])[1].sum()

    assert_close(got, jax.jit(jax.grad(apart))(jnp.stack([params.start] * 3)).sum(0))


INNER = {
    "output map": gr.ProjectedLSTM(4, 3),
    "gate that mixes": gr.LayerNormLSTM(3),
    "gate that reads parameters": gr.PeepholeLSTM(3),
}
WRAPPED = {
    "learned_start": gr.learned_start,
    "zoneout": lambda cell: gr.zoneout(cell, 0.1, 0.1),
    "variational_dropout": lambda cell: gr.variational_dropout(cell, 0.1),
    "drop_connect": lambda cell: gr.drop_connect(cell, 0.1),
    "clip_gradient": lambda cell: gr.clip_gradient(cell, 1.0),
}


@pytest.mark.verify
@pytest.mark.parametrize("inner", INNER)
@pytest.mark.parametrize("name", WRAPPED)
def test_cells_around_any_kind_of_cell_keep_every_law(name, inner):
    """What the inner cell declares, its output map or that its gate mixes units, passes through to the fast engine."""
    gr.testing.check_cell(WRAPPED[name](INNER[inner]))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: gr.zoneout(gr.LSTM(4), 1.5), "h: expected a probability"),
    (lambda: gr.zoneout(gr.LSTM(4), 0.5, "x"), "c: expected a probability"),
    (lambda: gr.zoneout(CLASS, 0.5), "cell: expected a cell"),
    (lambda: gr.drop_connect(gr.LSTM(4), -0.1), "rate: expected a probability"),
    (lambda: gr.variational_dropout(gr.LSTM(4), None), "rate: expected a probability"),
    (
        lambda: gr.variational_dropout(gr.GRU(4, reset="before"), 0.1),
        r"cell: expected one with project, recur and gate, .*; gr.drop_connect and gr.zoneout need no such split",
    ),
    (lambda: gr.learned_start(gr.scan(gr.LSTM(4))), "cell: expected a cell"),
    (lambda: apply(gr.drop_connect(gr.MinGRU(4), 0.1)), "params: expected some with a recurrent map w_h"),
    (lambda: apply(gr.zoneout(gr.stack(gr.GRU(4)), 0.1)), "cell: expected a carry of one array, or of h and c"),
])  # fmt: skip
def test_what_cannot_be_wrapped_is_refused_by_name(call, message):
    with pytest.raises(InputError, match=message):
        call()


def apply(cell):
    layer = gr.scan(cell)
    return layer.apply(layer.init(jax.random.key(0), 3), jnp.ones((2, 3)), key=KEY)
