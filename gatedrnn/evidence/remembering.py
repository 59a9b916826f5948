"""Networks that learn to remember: on fresh sequences until they err little on held-out ones, or a cap ends them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr
from gatedrnn.evidence.work import Once, anew
from gatedrnn.tasks.synthetic import SYMBOLS, adding, copying
from gatedrnn.training.step import adam, train_step

if TYPE_CHECKING:
    from jax import Array
    from jaxtyping import Float, Key

    from gatedrnn.tasks.parts import Batch
    from gatedrnn.types import Params

BIASES: Mapping[str, float | None] = MappingProxyType({"0": 0.0, "1": 1.0, "5": 5.0, "10": 10.0, "chrono": None})
"""Where the gate that keeps memory starts, by name; None: as Tallec and Ollivier 2018 draw it for the length."""


@dataclasses.dataclass(frozen=True)
class Effort:
    """How long networks learn, and on how much.

    Attributes:
        threshold: the error on held-out sequences that ends a run.
        cap: steps after which a run ends that has not reached it.
        every: steps between two looks at held-out sequences.
        batch: sequences in a step, drawn anew.
        held_out: sequences that the error is looked at on.
        rate: the step size of Adam.
        clip: the largest norm of a gradient.
        seeds: networks of each start.
    """

    threshold: float
    cap: int
    every: int = 100
    batch: int = 32
    held_out: int = 500
    rate: float = 2e-3
    clip: float = 1.0
    seeds: int = 16


class Problem(NamedTuple):
    """What has to be remembered.

    Attributes:
        length: T, for which chrono biases are drawn.
        in_dim: I, features of a step.
        out_dim: O, numbers of the head.
        draw: key and B to sequences ``x [T, B, I]`` and what is to be found.
        error: outputs ``[T, B, O]`` and the batch to the sum of errors and their count.
    """

    length: int
    in_dim: int
    out_dim: int
    draw: Callable[[Key[Array, ""], int], Batch]
    error: Callable[[Float[Array, "T B O"], Batch], tuple[Array, Array]]


class Learnt(NamedTuple):
    """What became of each network, by start and seed.

    Attributes:
        steps: the number of steps until the threshold, infinity where the cap was not enough.
        error: what is missed on held-out sequences where the run ended.
    """

    steps: Float[np.ndarray, "N K"]
    error: Float[np.ndarray, "N K"]


def addition(length: int) -> Problem:
    """Return the adding problem, whose error is the mean square: 1/6 for whoever says 1."""

    def error(outputs: Float[Array, "T B 1"], batch: Batch) -> tuple[Array, Array]:
        miss = outputs[-1, :, 0] - batch.y
        return (miss**2).sum(), jnp.full((), len(miss), jnp.float32)

    return Problem(length, 2, 1, lambda key, size: adding(key, size, length), error)


def copy(pause: int) -> Problem:
    """Return copy memory, whose error is in nats per step over all steps: chance is 10 log(8) / (T + 20)."""

    def error(outputs: Float[Array, "T B O"], batch: Batch) -> tuple[Array, Array]:
        logp = jnp.take_along_axis(jax.nn.log_softmax(outputs), batch.y[..., None], axis=-1)
        return -logp.sum(), jnp.full((), batch.y.size, jnp.float32)

    def draw(key: Key[Array, ""], size: int) -> Batch:
        batch = copying(key, size, pause)
        return batch._replace(x=jax.nn.one_hot(batch.x, SYMBOLS + 2))

    return Problem(pause, SYMBOLS + 2, SYMBOLS + 1, draw, error)


def learnt(cell: Any, starts: tuple[str, ...], problem: Problem, effort: Effort, once: Once = anew) -> Learnt:
    """Return how soon each network remembers, and how well in the end.

    Args:
        cell: the cell, of which one network is trained for each start and seed, with an affine head.
        starts: names of ``BIASES``; the seeds are the same for all.
        problem: what is to be remembered.
        effort: how long each network may learn.
        once: called with the name of each start and what trains its networks; keeps what becomes of them.
    """
    optimizer = adam(effort.rate, effort.clip)
    net = gr.chain(gr.scan(cell), gr.dense(problem.out_dim))

    def error(params: Params, hyper: Any, batch: Batch, key: Any) -> tuple[Array, Array]:
        del hyper, key
        return problem.error(net.apply(params, batch.x)[1], batch)

    def one(start: Any, key: Key[Array, ""]) -> tuple[Array, Array]:
        key_net, key_data, key_held = jax.random.split(key, 3)
        held_out = problem.draw(key_held, effort.held_out)

        def step(k: Any, state: tuple[Any, Any]) -> tuple[Any, Any]:
            batch = problem.draw(jax.random.fold_in(key_data, k), effort.batch)
            return train_step(error, optimizer, None, *state, batch, key)[:2]

        def some(state: tuple[Any, Any, Any]) -> tuple[Any, Any, Any]:
            done, inner, _ = state
            inner = jax.lax.fori_loop(done, done + effort.every, step, inner)
            total, count = error(inner[0], None, held_out, None)
            return done + effort.every, inner, total / count

        params = _started(net, cell, starts, problem)(start, key_net)
        state = (jnp.zeros((), jnp.int32), (params, optimizer.init(params)), jnp.full((), jnp.inf))
        done, _, last = jax.lax.while_loop(lambda s: (s[0] < effort.cap) & ~(s[2] < effort.threshold), some, state)
        return jnp.where(last < effort.threshold, done, jnp.inf), last

    keys = jax.random.split(jax.random.key(0), effort.seeds)
    trained = jax.jit(lambda start: jax.lax.map(lambda key: one(start, key), keys))

    def of(start: int) -> dict[str, np.ndarray]:
        steps, last = trained(start)
        return {"steps": np.asarray(steps), "error": np.asarray(last)}

    each = [once(name, partial(of, k)) for k, name in enumerate(starts)]
    return Learnt(np.stack([one["steps"] for one in each]), np.stack([one["error"] for one in each]))


def _started(net: Any, cell: Any, starts: tuple[str, ...], problem: Problem) -> Callable[[Any, Any], Params]:
    """Return what makes a network of the place of its start, which may be traced, and a key."""

    def init(start: Any, key: Key[Array, ""]) -> Params:
        key_net, key_bias = jax.random.split(key)
        recurrent, head = net.init(key_net, problem.in_dim)
        each = [
            gr.chrono_bias(recurrent, key_bias, problem.length, cell=cell)
            if (value := BIASES[name]) is None
            else gr.memory_bias(recurrent, value, cell=cell)
            for name in starts
        ]
        return jax.tree.map(lambda *leaves: jnp.stack(leaves)[start], *each), head

    return init
