"""The same matrix products and nothing else: what is left of a layer when its gates cost nothing.

Forward, each step multiplies its input and its state. Training adds a reverse scan that multiplies by the transposed
recurrent weights, and afterwards the gradients of weights and inputs as one product each over all steps. Additions
join the products, so that none can be left out; they keep every number bounded, and no result has a meaning.

It is the floor of what is made of XLA's products in a scan; a library that packs its weights once can go below it.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from shapes import Pass

from contestants.contestant import Contestant, Problem, Program, jax_program


def apply(params: Any, xs: Any) -> Any:
    """Scan ``h' = mean of the G blocks of (x W_x + h W_h)``."""
    w_x, w_h = params
    hidden = w_h.shape[0]

    def step(h: Any, x: Any) -> tuple[Any, Any]:
        h = (x @ w_x + h @ w_h).reshape(-1, w_h.shape[1] // hidden, hidden).mean(1)
        return h, h

    return jax.lax.scan(step, jnp.zeros((xs.shape[1], hidden)), xs)[1]


def products(params: Any, xs: Any) -> Any:
    """Run the forward products, the reverse chain and the large products after it."""
    w_x, w_h = params
    gates = w_h.shape[1] // w_h.shape[0]
    ys = apply(params, xs)
    transposed = w_h.T

    def step(d_h: Any, d_y: Any) -> tuple[Any, Any]:
        d_z = jnp.tile((d_h + d_y) / gates, gates)
        return d_z @ transposed, d_z

    _, d_z = jax.lax.scan(step, jnp.zeros_like(ys[0]), ys, reverse=True)
    flat = d_z.reshape(-1, d_z.shape[-1])
    d_w_x = xs.reshape(-1, xs.shape[-1]).T @ flat
    d_w_h = ys.reshape(-1, ys.shape[-1]).T @ flat
    return (d_w_x, d_w_h), (flat @ w_x.T).reshape(xs.shape)


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    params = problem.params[:2]
    # As a "forward" pass: it is its own derivative.
    built = jax_program("forward", apply if which == "forward" else products, params, problem.xs)
    return built._replace(read=None)


CONTESTANT = Contestant("floor", program)
