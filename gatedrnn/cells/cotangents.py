"""Cotangents of trees in which not every leaf is differentiable, as the counter in a carry.

JAX gives such a leaf a cotangent of type float0, which no ``scan`` carries and nothing adds up. Between one derivative
and the next it is None here: an empty place, which ``jax.tree.map`` passes over.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np


def differentiable(leaf: Any) -> bool:
    """Return whether a leaf has a derivative: whole numbers, flags and keys have none."""
    return bool(jnp.issubdtype(leaf.dtype, jnp.inexact))


def known(tree: Any) -> Any:
    """Return cotangents with None in the place of each of type float0.

    Example:
        >>> pull = jax.vjp(lambda n, h: h * n, jnp.int32(2), jnp.float32(3.0))[1]
        >>> [str(d) for d in known(pull(jnp.float32(1.0)))]
        ['None', '2.0']
    """
    return jax.tree.map(lambda d: None if d.dtype == jax.dtypes.float0 else d, tree)


def complete(tree: Any, like: Any) -> Any:
    """Return cotangents of ``like`` as JAX wants them, with float0 where ``known`` has put None."""

    def one(leaf: Any, d: Any) -> Any:
        return d if differentiable(leaf) else np.zeros(jnp.shape(leaf), jax.dtypes.float0)

    return jax.tree.map(one, like, tree)


def zeros(like: Any) -> Any:
    """Return the cotangents of what has no influence: zeros, and None where there is no derivative."""
    return jax.tree.map(lambda leaf: jnp.zeros_like(leaf) if differentiable(leaf) else None, like)
