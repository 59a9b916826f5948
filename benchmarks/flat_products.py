"""Is the gradient of ``x @ w`` faster with time and batch merged into one axis? Interleaved, ratio with its spread.

python benchmarks/flat_products.py
"""

from __future__ import annotations

import os
import platform
import time

import jax
import numpy as np

SHAPES = {"small": (16, 128, 64, 512), "mid": (32, 256, 128, 1024)}  # B, T, I, G*H
ROUNDS = 40


def gradient(w: jax.Array, x: jax.Array, d_z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the cotangents of ``w`` and ``x``."""
    return jax.vjp(lambda w, x: x @ w, w, x)[1](d_z)


def merged(w: jax.Array, x: jax.Array, d_z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the same, by way of ``[T*B, I]``."""
    d_w, d_x = gradient(w, x.reshape(-1, x.shape[-1]), d_z.reshape(-1, d_z.shape[-1]))
    return d_w, d_x.reshape(x.shape)


print(
    f"jax {jax.__version__}, Python {platform.python_version()}, {jax.devices()[0].device_kind}, {os.cpu_count()} cores"
)
print(f"allocator: GLIBC_TUNABLES={os.environ.get('GLIBC_TUNABLES', '(unset)')}; {ROUNDS} rounds")
for name, (batch, length, in_dim, width) in SHAPES.items():
    keys = jax.random.split(jax.random.key(0), 3)
    shapes = ((in_dim, width), (length, batch, in_dim), (length, batch, width))
    arrays = [jax.random.normal(key, shape) for key, shape in zip(keys, shapes, strict=True)]
    programs = [jax.jit(gradient), jax.jit(merged)]
    times = np.zeros((ROUNDS, 2))
    for program in programs:
        jax.block_until_ready(program(*arrays))
    for i in range(ROUNDS):
        for j, program in enumerate(programs):
            started = time.perf_counter()
            jax.block_until_ready(program(*arrays))
            times[i, j] = 1e3 * (time.perf_counter() - started)
    low, ratio, high = np.quantile(times[:, 1] / times[:, 0], (0.25, 0.5, 0.75))
    apart, together = np.median(times, axis=0)
    print(f"{name:6} [T, B, I] {apart:8.2f} ms, merged {together:8.2f} ms, ratio {ratio:.2f} ({low:.2f} to {high:.2f})")
