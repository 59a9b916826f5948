"""Is the gradient of ``x @ w`` faster with time and batch merged into one axis?

python benchmarks/flat_products.py
"""

from __future__ import annotations

import jax
import tables
import timing
from shapes import SHAPES, ShapeName

GATES = 4
AT: tuple[ShapeName, ...] = ("small", "mid")


def gradient(w: jax.Array, x: jax.Array, d_z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the cotangents of ``w`` and ``x``."""
    return jax.vjp(lambda w, x: x @ w, w, x)[1](d_z)


def merged(w: jax.Array, x: jax.Array, d_z: jax.Array) -> tuple[jax.Array, jax.Array]:
    """Return the same, by way of ``[T*B, I]``."""
    d_w, d_x = gradient(w, x.reshape(-1, x.shape[-1]), d_z.reshape(-1, d_z.shape[-1]))
    return d_w, d_x.reshape(x.shape)


def main() -> None:
    """Time both in turn and print a table."""
    console = tables.start()
    columns = ["[T, B, I] ms", "[T*B, I] ms", "merged / apart"]
    table = tables.table_of(["shape"], columns)
    for name in AT:
        batch, length, in_dim, hidden = SHAPES[name]
        sizes = ((in_dim, GATES * hidden), (length, batch, in_dim), (length, batch, GATES * hidden))
        keys = jax.random.split(jax.random.key(0), 3)
        arrays = [jax.random.normal(key, size) for key, size in zip(keys, sizes, strict=True)]
        programs = {f.__name__: jax.jit(f).lower(*arrays).compile() for f in (gradient, merged)}
        calls = {n: lambda p=p, a=arrays: jax.block_until_ready(p(*a)) for n, p in programs.items()}
        times = timing.measure(calls, rounds=40)
        medians = [f"{timing.spread(times[f]).median:.3g}" for f in ("gradient", "merged")]
        table.add_row(name, *medians, str(timing.paired_ratio(times["merged"], times["gradient"])))
    console.print(table)


if __name__ == "__main__":
    main()
