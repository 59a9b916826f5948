"""What a cell's ``prepare`` does to its inputs is done in a stack too, above the first cell: it equals the chain."""

from __future__ import annotations

from itertools import product
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from gatedrnn.testing import compare
from tests.helpers.proofs import quick_rows

T, B, H = 5, 2, 3
WIDE = gr.Policy(params="float64")


class ScaledParams(NamedTuple):
    scale: Any
    norm: Any
    direction: Any


class Scaled(gr.SimpleRNN):
    """Scales its inputs and normalises its weights in ``prepare``, after which its parameters are of another kind."""

    def init(self, key, in_dim):
        params = super().init(key, in_dim)
        return ScaledParams(jnp.linspace(0.5, 2.0, in_dim), jnp.ones(()), params)

    def initial_carry(self, params, x):
        return super().initial_carry(params if isinstance(params, gr.SimpleRNNParams) else params.direction, x)

    def prepare(self, params, xs, key=None):
        w_h = params.direction.w_h
        direction = params.direction._replace(w_h=params.norm * w_h / jnp.linalg.norm(w_h))
        return super().prepare(direction, jnp.sin(params.scale * xs), key)


def scans(*cells):
    return gr.chain(*(gr.scan(cell) for cell in cells))


BELOW, SCALED = gr.GRU(H, policy=WIDE), Scaled(H, policy=WIDE)
ROWS = {
    "above": ((BELOW, SCALED), scans(BELOW, SCALED)),
    "at both ends": ((SCALED, BELOW, SCALED), scans(SCALED, BELOW, SCALED)),
    "with noise": (
        (gr.zoneout(BELOW, 0.4), gr.zoneout(SCALED, 0.4)),
        scans(gr.zoneout(BELOW, 0.4), gr.zoneout(SCALED, 0.4)),
    ),
    "residual": ((BELOW, gr.learned_start(gr.residual(BELOW))), scans(BELOW, gr.learned_start(gr.residual(BELOW)))),
}


@pytest.mark.parametrize(
    ("name", "training"),
    quick_rows(product(ROWS, (False, True)), (("at both ends", False), ("with noise", True))),
)
def test_a_stack_is_the_chain(name, training):
    """Values, and gradients of parameters and inputs, in float64."""
    key = jax.random.key(3) if training else None
    cells, chain = ROWS[name]
    with jax.enable_x64(True):
        params = chain.init(jax.random.key(0), H)
        xs = jax.random.normal(jax.random.key(1), (T, B, H), float)

        def loss(layer, params, xs):
            carry, ys = layer.apply(params, xs, lengths=jnp.array([T, 3]), key=key)
            return jnp.sin(ys).sum(), (carry, ys)

        both = jax.jit(jax.value_and_grad(loss, (1, 2), has_aux=True), static_argnums=0)
        got, expected = both(gr.scan(gr.stack(*cells)), params, xs), both(chain, params, xs)
    # Each of T steps in up to three layers adds up H + H products and takes about 16 operations more.
    rtol = compare.tolerance(np.finfo(np.float64).eps, 3 * T * B * (2 * H + 16))
    compare.assert_close(got, expected, "(loss, (carry, ys)), gradients", rtol=rtol)


def test_stacks_of_stacks_and_steps():
    inner = gr.stack(gr.SimpleRNN(H), Scaled(H))
    layer, chain = gr.scan(gr.stack(gr.GRU(H), inner)), scans(gr.GRU(H), gr.SimpleRNN(H), Scaled(H))
    params = chain.init(jax.random.key(0), H)
    nested = (params[0], params[1:])
    xs = jax.random.normal(jax.random.key(1), (T, B, H))
    expected = jax.jit(chain.apply)(params, xs)[1]
    rtol = compare.tolerance(2.0**-23, 3 * T * (2 * H + 16))
    compare.assert_close(jax.jit(layer.apply)(nested, xs)[1], expected, "ys", rtol=rtol)
    carry, step = layer.initial_carry(nested, xs[0]), jax.jit(layer.step)
    for x, y in zip(xs, expected, strict=True):
        carry, streamed = step(nested, carry, x)
        compare.assert_close(streamed, y, "y", rtol=rtol)


def test_a_low_type_below_a_high_one():
    """A cell above computes in its own type, whatever the one below puts out, as it does in a chain."""
    cells = (
        gr.GRU(H, policy=gr.Policy(compute="bfloat16")),
        gr.LSTM(H),
        gr.MinGRU(H, policy=gr.Policy(compute="bfloat16")),
    )
    chain, params = scans(*cells), scans(*cells).init(jax.random.key(0), H)
    xs = jnp.ones((T, H))
    shapes = [jax.eval_shape(layer.apply, params, xs) for layer in (gr.scan(gr.stack(*cells)), chain)]
    assert shapes[0] == shapes[1]


class Jittery(gr.SimpleRNN):
    """Mixes noise into its inputs, where nothing else can see it."""

    def prepare(self, params, xs, key=None):
        noise = 0.0 if key is None else jax.random.normal(key, xs.shape)
        return super().prepare(params, xs + noise, key)


def test_noise_mixed_into_inputs_is_refused_above_the_first_cell():
    params = scans(gr.GRU(H), Jittery(H)).init(jax.random.key(0), H)
    layer, xs, key = gr.scan(gr.stack(gr.GRU(H), Jittery(H))), jnp.ones((T, B, H)), jax.random.key(2)
    with pytest.raises(
        InputError, match=r"^cells: expected above the first such .* got Jittery\(hidden=3\), which changes"
    ):
        layer.apply(params, xs, key=key)
    assert layer.apply(params, xs)[1].shape == (T, B, H)  # evaluation has no noise
    below = gr.scan(gr.stack(Jittery(H), gr.GRU(H)))
    chain = scans(Jittery(H), gr.GRU(H))
    params = chain.init(jax.random.key(0), H)
    rtol = compare.tolerance(2.0**-23, 2 * T * (2 * H + 16))
    got, expected = (jax.jit(one.apply)(params, xs, key=key)[1] for one in (below, chain))
    compare.assert_close(got, expected, "ys", rtol=rtol)


def test_gates_are_read_of_prepared_inputs():
    class ScaledGRU(gr.GRUResetAfter):
        def prepare(self, params, xs, key=None):
            return super().prepare(params, 3 * xs, key)

    below, above = gr.GRU(H), ScaledGRU(H)
    params = scans(below, above).init(jax.random.key(0), H)
    xs = jax.random.normal(jax.random.key(1), (T, B, H))
    expected = gr.gate_values(scans(below, above), params, xs)
    got = gr.gate_values(gr.scan(gr.stack(below, above)), params, xs)
    compare.assert_close(got, expected, "gates", rtol=compare.tolerance(2.0**-23, T * 64))
    plain = gr.gate_values(gr.scan(gr.stack(below, gr.GRU(H))), params, xs)
    assert not np.allclose(got[1], plain[1], atol=1e-2)
