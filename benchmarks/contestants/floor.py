"""The same matrix products and nothing else: what is left of a layer when its gates cost nothing.

Forward, each step multiplies its input and its state, side by side, by both weight matrices at once, the fastest way
in XLA on CPU. Training adds a reverse scan that multiplies by the transposed recurrent weights, and afterwards the
gradients of weights and inputs as one product each over all steps. Additions join the products, so that none can be
left out; they keep every number bounded, and no result has a meaning.

It is the floor of what makes XLA's products step by step; who packs the weights once, or multiplies the inputs of
several steps at once, can go below it.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from shapes import Pass

from contestants.contestant import Contestant, Problem, Program, jax_program


def apply(w: Any, xs: Any) -> Any:
    """Scan ``h' = mean of the G blocks of [x, h] W``."""
    hidden = w.shape[0] - xs.shape[-1]
    gates = w.shape[1] // hidden

    def step(h: Any, x: Any) -> tuple[Any, Any]:
        h = sum(jnp.split(jnp.concatenate([x, h], axis=-1) @ w, gates, axis=-1)) / gates
        return h, h

    return jax.lax.scan(step, jnp.zeros((xs.shape[1], hidden)), xs)[1]


def products(w: Any, xs: Any) -> Any:
    """Run the forward products, the reverse chain and the large products after it."""
    ys = apply(w, xs)
    in_dim, hidden = xs.shape[-1], ys.shape[-1]
    gates = w.shape[1] // hidden
    transposed = w[in_dim:].T

    def step(d_h: Any, d_y: Any) -> tuple[Any, Any]:
        d_z = jnp.tile((d_h + d_y) / gates, gates)
        return d_z @ transposed, d_z

    _, d_z = jax.lax.scan(step, jnp.zeros_like(ys[0]), ys, reverse=True)
    flat = d_z.reshape(-1, d_z.shape[-1])
    d_w = (xs.reshape(-1, in_dim).T @ flat, ys.reshape(-1, hidden).T @ flat)
    return d_w, (flat @ w[:in_dim].T).reshape(xs.shape)


def program(problem: Problem, which: Pass) -> Program:
    """Compile a pass."""
    w = np.concatenate([problem.params.w_x, problem.params.w_h])
    # As a "forward" pass: what ``products`` returns is no output to be differentiated.
    built = jax_program("forward", apply if which == "forward" else products, w, problem.xs)
    return built._replace(read=None)


CONTESTANT = Contestant("floor", program)
