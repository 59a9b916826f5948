"""Is the fast engine faster than the reference engine? Training steps, interleaved, ratios with their spread.

python benchmarks/engines.py [SHAPE ...]

A training step is ``value_and_grad`` of parameters and inputs, as in the tables of peers; forward is ``apply`` alone.
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import gatedrnn as gr

SHAPES = {  # B, T, I, H
    "vowels": (36, 28, 12, 32),
    "rl_tiny": (256, 16, 32, 64),
    "small": (16, 128, 64, 128),
    "longT": (64, 512, 64, 64),
    "mid": (32, 256, 128, 256),
}
ROUNDS = 20


def programs(cell: Any, engine: Any, shape: tuple[int, int, int, int]) -> dict[str, Callable[[], Any]]:
    """Return the compiled forward pass and training step of one engine, each already run once."""
    batch, length, in_dim, _ = shape
    layer = gr.scan(cell, engine=engine)
    params = layer.init(jax.random.key(0), in_dim)
    xs = jax.random.normal(jax.random.key(1), (length, batch, in_dim))
    forward = jax.jit(lambda params, xs: layer.apply(params, xs)[1])
    training = jax.jit(jax.value_and_grad(lambda params, xs: jnp.mean(layer.apply(params, xs)[1] ** 2), (0, 1)))
    calls = {"forward": lambda: forward(params, xs), "training": lambda: training(params, xs)}
    for call in calls.values():
        jax.block_until_ready(call())
    return calls


def measure(calls: dict[str, Callable[[], Any]]) -> dict[str, np.ndarray]:
    """Return milliseconds of each call in each round; a round runs all of them in turn."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for _ in range(ROUNDS):
        for name, call in calls.items():
            started = time.perf_counter()
            jax.block_until_ready(call())
            times[name].append(1e3 * (time.perf_counter() - started))
    return {name: np.array(values) for name, values in times.items()}


versions = f"jax {jax.__version__}, Python {platform.python_version()}"
print(f"{versions}, {jax.devices()[0].device_kind}, {os.cpu_count()} cores")
print(f"allocator: GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '(unset)')}; {ROUNDS} rounds; fast / reference")
print(f"{'shape':8} {'cell':5} {'pass':9} {'reference ms':>12} {'fast ms':>9} {'ratio':>6}  quartiles")
for name in sys.argv[1:] or SHAPES:
    for cell_name, cell in (("LSTM", gr.LSTM(SHAPES[name][-1])), ("GRU", gr.GRU(SHAPES[name][-1]))):
        both = {engine: programs(cell, engine, SHAPES[name]) for engine in ("reference", "fast")}
        times = measure({f"{p} {e}": call for e, calls in both.items() for p, call in calls.items()})
        for which in ("forward", "training"):
            reference, fast = times[f"{which} reference"], times[f"{which} fast"]
            low, ratio, high = np.quantile(fast / reference, (0.25, 0.5, 0.75))
            print(
                f"{name:8} {cell_name:5} {which:9} {np.median(reference):12.3f} {np.median(fast):9.3f} "
                f"{ratio:6.2f}  {low:.2f} to {high:.2f}",
                flush=True,
            )
