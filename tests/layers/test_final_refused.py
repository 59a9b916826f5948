"""``gr.final`` refuses carries that do not hold the output, and layers whose output is not in the carry."""

from __future__ import annotations

import dataclasses
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import gatedrnn as gr
from gatedrnn.errors import InputError
from tests.helpers.drawn import shifted

T, B, I, H = 6, 4, 3, 2  # noqa: E741


def drawn(layer):
    """Parameters whose biases are not zero, and inputs."""
    params = layer.init(jax.random.key(0), I)
    return shifted(params, 0.1), jax.random.normal(jax.random.key(1), (T, B, I), jax.tree.leaves(params)[0].dtype)


@dataclasses.dataclass(frozen=True)
class Leaking:
    """c' = c / 2 + x, y = tanh(c'): the state has the output's shape, and is not the output."""

    hidden: int
    out_dim = property(lambda self: self.hidden)

    def init(self, key: Any, in_dim: int) -> Any:
        return {"w": jax.random.normal(key, (in_dim, self.hidden))}

    def initial_carry(self, params: Any, x: Any) -> Any:
        return jnp.zeros((*x.shape[:-1], self.hidden))

    def step(self, params: Any, carry: Any, x: Any) -> Any:
        c = carry / 2 + x @ params["w"]
        return c, jnp.tanh(c)


class Told(Leaking):
    """The same, saying how its output follows from its carry."""

    def output(self, carry: Any) -> Any:
        return jnp.tanh(carry)


class Halved(Told):
    """Another step, of which the parent's ``output`` is not true."""

    def step(self, params: Any, carry: Any, x: Any) -> Any:
        c, y = super().step(params, carry, x)
        return c, y / 2


def test_a_state_of_the_outputs_shape_is_not_taken_for_it():
    with pytest.raises(InputError, match=r"^carry: expected one that holds the output.*got that of Leaking"):
        gr.final(gr.scan(Leaking(H)), jnp.ones((B, H)))
    with pytest.raises(InputError, match="got that of Halved"):
        gr.final(gr.scan(Halved(H)), jnp.ones((B, H)))
    layer = gr.scan(Told(H))
    params, xs = drawn(layer)
    carry, ys = jax.jit(layer.apply)(params, xs)
    np.testing.assert_allclose(gr.final(layer, carry), ys[-1], rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (gr.chain(gr.scan(gr.GRU(H)), gr.dense(3)), r"^layer: expected a chain in which .* got Chain"),
        (gr.chain(gr.dense(3), gr.dropout(0.1)), r"^layer: expected a chain in which"),
        (gr.residual(gr.scan(gr.GRU(I))), r"^layer: expected one whose carry holds .* got one that adds its inputs"),
        (gr.scan(gr.stack(gr.GRU(I), gr.residual(gr.GRU(I)))), r"^carry: expected .* got that of Stack"),
        (gr.dense(2), r"^layer: expected gr.scan, .* got Dense"),
    ],
)
def test_what_is_not_in_the_carry_is_refused_with_the_reason(layer, message):
    params, xs = drawn(layer)
    carry = jax.jit(layer.apply)(params, xs)[0]
    with pytest.raises(InputError, match=message):
        gr.final(layer, carry)


def test_a_wrong_carry_is_refused_by_name():
    wrong: tuple[Any, ...] = (jnp.zeros((B, H)), gr.LSTMCarry(jnp.zeros((B, 3)), jnp.zeros((B, 3))), (1, 2, 3), None)
    for carry in wrong:
        with pytest.raises(InputError, match=r"^carry: expected"):
            gr.final(gr.scan(gr.LSTM(H)), carry)
    for carry in (jnp.zeros((B, H)), (jnp.zeros((B, H)),)):
        with pytest.raises(InputError, match=r"^carry: expected"):
            gr.final(gr.bidirectional(gr.GRU(H)), carry)
