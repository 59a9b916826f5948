"""Train a GRU on a series of 17,000 steps without truncation: by a scan, and all steps at once.

python experiments/parallel_in_time.py [--steps 17000] [--updates 5] [--method newton] [--warm line]

The series is a damped, driven pendulum with noise, made here; the network forecasts its next value. Each update prints
the losses of both, and how many iterations the states took, which begin with those of the update before.
"""

from __future__ import annotations

import dataclasses
import time
from functools import partial
from typing import Any, Literal

import jax
import jax.numpy as jnp
import optax
import tyro

import gatedrnn as gr
from gatedrnn.layers.parallel.jacobians import Method


@dataclasses.dataclass(frozen=True)
class Options:
    """What is trained, and for how long."""

    steps: int = 17_000
    updates: int = 5
    hidden: int = 16
    method: Method = "newton"
    warm: Literal["not", "last", "line"] = "line"
    """Whether states begin with those of the update before, or on the line through those of two."""


def series(length: int) -> Any:
    """Return angle and speed of a driven pendulum, ``[T, 2]``."""

    def step(state: Any, t: Any) -> tuple[Any, Any]:
        angle, speed = state
        speed = speed + 0.1 * (-jnp.sin(angle) - 0.2 * speed + 0.5 * jnp.cos(0.067 * t))
        state = jnp.stack([angle + 0.1 * speed, speed])
        return state, state

    clean = jax.lax.scan(step, jnp.zeros(2), jnp.arange(length, dtype=jnp.float32))[1]
    return jnp.sin(clean) + 0.05 * jax.random.normal(jax.random.key(2), clean.shape)


def main(options: Options) -> None:
    """Train both from the same parameters, and print what came."""
    xs = series(options.steps + 1)
    cell, head = gr.GRU(options.hidden), gr.dense(2)
    one_by_one, at_once = gr.scan(cell), gr.parallel(cell, method=options.method)
    key_cell, key_head = jax.random.split(jax.random.key(0))
    params = one_by_one.init(key_cell, 2), head.init(key_head, options.hidden)
    optimiser = optax.adam(3e-3)

    def loss_of(ys: Any, params: Any) -> Any:
        return ((head.apply(params[1], ys)[1] - xs[1:]) ** 2).mean()

    def by_scan(params: Any, guess: Any) -> tuple[Any, Any]:
        del guess
        return loss_of(one_by_one.apply(params[0], xs[:-1])[1], params), None

    def by_newton(params: Any, guess: Any) -> tuple[Any, Any]:
        found = at_once.solve(params[0], xs[:-1], guess=guess)
        return loss_of(found.ys, params), (found.states, found.statistics)

    @partial(jax.jit, static_argnums=0)
    def update(loss: Any, params: Any, state: Any, guess: Any) -> Any:
        (value, found), gradient = jax.value_and_grad(loss, has_aux=True)(params, guess)
        changes, state = optimiser.update(gradient, state)
        return optax.apply_updates(params, changes), state, value, found

    trained = {loss: (params, optimiser.init(params)) for loss in (by_scan, by_newton)}
    guess, before = jnp.zeros((options.steps, options.hidden)), None
    for number in range(options.updates):
        values, seconds, found = {}, {}, None
        for loss, (own, state) in trained.items():
            began = time.perf_counter()
            own, state, value, found = update(loss, own, state, guess)
            values[loss], trained[loss] = float(value), (own, state)
            seconds[loss] = time.perf_counter() - began
        assert found is not None
        states, statistics = found
        if options.warm != "not":
            guess = states if before is None or options.warm == "last" else 2 * states - before
        before = states
        print(
            f"update {number + 1}: loss {values[by_scan]:.7f} by a scan, {values[by_newton]:.7f} at once; "
            f"{int(statistics.iterations)} iterations, converged {bool(statistics.converged)}; "
            f"{seconds[by_scan]:.1f} s and {seconds[by_newton]:.1f} s"
        )


if __name__ == "__main__":
    main(tyro.cli(Options, description=__doc__))
