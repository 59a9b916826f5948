"""Parameters and carries of any layer that are nowhere zero, made in NumPy, which compiles nothing."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def drawn(layer: Any, in_dim: int, dtype: Any = "float32") -> Any:
    """Return parameters that are multiples of 1/64, small enough that no sum of two of them rounds in float32."""
    rng = np.random.default_rng(0)
    shapes = jax.eval_shape(lambda key: layer.init(key, in_dim), jax.random.key(0))
    return jax.tree.map(lambda leaf: jnp.asarray(np.round(64 * rng.normal(size=leaf.shape)) / 64, dtype), shapes)


def shifted(tree: Any, by: float) -> Any:
    """Return the tree with a cosine of this size added to each leaf."""

    def one(leaf: Any) -> Any:
        wave = by * np.cos(np.arange(leaf.size)).reshape(leaf.shape)
        return jnp.asarray(np.asarray(leaf) + wave.astype(leaf.dtype))

    return jax.tree.map(one, tree)
