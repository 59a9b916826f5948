"""Measured time: seconds per time step of compiled programs on this machine's default device."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, TypedDict

import jax
import jax.numpy as jnp
import numpy as np

from gatedrnn.cells import checks
from gatedrnn.errors import InputError
from gatedrnn.layers.scan import scan

if TYPE_CHECKING:
    from gatedrnn.types import Cell, Layer, Params

WARM_UP = 3
LEAST_ROUNDS = 5
BUDGET_SECONDS = 10.0
"""After these no further round starts, if there were ``LEAST_ROUNDS``."""


class Seconds(TypedDict):
    """Seconds per time step of the whole batch."""

    median: float
    low: float
    """First quartile of the rounds."""
    high: float
    """Third quartile of the rounds."""


def step_seconds(
    layers: Mapping[str, Cell | Layer],
    in_dim: int,
    *,
    batch: int,
    length: int,
    training: bool = True,
    rounds: int = 30,
) -> dict[str, Seconds]:
    """Measure the time that one time step takes, side by side for several cells.

    Measured is one call of a compiled program on ``[length, batch, in_dim]``, from the call to the result being
    ready, divided by ``length``; compilation is not in it, the overhead of the call is. With ``training`` the program
    is ``jax.value_and_grad`` of the mean squared output with respect to the parameters, optimiser not included;
    without it, the layer's outputs in evaluation mode. Each round runs every program once, in turn, so that a
    busy moment of the machine meets all of them.

    Args:
        layers: cells (put into ``gr.scan``) or layers by name, for float32 inputs.
        in_dim: I, features of the input.
        batch: B, examples in a batch.
        length: T, time steps of an example.
        training: whether to measure a training step or a forward pass.
        rounds: how often each program is measured, after a warm-up; fewer, but at least 5, where that would take
            more than 10 seconds.

    Raises:
        InputError: where a size is no positive int, or there are fewer than 5 rounds.

    Example:
        >>> import gatedrnn as gr
        >>> times = step_seconds({"LSTM": gr.LSTM(4), "GRU": gr.GRU(4)}, 3, batch=2, length=5, rounds=5)
        >>> times["GRU"]["low"] <= times["GRU"]["median"] <= times["GRU"]["high"]
        True
    """
    for name, value in (("in_dim", in_dim), ("batch", batch), ("length", length)):
        checks.positive(name, value)
    if rounds < LEAST_ROUNDS:
        raise InputError(f"rounds: expected {LEAST_ROUNDS} or more, got {rounds!r}")
    calls = {name: _call(layer, (length, batch, in_dim), training) for name, layer in layers.items()}
    seconds = _interleave(calls, rounds)
    quartiles = {name: np.quantile(values, (0.25, 0.5, 0.75)) / length for name, values in seconds.items()}
    return {name: Seconds(median=float(q[1]), low=float(q[0]), high=float(q[2])) for name, q in quartiles.items()}


def as_layer(layer: Any) -> Layer:
    """Return a layer as it is, and a cell in ``gr.scan``."""
    return layer if hasattr(layer, "apply") else scan(layer)


def _call(layer: Any, shape: tuple[int, int, int], training: bool) -> Callable[[], Any]:
    """Return the compiled program with its arguments, ready to be called."""
    layer = as_layer(layer)
    # The time does not depend on what the weights are, and drawing orthogonal ones takes a compilation of its own.
    shapes = jax.eval_shape(lambda key: layer.init(key, shape[-1]), jax.random.key(0))
    params = jax.tree.map(lambda leaf: jnp.full(leaf.shape, 0.01, leaf.dtype), shapes)
    xs = jnp.asarray(np.random.default_rng(0).standard_normal(shape, np.float32))

    def outputs(params: Params, xs: Any) -> Any:
        return layer.apply(params, xs)[1]

    def loss(params: Params, xs: Any) -> Any:
        return jnp.mean(jnp.square(outputs(params, xs)))

    program = jax.jit(jax.value_and_grad(loss) if training else outputs).lower(params, xs).compile()
    return functools.partial(program, params, xs)


def _interleave(calls: Mapping[str, Callable[[], Any]], rounds: int) -> dict[str, list[float]]:
    """Run every call once in each round; return the seconds of each round."""
    for call in calls.values():
        for _ in range(WARM_UP):
            jax.block_until_ready(call())
    seconds: dict[str, list[float]] = {name: [] for name in calls}
    started = time.perf_counter()
    for done in range(rounds):
        if done >= LEAST_ROUNDS and time.perf_counter() - started > BUDGET_SECONDS:
            break
        for name, call in calls.items():
            before = time.perf_counter()
            jax.block_until_ready(call())
            seconds[name].append(time.perf_counter() - before)
    return seconds
